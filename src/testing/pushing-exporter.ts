import { systemClock, type Clock } from '#src/component/clock.ts'
import type { ExporterDefinition } from '#src/component/define.ts'
import type { TSchema } from '#src/config/schema.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { pointsIn } from '#src/pipeline/consumer.ts'
import { Receipt, type Settlement } from '#src/pipeline/receipt.ts'
import type { Ledger } from '#src/telemetry/ledger.ts'
import type { QueueStatus } from '#src/telemetry/queue-status.ts'
import type { CapturedLine } from './captured-log.ts'
import { testContext } from './context.ts'
import { optionsOf } from './options.ts'

/** An exporter that a test feeds as its node in the graph does. */
export interface TestExporter extends AsyncDisposable {
  /** Resolves when it has started. */
  readonly started: Promise<void>
  readonly ledger: Ledger
  readonly lines: readonly CapturedLine[]
  readonly reports: readonly { readonly state: 'ok' | 'recoverable_error' }[]
  /** What became of each call of `take`, once that is known. */
  readonly settlements: readonly Settlement[]
  readonly queueStatus: QueueStatus | undefined
  /** @param isAwaited whether somebody waits for its settlement, as senders of OTLP do, and scrapes do not; yes where absent */
  take(batches: readonly Batch[], isAwaited?: boolean): boolean
  forget(source: Source): void
  /** Waits until nothing is queued any more. */
  settled(): Promise<void>
  /** Stops it, draining for so long. */
  stop(drainMs?: number): Promise<void>
}

/**
 * Makes and starts an exporter that pushes, with these options, as a file has them. After each step the conservation law is held.
 */
export function pushingExporter<Schema extends TSchema>(
  definition: ExporterDefinition<Schema>,
  options: object,
  clock: Clock = systemClock,
): TestExporter {
  const context = { ...testContext(definition.type), clock }
  const config = optionsOf(definition.config, options)
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
    get queueStatus() {
      return exporter.queueStatus
    },
    take(batches, isAwaited = true) {
      const points = pointsIn(batches)
      ledger.accepted += points
      const receipt = isAwaited ? new Receipt((settlement) => void settlements.push(settlement)) : undefined
      const accepted = exporter.consume(batches, receipt)
      receipt?.settle()
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
