import type { BatchProcessor } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { Ledger } from '#src/telemetry/ledger.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import { pointsIn, type Consumer } from './consumer.ts'
import type { Receipt } from './receipt.ts'

/** Runs a function of columns over batches. */
export class BatchStage implements Consumer {
  readonly #processor: BatchProcessor
  readonly #next: Consumer
  readonly #ledger: Ledger
  readonly #logger: Logger

  constructor(processor: BatchProcessor, next: Consumer, ledger: Ledger, logger: Logger) {
    this.#processor = processor
    this.#next = next
    this.#ledger = ledger
    this.#logger = logger
  }

  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    const points = pointsIn(batches)
    let failed = 0
    const mapped: Batch[] = []
    for (const batch of batches) {
      try {
        mapped.push(this.#processor.mapBatch(batch) ?? batch.withSlots(new Int32Array(0)))
      } catch (error) {
        failed += batch.size
        this.#logger.error('the processor failed on a batch', { error, source: batch.layout.source.id })
      }
    }
    if (!this.#next.consume(mapped, receipt)) {
      this.#ledger.refused += points
      return false
    }
    this.#ledger.accepted += points
    this.#ledger.dropped.add('processor_error', failed)
    this.#ledger.dropped.add(this.#processor.dropReason ?? 'filtered', points - failed - pointsIn(mapped))
    return true
  }

  forget(source: Source): void {
    this.#next.forget(source)
  }
}
