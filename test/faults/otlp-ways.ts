import { systemClock, type Clock } from '#src/component/clock.ts'
import { Batch } from '#src/model/batch.ts'
import { Source } from '#src/model/source.ts'
import type { OtlpReceiver, OtlpWay } from '#src/testing/otlp-receiver.ts'
import type { TestExporter } from '#src/testing/pushing-exporter.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor as grpcExporter } from '../../exporters/otlp/test-exporter.ts'
import { exporterFor as httpExporter } from '../../exporters/otlp_http/test-exporter.ts'

/** Every way in which OTLP is sent. */
export const ways: readonly OtlpWay[] = ['grpc', 'http', 'json']

/** Retries in a thousandth of the usual time. */
export const quickly = { initial_interval: '1ms', max_interval: '10ms' }

/** Makes an exporter that sends in a way. */
export function exporterBy(way: OtlpWay, options: object, clock: Clock = systemClock): TestExporter {
  if (way === 'grpc') return grpcExporter(options, clock)
  return httpExporter({ encoding: way === 'http' ? 'proto' : 'json', ...options }, clock)
}

/** Makes an exporter that sends to a receiver, and tries again quickly. */
export function exporterTo(receiver: OtlpReceiver, options: object = {}, clock?: Clock): TestExporter {
  return exporterBy(
    receiver.way,
    { endpoint: receiver.endpoint, retry_on_failure: quickly, ...options },
    clock,
  )
}

const { layout } = batchOf([[series('m', { n: '1' }), 0]])

/** One sample of one series, its value, and its time in milliseconds from a moment on. */
export function sample(value: number): Batch {
  return new Batch(layout, { time: 1_700_000_000_000 + value, values: Float64Array.of(value) })
}

/** Many series, the value of each its number. */
export function many(count: number, time = 1_700_000_000_000): Batch {
  return batchOf(
    Array.from({ length: count }, (_, index) => [series('m', { n: String(index) }), index] as const),
    { time, source: new Source('test', '') },
  )
}
