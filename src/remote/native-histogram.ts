import type { ExponentialBuckets, ExponentialHistogramPoint, HistogramPoint } from '#src/model/point.ts'
import { addCounts, subtractCounts } from '#src/model/count.ts'
import { MessageWriter } from './message-writer.ts'

/** The finest schema of Prometheus' native histograms, and the coarsest. */
const finestSchema = 8
const coarsestSchema = -4
/** The schema of native histograms with bounds of their own. */
const customSchema = -53
/** What takes the place of a zero threshold that is not known, as in the Collector. */
const defaultZeroThreshold = 1e-128

/** Buckets that follow each other, and how many are left out before them. */
interface Span {
  offset: number
  length: number
}

/** Buckets of one sign: spans of them, and the difference of each count from the one before. */
interface SparseBuckets {
  readonly spans: readonly Span[]
  readonly deltas: readonly (number | bigint)[]
}

/** A native histogram of Prometheus. */
export interface NativeHistogram {
  readonly count: number | bigint
  readonly sum: number | undefined
  readonly schema: number
  readonly zeroThreshold: number
  readonly zeroCount: number | bigint
  readonly negative: SparseBuckets
  readonly positive: SparseBuckets
  /** Upper bounds, for the schema that has them; else none. */
  readonly customValues: readonly number[]
}

const noBuckets: SparseBuckets = { spans: [], deltas: [] }

/**
 * An exponential histogram as a native one: the same buckets, numbered by their upper bound instead of their lower, so by
 * one more. Buckets that are finer than Prometheus knows are joined; where they are coarser, there is none (undefined).
 * (OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", "Exponential Histograms".)
 */
export function exponentialToNative(point: ExponentialHistogramPoint): NativeHistogram | undefined {
  const { scale, count, sum, zeroCount, zeroThreshold, negative, positive } = point
  if (scale < coarsestSchema) return undefined
  const shift = Math.max(0, scale - finestSchema)
  return {
    count,
    sum,
    schema: scale - shift,
    zeroThreshold: zeroThreshold === 0 ? defaultZeroThreshold : zeroThreshold,
    zeroCount,
    negative: sparse(negative, shift),
    positive: sparse(positive, shift),
    customValues: [],
  }
}

/** A histogram with explicit bounds as a native one with custom buckets (schema -53). */
export function explicitToNative({ count, sum, bounds, counts }: HistogramPoint): NativeHistogram {
  const customValues: number[] = []
  const buckets: (number | bigint)[] = []
  let open: number | bigint = 0
  for (const [index, bucket] of counts.entries()) {
    open = addCounts(open, bucket)
    const isLast = index === bounds.length
    const bound = bounds[index] ?? Infinity
    // What a bound that does not ascend has counted goes into the next bucket.
    if (!isLast && !(bound > (customValues.at(-1) ?? -Infinity) && bound < Infinity)) continue
    buckets.push(open)
    open = 0
    if (!isLast) customValues.push(bound)
  }
  return {
    count,
    sum,
    schema: customSchema,
    zeroThreshold: 0,
    zeroCount: 0,
    negative: noBuckets,
    positive: sparse({ offset: -1, counts: buckets }, 0),
    customValues,
  }
}

/** Leaves out empty buckets, and joins 2^shift buckets to one each. */
function sparse({ offset, counts }: ExponentialBuckets, shift: number): SparseBuckets {
  const joined = new Map<number, number | bigint>()
  for (const [position, count] of counts.entries()) {
    if (count === 0 || count === 0n) continue
    // Buckets of the coarser scale begin where their index is divisible: floor(index / 2^shift).
    const index = Math.floor((offset + position) / 2 ** shift) + 1
    joined.set(index, addCounts(joined.get(index) ?? 0, count))
  }
  const spans: Span[] = []
  const deltas: (number | bigint)[] = []
  let next = 0
  let before: number | bigint = 0
  for (const [index, count] of joined) {
    const last = spans.at(-1)
    if (last !== undefined && index === next) last.length++
    else spans.push({ offset: index - next, length: 1 })
    deltas.push(subtractCounts(count, before))
    before = count
    next = index + 1
  }
  return { spans, deltas }
}

/**
 * Writes the message Histogram, which both versions have; undefined is the staleness marker. A start time is in version 2.0
 * only; 0 leaves it out.
 */
export function encodeHistogram(
  histogram: NativeHistogram | undefined,
  time: number,
  startTime: number,
): Buffer {
  const message = new MessageWriter()
  if (histogram === undefined) {
    message.staleMarker(3)
  } else {
    const { count, sum, schema, zeroThreshold, zeroCount, negative, positive, customValues } = histogram
    message.varint(1, count)
    if (sum !== undefined) message.double(3, sum)
    message.zigzag(4, schema)
    if (zeroThreshold !== 0) message.double(5, zeroThreshold)
    message.varint(6, zeroCount)
    writeBuckets(message, negative, 8)
    writeBuckets(message, positive, 11)
    if (customValues.length > 0) message.packedDoubles(16, customValues)
  }
  message.int64(15, time)
  if (startTime !== 0) message.int64(17, startTime)
  return message.take()
}

/** Spans are in one field, deltas packed in the next. */
function writeBuckets(message: MessageWriter, { spans, deltas }: SparseBuckets, field: number): void {
  for (const { offset, length } of spans) {
    const span = new MessageWriter()
    span.zigzag(1, offset)
    span.varint(2, length)
    message.bytes(field, span.take())
  }
  if (deltas.length > 0) message.packedZigzags(field + 1, deltas)
}
