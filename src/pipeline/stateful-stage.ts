import type { StatefulProcessor } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { ComponentNode } from './component-node.ts'
import { pointsIn, type Consumer } from './consumer.ts'
import type { Receipt } from './receipt.ts'
import { runStart } from './start.ts'

/** Counts what a processor with memory takes, and keeps its errors from the rest. */
export class StatefulStage implements Consumer {
  readonly #processor: StatefulProcessor
  readonly #node: ComponentNode
  /** Where its start failed, it refuses everything. */
  #works = true

  constructor(processor: StatefulProcessor, node: ComponentNode) {
    this.#processor = processor
    this.#node = node
  }

  async start(): Promise<void> {
    this.#works = await runStart(this.#node, async () => this.#processor.start?.())
  }

  async stop(): Promise<void> {
    await this.#node.runStop(async () => this.#processor.stop?.())
  }

  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    const points = pointsIn(batches)
    const { ledger, logger } = this.#node
    let accepted = false
    try {
      accepted = this.#works && this.#node.run(() => this.#processor.consume(batches, receipt))
    } catch (error) {
      logger.error('the processor failed on batches', { error })
    }
    if (accepted) ledger.accepted += points
    else ledger.refused += points
    return accepted
  }

  forget(source: Source): void {
    try {
      this.#node.run(() => this.#processor.forget(source))
    } catch (error) {
      this.#node.logger.error('the processor failed to forget a source', { error, source: source.id })
    }
  }
}
