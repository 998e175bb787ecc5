import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { Consumer } from './consumer.ts'
import type { Receipt } from './receipt.ts'

/**
 * Hands batches to several consumers. Each takes or refuses for itself: a refusal undoes nothing of its siblings,
 * and fails the receipt, so that a sender who waits for it sends again.
 */
export class FanOut implements Consumer {
  #branches: readonly Consumer[]

  constructor(branches: readonly Consumer[] = []) {
    this.#branches = branches
  }

  /** Replaces the consumers, between two calls: a reload does. */
  connect(branches: readonly Consumer[]): void {
    this.#branches = branches
  }

  /** Accepted where any branch accepted. */
  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    let accepted = 0
    for (const branch of this.#branches) if (branch.consume(batches, receipt)) accepted++
    if (accepted > 0 && accepted < this.#branches.length)
      receipt?.retain().fail('refused by a pipeline or an exporter')
    return accepted > 0
  }

  forget(source: Source): void {
    for (const branch of this.#branches) branch.forget(source)
  }
}
