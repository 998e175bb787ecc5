import { addCounts } from './count.ts'
import { exponentialToHistogram } from './exponential-buckets.ts'
import type { HistogramPoint, Point, SummaryPoint } from './point.ts'
import type { Kind, Role } from './series.ts'

/** The roles that the parts of a family can have, by its kind; a kind that is not here has no parts. */
export const classicRoles: Partial<Record<Kind, readonly Role[]>> = {
  histogram: ['bucket', 'sum', 'count', 'created'],
  gauge_histogram: ['bucket', 'sum', 'count', 'created'],
  summary: ['quantile', 'sum', 'count', 'created'],
  sum: ['total', 'created'],
}

/** The label that tells the parts of one role from each other. */
export const boundLabel: Partial<Record<Role, string>> = { bucket: 'le', quantile: 'quantile' }

/** Told of each part of a point. `bound` is the upper bound of a bucket, or a quantile; NaN for others. */
export type PartVisitor = (role: Role, bound: number, value: number | bigint) => void

/**
 * Walks the classic parts of a point: cumulative buckets in ascending order with `+Inf` last, or quantiles; then the
 * sum, where there is one, and the count. Exponential histograms get the explicit bounds of `exponentialToHistogram`.
 * Minimum and maximum have no classic part.
 */
export function visitParts(point: Point, visit: PartVisitor): void {
  if (point.kind === 'summary') visitSummary(point, visit)
  else visitHistogram(point.kind === 'histogram' ? point : exponentialToHistogram(point), visit)
}

function visitSummary({ quantiles, sum, count }: SummaryPoint, visit: PartVisitor): void {
  let previous = -Infinity
  for (const { quantile, value } of quantiles) {
    // A sender may repeat a quantile or a bound, or mix their order: no part comes twice.
    if (!(quantile > previous)) continue
    visit('quantile', quantile, value)
    previous = quantile
  }
  visit('sum', Number.NaN, sum)
  visit('count', Number.NaN, count)
}

function visitHistogram({ bounds, counts, sum, count }: HistogramPoint, visit: PartVisitor): void {
  let total: number | bigint = 0
  let previous = -Infinity
  for (const [index, bound] of bounds.entries()) {
    total = addCounts(total, counts[index] ?? 0)
    // Infinity is the bucket that follows anyway.
    if (!(bound > previous) || bound === Infinity) continue
    visit('bucket', bound, total)
    previous = bound
  }
  visit('bucket', Infinity, count)
  if (sum !== undefined) visit('sum', Number.NaN, sum)
  visit('count', Number.NaN, count)
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const infinity = /^\+?inf(?:inity)?$/i

/** The number that a label `le` or `quantile` means; undefined where it means none that a bound can be. */
export function parseBound(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined
  if (infinity.test(text)) return Infinity
  const bound = decimal.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(bound) ? bound : undefined
}
