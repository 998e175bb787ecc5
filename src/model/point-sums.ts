import { addCounts } from './count.ts'
import { exponentialBound } from './exponential-buckets.ts'
import type { ExponentialBuckets, ExponentialHistogramPoint, HistogramPoint, Point } from './point.ts'

/**
 * The point of two intervals together: what accumulates histograms of delta temporality. Minimum and maximum are of
 * both. Exponential histograms meet at the coarser scale and the wider zero bucket, where each is exact.
 *
 * @returns undefined where the points do not add up: of other kinds, or with other bounds, and for summaries
 */
export function addPoints(first: Point, second: Point): Point | undefined {
  if (first.kind === 'histogram' && second.kind === 'histogram') return addHistograms(first, second)
  if (first.kind === 'exponential_histogram' && second.kind === 'exponential_histogram')
    return addExponential(first, second)
  return undefined
}

function addHistograms(first: HistogramPoint, second: HistogramPoint): HistogramPoint | undefined {
  const { bounds } = first
  if (bounds !== second.bounds) {
    if (bounds.length !== second.bounds.length) return undefined
    if (bounds.some((bound, index) => bound !== second.bounds[index])) return undefined
  }
  return {
    kind: 'histogram',
    ...addTotals(first, second),
    bounds,
    counts: addLists(first.counts, second.counts, Math.max(first.counts.length, second.counts.length)),
  }
}

/** What both kinds have beside their buckets. */
type Totals = Pick<HistogramPoint, 'count' | 'sum' | 'min' | 'max'>

function addTotals(first: Totals, second: Totals): Totals {
  return {
    count: addCounts(first.count, second.count),
    sum: first.sum === undefined || second.sum === undefined ? undefined : first.sum + second.sum,
    min: first.min === undefined || second.min === undefined ? undefined : Math.min(first.min, second.min),
    max: first.max === undefined || second.max === undefined ? undefined : Math.max(first.max, second.max),
  }
}

type Counts = readonly (number | bigint)[]

function addLists(first: Counts, second: Counts, length: number): (number | bigint)[] {
  return Array.from({ length }, (_, index) => addCounts(first[index] ?? 0, second[index] ?? 0))
}

function addExponential(
  first: ExponentialHistogramPoint,
  second: ExponentialHistogramPoint,
): ExponentialHistogramPoint {
  const scale = Math.min(first.scale, second.scale)
  const zeroThreshold = Math.max(first.zeroThreshold, second.zeroThreshold)
  const a = widenZero(coarsen(first, scale), zeroThreshold)
  const b = widenZero(coarsen(second, scale), zeroThreshold)
  return {
    kind: 'exponential_histogram',
    ...addTotals(first, second),
    scale,
    zeroThreshold,
    zeroCount: addCounts(a.zeroCount, b.zeroCount),
    positive: addBuckets(a.positive, b.positive),
    negative: addBuckets(a.negative, b.negative),
  }
}

/** One scale less halves the number of buckets: those with index 2i and 2i + 1 become i. */
function coarsen(point: ExponentialHistogramPoint, scale: number): ExponentialHistogramPoint {
  const steps = point.scale - scale
  if (steps === 0) return point
  const { positive, negative } = point
  return {
    ...point,
    scale,
    positive: coarsenBuckets(positive, steps),
    negative: coarsenBuckets(negative, steps),
  }
}

function coarsenBuckets({ offset, counts }: ExponentialBuckets, steps: number): ExponentialBuckets {
  const coarse = (index: number): number => Math.floor(index / 2 ** steps)
  const start = coarse(offset)
  const merged: (number | bigint)[] = []
  for (const [index, count] of counts.entries()) {
    const at = coarse(offset + index) - start
    merged[at] = addCounts(merged[at] ?? 0, count)
  }
  return { offset: start, counts: merged }
}

/** Buckets that begin within the zero threshold are counted as zeros. */
function widenZero(point: ExponentialHistogramPoint, zeroThreshold: number): ExponentialHistogramPoint {
  if (point.zeroThreshold === zeroThreshold) return point
  const { scale } = point
  const positive = countWithin(point.positive, scale, zeroThreshold)
  const negative = countWithin(point.negative, scale, zeroThreshold)
  return {
    ...point,
    zeroCount: addCounts(point.zeroCount, addCounts(positive.within, negative.within)),
    zeroThreshold,
    positive: positive.rest,
    negative: negative.rest,
  }
}

/** What buckets that begin within a bound have counted, and the others. */
function countWithin(
  { offset, counts }: ExponentialBuckets,
  scale: number,
  bound: number,
): { readonly within: number | bigint; readonly rest: ExponentialBuckets } {
  let within: number | bigint = 0
  let index = 0
  while (index < counts.length && exponentialBound(scale, offset + index) < bound)
    within = addCounts(within, counts[index++] ?? 0)
  return { within, rest: { offset: offset + index, counts: counts.slice(index) } }
}

function addBuckets(first: ExponentialBuckets, second: ExponentialBuckets): ExponentialBuckets {
  if (first.counts.length === 0) return second
  if (second.counts.length === 0) return first
  const offset = Math.min(first.offset, second.offset)
  const end = Math.max(first.offset + first.counts.length, second.offset + second.counts.length)
  const counts = Array.from({ length: end - offset }, (_, index) =>
    addCounts(
      first.counts[offset + index - first.offset] ?? 0,
      second.counts[offset + index - second.offset] ?? 0,
    ),
  )
  return { offset, counts }
}
