import { addCounts } from './count.ts'
import type { ExponentialHistogramPoint, HistogramPoint } from './point.ts'

/**
 * The bound between two buckets of an exponential histogram: base^index, where base is 2^(2^-scale) (OpenTelemetry
 * metrics data model, "Exponential Scale"). Infinite or 0 beyond the range of doubles.
 */
export function exponentialBound(scale: number, index: number): number {
  return 2 ** (index * 2 ** -scale)
}

/**
 * An exponential histogram with explicit bounds instead. Bucket i of the positive range becomes the one with the upper
 * bound base^(offset + i + 1); one of the negative range, seen from below, the one with the upper bound
 * -base^(offset + i); the zero bucket lies between them, with the zero threshold as its bound.
 *
 * Nothing is estimated but this: a negative value that equals a bound of its bucket is counted one bucket above, since
 * negative exponential buckets include their lower bound and explicit ones their upper. Buckets whose bounds doubles
 * cannot tell apart are one bucket. The finite bounds are those that have a bucket; below the lowest lies nothing.
 */
export function exponentialToHistogram(point: ExponentialHistogramPoint): HistogramPoint {
  const { count, sum, min, max, scale, zeroCount, zeroThreshold, positive, negative } = point
  const bounds: number[] = []
  const counts: (number | bigint)[] = []
  let overflow: number | bigint = 0

  function add(bound: number, bucket: number | bigint): void {
    const last = bounds.length - 1
    if (bound === Infinity) overflow = addCounts(overflow, bucket)
    else if (last >= 0 && bound <= (bounds[last] ?? 0)) counts[last] = addCounts(counts[last] ?? 0, bucket)
    else {
      bounds.push(bound)
      counts.push(bucket)
    }
  }

  for (const [index, bucket] of [...negative.counts.entries()].toReversed()) {
    // Adding 0 makes the -0 of an underflow a 0.
    add(Math.max(-exponentialBound(scale, negative.offset + index), -Number.MAX_VALUE) + 0, bucket)
  }
  add(zeroThreshold, zeroCount)
  for (const [index, bucket] of positive.counts.entries()) {
    add(exponentialBound(scale, positive.offset + index + 1), bucket)
  }
  counts.push(overflow)
  return { kind: 'histogram', count, sum, min, max, bounds, counts }
}
