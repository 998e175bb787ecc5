import { addCounts, subtractCounts } from '#src/model/count.ts'
import { ExpositionError } from './exposition-error.ts'
import type { ExponentialBuckets, ExponentialHistogramPoint } from '#src/model/point.ts'

/** A run of buckets: `length` of them, after a gap; the first span's offset is the index of its first bucket. */
export interface BucketSpan {
  readonly offset: number
  readonly length: number
}

/** A native histogram as Prometheus' protobuf has it. */
export interface NativeHistogram {
  /** Whether counts may have fractions. */
  readonly float: boolean
  readonly count: number | bigint
  readonly sum: number
  readonly schema: number
  readonly zeroThreshold: number
  readonly zeroCount: number | bigint
  readonly positive: NativeBuckets
  readonly negative: NativeBuckets
}

/** The buckets of one sign. Counts are absolute, or each is the difference to the one before. */
export interface NativeBuckets {
  readonly spans: readonly BucketSpan[]
  readonly deltas: readonly (number | bigint)[]
  readonly counts: readonly number[]
}

/** The finest schema that Prometheus stores; finer ones, up to 52, are reserved and made coarser. */
const finestSchema = 8
const coarsestSchema = -4
const finestReserved = 52

/**
 * The most buckets from the lowest to the highest of one sign, gaps included: points hold them all. Wider ones are made
 * coarser.
 */
const widest = 16_384

/** How fine a native histogram may be; it is made coarser until it is no finer. */
export interface ResolutionLimits {
  /** Buckets of both signs that are there; 0 or absent is no limit. */
  readonly bucketLimit?: number | undefined
  /** The finest schema. */
  readonly finestSchema?: number | undefined
}

/**
 * The finest schema whose buckets grow by a factor at least: bucket bounds of schema n are powers of 2^(2^-n).
 *
 * @param factor more than 1
 */
export function schemaOfFactor(factor: number): number {
  const schema = Math.floor(0 - Math.log2(Math.log2(factor)))
  return Math.max(coarsestSchema, Math.min(finestSchema, schema))
}

/**
 * A native histogram as a point: bucket i of OpenTelemetry is bucket i + 1 of Prometheus (OpenTelemetry specification,
 * "Prometheus and OpenMetrics Compatibility", exponential histograms).
 *
 * @throws Error where it contradicts itself
 * @throws {ExpositionError} where it has too many buckets however coarse it is
 */
export function nativePoint(
  histogram: NativeHistogram,
  limits: ResolutionLimits = {},
): ExponentialHistogramPoint {
  const { count, sum, schema, zeroThreshold, zeroCount } = histogram
  if (schema < coarsestSchema || schema > finestReserved) {
    throw new Error(`expected a schema from ${coarsestSchema} to ${finestSchema}, found ${schema}`)
  }
  const positive = bucketsOf(histogram.positive)
  const negative = bucketsOf(histogram.negative)
  if (!(count >= 0) || !(zeroCount >= 0)) throw new Error('expected counts that are not negative')
  if (!histogram.float) checkSum(histogram, [...positive, ...negative])
  const finest = Math.min(
    schema,
    finestSchema,
    limits.finestSchema ?? finestSchema,
    fittingSchema(schema, positive),
    fittingSchema(schema, negative),
  )
  const scale = limitedSchema(schema, finest, [positive, negative], limits.bucketLimit ?? 0)
  return {
    kind: 'exponential_histogram',
    count,
    sum,
    min: undefined,
    max: undefined,
    scale,
    zeroCount,
    zeroThreshold,
    positive: denseBuckets(positive, schema - scale, histogram.float),
    negative: denseBuckets(negative, schema - scale, histogram.float),
  }
}

/** One bucket that is there: its index, as Prometheus counts, and its count. */
interface Bucket {
  readonly index: number
  readonly count: number | bigint
}

function bucketsOf({ spans, deltas, counts }: NativeBuckets): Bucket[] {
  const buckets: Bucket[] = []
  const given = counts.length > 0 ? counts.length : deltas.length
  let index = 0
  let count: number | bigint = 0
  for (const [place, { offset, length }] of spans.entries()) {
    if (place > 0 && offset < 0) throw new Error('expected spans that do not go back')
    index += offset
    if (buckets.length + length > given) throw new Error('expected a count for every bucket of the spans')
    for (let step = 0; step < length; step++) {
      const at = buckets.length
      count = counts.length > 0 ? (counts[at] ?? 0) : addCounts(count, deltas[at] ?? 0)
      if (!(count >= 0)) throw new Error('expected counts of buckets that are not negative')
      buckets.push({ index, count })
      index++
    }
  }
  if (buckets.length !== given) throw new Error('expected a bucket of the spans for every count')
  return buckets
}

/** Observations that are no number are counted and have no bucket; then the sum is none either. */
function checkSum({ count, sum, zeroCount }: NativeHistogram, buckets: readonly Bucket[]): void {
  const total = buckets.reduce((whole, bucket) => addCounts(whole, bucket.count), zeroCount)
  const rest = subtractCounts(count, total)
  if (Number.isNaN(sum) ? rest >= 0 : rest == 0) return
  throw new Error(`expected the count ${count} to be that of all buckets, which is ${total}`)
}

/** The finest schema in which buckets are not wider than a point may be. */
function fittingSchema(schema: number, buckets: readonly Bucket[]): number {
  const first = buckets[0]?.index ?? 0
  const last = buckets.at(-1)?.index ?? 0
  let steps = 0
  while (coarser(last, steps) - coarser(first, steps) >= widest) steps++
  return schema - steps
}

/** The finest schema, from a finest one on, in which there are no more buckets than allowed; a limit of 0 is none. */
function limitedSchema(
  schema: number,
  finest: number,
  signs: readonly (readonly Bucket[])[],
  limit: number,
): number {
  if (limit === 0) return finest
  for (let candidate = finest; candidate >= coarsestSchema; candidate--) {
    const steps = schema - candidate
    const count = signs.reduce(
      (sum, buckets) => sum + new Set(buckets.map(({ index }) => coarser(index, steps))).size,
      0,
    )
    if (count <= limit) return candidate
  }
  throw new ExpositionError(
    'limit',
    `native histogram bucket limit exceeded: a histogram has more than ${limit} buckets, however coarse they are`,
  )
}

/** The index of a bucket in a schema that is coarser by so many steps: each joins two, (2i - 1, 2i] into i. */
function coarser(index: number, steps: number): number {
  return Math.ceil(index / 2 ** steps)
}

function denseBuckets(buckets: readonly Bucket[], steps: number, float: boolean): ExponentialBuckets {
  const first = buckets[0]
  const last = buckets.at(-1)
  if (first === undefined || last === undefined) return { offset: 0, counts: [] }
  const from = coarser(first.index, steps)
  const length = coarser(last.index, steps) - from + 1
  const counts = Array.from<unknown, number | bigint>({ length }, () => 0)
  for (const { index, count } of buckets) {
    const at = coarser(index, steps) - from
    const before = counts[at] ?? 0
    counts[at] = float ? Number(before) + Number(count) : addCounts(before, count)
  }
  return { offset: from - 1, counts }
}
