/**
 * One point of a histogram with explicit bounds. `counts` has one entry more than `bounds`: bucket i counts values
 * in (bounds[i - 1], bounds[i]], the last all above. Counts are exact up to 2^53, and bigint beyond.
 */
export interface HistogramPoint {
  readonly kind: 'histogram'
  readonly count: number | bigint
  readonly sum: number | undefined
  readonly min: number | undefined
  readonly max: number | undefined
  readonly bounds: readonly number[]
  readonly counts: readonly (number | bigint)[]
  /** Whether Prometheus' form of it is a native histogram with custom buckets, as it was where it came from. */
  readonly isNative?: true
}

/** Buckets of one sign of an exponential histogram: counts[i] is that of the bucket with index offset + i. */
export interface ExponentialBuckets {
  readonly offset: number
  readonly counts: readonly (number | bigint)[]
}

/** One point of an exponential histogram, as OTLP defines it: base 2^(2^-scale). */
export interface ExponentialHistogramPoint {
  readonly kind: 'exponential_histogram'
  readonly count: number | bigint
  readonly sum: number | undefined
  readonly min: number | undefined
  readonly max: number | undefined
  readonly scale: number
  readonly zeroCount: number | bigint
  readonly zeroThreshold: number
  readonly positive: ExponentialBuckets
  readonly negative: ExponentialBuckets
}

/** One point of a summary: values by quantile, in ascending order of quantiles. */
export interface SummaryPoint {
  readonly kind: 'summary'
  readonly count: number | bigint
  readonly sum: number
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[]
}

export type Point = HistogramPoint | ExponentialHistogramPoint | SummaryPoint
