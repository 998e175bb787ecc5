import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'

/** Whole lines, and the data points that they stand for. */
export interface Slice {
  readonly bytes: Buffer
  readonly points: number
  /** Data points beside those that the format has no words for, and that are left out. */
  readonly malformed: number
}

/** A format of lines. */
export interface Encoding {
  /**
   * Encodes batches slice by slice, so that the caller can let others run between two. Batches of a source come in
   * order, and each call is finished before the next. `points` and `malformed` of the slices add up to the batches' size.
   */
  encode(batches: readonly Batch[]): Generator<Slice>
  /** Nothing of the source comes any more. */
  forget(source: Source): void
}

/** About how many data points a slice has: a few milliseconds of work. */
export const pointsPerSlice = 2048
