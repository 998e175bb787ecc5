import type { ExponentialBuckets, Point, SummaryPoint } from '#src/model/point.ts'
import type { ProtobufMessage } from '#src/text/protobuf-message.ts'
import {
  bucketsFields,
  exponentialFields,
  histogramFields,
  quantileFields,
  summaryFields,
} from '../encode/fields.ts'

/** A point that is read, or why it makes no sense; the rest of the request counts. */
export type ReadPoint = Point | string

/** Reads the HistogramDataPoint that was begun or visited. Bounds equal to those of `before` are shared with it. */
export function readHistogram(message: ProtobufMessage, before: Point | undefined): ReadPoint {
  let count: number | bigint = 0
  let sum: number | undefined
  let min: number | undefined
  let max: number | undefined
  const read: number[] = []
  const counts: (number | bigint)[] = []
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === histogramFields.count) count = message.fixed()
    else if (field === histogramFields.sum) sum = message.double()
    else if (field === histogramFields.bucketCounts) message.fixeds(counts)
    else if (field === histogramFields.explicitBounds) message.doubles(read)
    else if (field === histogramFields.min) min = message.double()
    else if (field === histogramFields.max) max = message.double()
    else message.skip()
  }
  // A histogram may have no buckets at all: then it only counts and sums up.
  if (counts.length !== read.length + 1 && counts.length + read.length > 0) {
    return `a histogram has ${read.length} bounds and ${counts.length} buckets, where there is one more bucket than bounds`
  }
  if (!ascends(read)) return 'the bounds of a histogram do not ascend'
  const bounds = before?.kind === 'histogram' && sameNumbers(before.bounds, read) ? before.bounds : read
  return { kind: 'histogram', count, sum, min, max, bounds, counts }
}

/** Reads the ExponentialHistogramDataPoint that was begun or visited. */
export function readExponentialHistogram(message: ProtobufMessage): ReadPoint {
  let count: number | bigint = 0
  let sum: number | undefined
  let min: number | undefined
  let max: number | undefined
  let scale: number | bigint = 0
  let zeroCount: number | bigint = 0
  let zeroThreshold = 0
  let positive: ExponentialBuckets = noBuckets
  let negative: ExponentialBuckets = noBuckets
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === exponentialFields.count) count = message.fixed()
    else if (field === exponentialFields.sum) sum = message.double()
    else if (field === exponentialFields.scale) scale = message.zigzag()
    else if (field === exponentialFields.zeroCount) zeroCount = message.fixed()
    else if (field === exponentialFields.positive) positive = readBuckets(message)
    else if (field === exponentialFields.negative) negative = readBuckets(message)
    else if (field === exponentialFields.min) min = message.double()
    else if (field === exponentialFields.max) max = message.double()
    else if (field === exponentialFields.zeroThreshold) zeroThreshold = message.double()
    else message.skip()
  }
  return {
    kind: 'exponential_histogram',
    count,
    sum,
    min,
    max,
    scale: toInt32(scale),
    zeroCount,
    zeroThreshold,
    positive,
    negative,
  }
}

const noBuckets: ExponentialBuckets = { offset: 0, counts: [] }

function readBuckets(message: ProtobufMessage): ExponentialBuckets {
  const outer = message.enter()
  let offset: number | bigint = 0
  const counts: (number | bigint)[] = []
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === bucketsFields.offset) offset = message.zigzag()
    else if (field === bucketsFields.bucketCounts) message.unsigneds(counts)
    else message.skip()
  }
  message.leave(outer)
  return { offset: toInt32(offset), counts }
}

/** Reads the SummaryDataPoint that was begun or visited. */
export function readSummary(message: ProtobufMessage): ReadPoint {
  let count: number | bigint = 0
  let sum = 0
  const quantiles: SummaryPoint['quantiles'][number][] = []
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === summaryFields.count) count = message.fixed()
    else if (field === summaryFields.sum) sum = message.double()
    else if (field === summaryFields.quantileValues) quantiles.push(readQuantile(message))
    else message.skip()
  }
  return { kind: 'summary', count, sum, quantiles: quantiles.toSorted((a, b) => a.quantile - b.quantile) }
}

function readQuantile(message: ProtobufMessage): SummaryPoint['quantiles'][number] {
  const outer = message.enter()
  let at = 0
  let value = 0
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === quantileFields.quantile) at = message.double()
    else if (field === quantileFields.value) value = message.double()
    else message.skip()
  }
  message.leave(outer)
  return { quantile: at, value }
}

/** As protobuf reads a number that does not fit its field: the low 32 bits. */
function toInt32(value: number | bigint): number {
  return typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value))
}

function ascends(numbers: readonly number[]): boolean {
  let before = -Infinity
  for (const [index, number] of numbers.entries()) {
    if (!(before < number) && !(index === 0 && number === before)) return false
    before = number
  }
  return true
}

function sameNumbers(first: readonly number[], second: readonly number[]): boolean {
  if (first.length !== second.length) return false
  for (let index = 0; index < first.length; index++) if (first[index] !== second[index]) return false
  return true
}
