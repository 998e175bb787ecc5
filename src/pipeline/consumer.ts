import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { Receipt } from './receipt.ts'

/** Anything that takes batches: the next processor, a fan-out, an exporter. */
export interface Consumer {
  /**
   * Takes batches of any sources, in the order in which they were emitted, or refuses them all. Synchronous: what
   * takes time is queued. A consumer that keeps the batches beyond the call retains the receipt and settles it;
   * one that refuses has not touched it.
   *
   * @returns whether the batches were accepted
   */
  consume(batches: readonly Batch[], receipt?: Receipt): boolean
  /** The source has ended, or its chain was replaced: drop what is remembered of it. Nothing of it comes any more. */
  forget(source: Source): void
}

/** The number of data points in some batches. */
export function pointsIn(batches: readonly Batch[]): number {
  let points = 0
  for (const batch of batches) points += batch.size
  return points
}
