import type { StatefulProcessor } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { ComponentNode } from './component-node.ts'
import { pointsIn, type Consumer } from './consumer.ts'
import type { Receipt } from './receipt.ts'

/** Counts what a processor with memory takes, and keeps its errors from the rest. */
export class StatefulStage implements Consumer {
  readonly #processor: StatefulProcessor
  readonly #node: ComponentNode

  constructor(processor: StatefulProcessor, node: ComponentNode) {
    this.#processor = processor
    this.#node = node
  }

  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    const points = pointsIn(batches)
    const { ledger, logger } = this.#node
    let accepted = false
    try {
      accepted = this.#node.run(() => this.#processor.consume(batches, receipt))
    } catch (error) {
      logger.error('the processor failed on batches', { error })
    }
    if (accepted) ledger.accepted += points
    else ledger.refused += points
    return accepted
  }

  forget(source: Source): void {
    this.#node.run(() => this.#processor.forget(source))
  }
}
