import { systemClock, type Clock } from '#src/component/clock.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { pointsIn } from '#src/pipeline/consumer.ts'
import { Receipt, type Settlement } from '#src/pipeline/receipt.ts'
import type { Ledger } from '#src/telemetry/ledger.ts'
import type { CapturedLine } from '#src/testing/captured-log.ts'
import { testContext } from '#src/testing/context.ts'
import { optionsOf } from '#src/testing/options.ts'
import { Config } from './config.ts'
import definition from './index.ts'

/** An exporter that a test feeds as its node in the graph does. */
export interface TestExporter extends AsyncDisposable {
  /** Resolves when it has started. */
  readonly started: Promise<void>
  readonly ledger: Ledger
  readonly lines: readonly CapturedLine[]
  readonly reports: readonly { readonly state: 'ok' | 'recoverable_error' }[]
  /** What became of each call of `take`, once that is known. */
  readonly settlements: readonly Settlement[]
  take(batches: readonly Batch[]): boolean
  forget(source: Source): void
  /** Waits until nothing is queued any more. */
  settled(): Promise<void>
  /** Stops it, draining for so long. */
  stop(drainMs?: number): Promise<void>
}

/**
 * Makes an exporter with these options, as a file has them; it waits 1 ms for others to share a request with. After each
 * step the conservation law is held.
 */
export function exporterFor(options: object, clock: Clock = systemClock): TestExporter {
  const context = { ...testContext('prometheus_remote_write'), clock }
  const config = optionsOf(Config, { batch_send_deadline: '1ms', ...options })
  definition.validate?.(config)
  const exporter = definition.create(config, context)
  const started = Promise.resolve(exporter.start?.())
  const { ledger } = context
  const settlements: Settlement[] = []
  let stopped: Promise<void> | undefined

  function hold(): void {
    if (ledger.imbalance !== 0) throw new Error(`${ledger.imbalance} points are not settled`)
  }

  async function stop(drainMs = 0): Promise<void> {
    await started
    await (stopped ??= Promise.resolve(exporter.stop?.(AbortSignal.timeout(drainMs))))
    hold()
    const left = ledger.queued - ledger.stored
    if (left !== 0) throw new Error(`${left} points are queued after the stop`)
  }

  return {
    started,
    ledger,
    lines: context.logger.lines,
    reports: context.reports,
    settlements,
    take(batches) {
      const points = pointsIn(batches)
      ledger.accepted += points
      const receipt = new Receipt((settlement) => void settlements.push(settlement))
      const accepted = exporter.consume(batches, receipt)
      receipt.settle()
      if (!accepted) {
        ledger.accepted -= points
        ledger.refused += points
      }
      hold()
      return accepted
    },
    forget: (source) => exporter.forget(source),
    async settled() {
      while (ledger.queued > 0) {
        hold()
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      hold()
    },
    stop,
    [Symbol.asyncDispose]: async () => await stop(),
  }
}
