import { systemClock, type Clock } from '#src/component/clock.ts'
import { pushingExporter, type TestExporter } from '#src/testing/pushing-exporter.ts'
import definition from './index.ts'

/** Makes an exporter with these options, as a file has them; it waits 1 ms for others to share a request with. */
export function exporterFor(options: object, clock: Clock = systemClock): TestExporter {
  const queue = 'sending_queue' in options ? options.sending_queue : {}
  return pushingExporter(
    definition,
    { ...options, sending_queue: { batch: { flush_timeout: '1ms' }, ...(queue as object) } },
    clock,
  )
}
