import type { ProcessorContext, ReceiverContext } from '#src/component/define.ts'
import { Collections } from '#src/telemetry/collections.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { CapturedBatches } from './captured-batches.ts'
import { CapturedLog } from './captured-log.ts'
import { FakeClock } from './fake-clock.ts'

/** A context that serves any component in a test: fake time, captured batches and lines. */
export interface TestContext extends ReceiverContext, ProcessorContext {
  readonly clock: FakeClock
  readonly logger: CapturedLog
  readonly next: CapturedBatches
  /** The states that the component reported. */
  readonly reports: { readonly state: 'ok' | 'recoverable_error'; readonly error: unknown }[]
  /** Aborts `signal`. */
  abort(): void
}

/** Makes a context; what a receiver emits, and what a processor hands on, is captured in `next`. */
export function testContext(id = 'test'): TestContext {
  const controller = new AbortController()
  const next = new CapturedBatches()
  const reports: TestContext['reports'][number][] = []
  return {
    id,
    pipeline: 'metrics',
    logger: new CapturedLog(),
    clock: new FakeClock(),
    signal: controller.signal,
    ledger: new Ledger(),
    collections: new Collections(),
    next,
    reports,
    report: (state, error) => void reports.push({ state, error }),
    emit: (batches, receipt) => next.consume(batches, receipt),
    forget: (source) => next.forget(source),
    abort: () => controller.abort(),
  }
}
