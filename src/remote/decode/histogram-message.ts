import { addCounts } from '#src/model/count.ts'
import type { ExponentialHistogramPoint, HistogramPoint } from '#src/model/point.ts'
import { nativePoint, type BucketSpan, type NativeBuckets } from '#src/text/native-histogram.ts'
import type { ProtobufMessage } from '#src/text/protobuf-message.ts'

/** Fields of the message Histogram, which both versions have. */
const fields = {
  countInt: 1,
  countFloat: 2,
  sum: 3,
  schema: 4,
  zeroThreshold: 5,
  zeroCountInt: 6,
  zeroCountFloat: 7,
  negativeSpans: 8,
  negativeDeltas: 9,
  negativeCounts: 10,
  positiveSpans: 11,
  positiveDeltas: 12,
  positiveCounts: 13,
  resetHint: 14,
  timestamp: 15,
  customValues: 16,
  startTimestamp: 17,
} as const

/** The schema of histograms with bounds of their own. */
const customSchema = -53
/** The hint that the values of a histogram may fall: that it is a gauge. */
const gaugeHint = 3

/** A bucket span as it is read. */
type Span = { -readonly [Key in keyof BucketSpan]: BucketSpan[Key] }

/** A histogram as remote write has it. */
export interface HistogramMessage {
  count: number | bigint
  /** Whether counts may have fractions. */
  float: boolean
  sum: number
  /** Whether the sum is the staleness marker: the series ended. */
  stale: boolean
  schema: number
  zeroThreshold: number
  zeroCount: number | bigint
  resetHint: number
  /** Unix milliseconds. */
  time: number
  /** Unix milliseconds; 0 where it is not known. */
  startTime: number
  readonly customValues: number[]
  readonly positive: ReadBuckets
  readonly negative: ReadBuckets
}

interface ReadBuckets extends NativeBuckets {
  readonly spans: BucketSpan[]
  readonly deltas: (number | bigint)[]
  readonly counts: number[]
}

/** Reads a histogram. @throws {LineMistake} where it is no message */
export function readHistogram(message: ProtobufMessage): HistogramMessage {
  const read: HistogramMessage = {
    count: 0,
    float: false,
    sum: 0,
    stale: false,
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    resetHint: 0,
    time: 0,
    startTime: 0,
    customValues: [],
    positive: { spans: [], deltas: [], counts: [] },
    negative: { spans: [], deltas: [], counts: [] },
  }
  for (let field = message.next(); field !== 0; field = message.next()) readField(message, field, read)
  return read
}

function readField(message: ProtobufMessage, field: number, read: HistogramMessage): void {
  switch (field) {
    case fields.countInt:
      read.count = message.unsigned()
      return
    case fields.countFloat:
      read.count = message.double()
      read.float = true
      return
    case fields.sum:
      read.sum = message.double()
      read.stale = message.wasStale
      return
    case fields.schema:
      read.schema = Number(message.zigzag())
      return
    case fields.zeroThreshold:
      read.zeroThreshold = message.double()
      return
    case fields.zeroCountInt:
      read.zeroCount = message.unsigned()
      return
    case fields.zeroCountFloat:
      read.zeroCount = message.double()
      return
    case fields.negativeSpans:
      read.negative.spans.push(readSpan(message))
      return
    case fields.negativeDeltas:
      message.zigzags(read.negative.deltas)
      return
    case fields.negativeCounts:
      message.doubles(read.negative.counts)
      return
    case fields.positiveSpans:
      read.positive.spans.push(readSpan(message))
      return
    case fields.positiveDeltas:
      message.zigzags(read.positive.deltas)
      return
    case fields.positiveCounts:
      message.doubles(read.positive.counts)
      return
    case fields.resetHint:
      read.resetHint = Number(message.unsigned())
      return
    case fields.timestamp:
      read.time = message.signed()
      return
    case fields.customValues:
      message.doubles(read.customValues)
      return
    case fields.startTimestamp:
      read.startTime = message.signed()
      return
    default:
      message.skip()
  }
}

function readSpan(message: ProtobufMessage): BucketSpan {
  const span: Span = { offset: 0, length: 0 }
  const outer = message.enter()
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) span.offset = Number(message.zigzag())
    else if (field === 2) span.length = Number(message.unsigned())
    else message.skip()
  }
  message.leave(outer)
  return span
}

/** What tells series of numbers from those of histograms, and these from each other. */
export const forms = [
  'number',
  'exponential_histogram',
  'histogram',
  'gauge_exponential_histogram',
  'gauge_histogram',
] as const

export type SeriesForm = (typeof forms)[number]

/** The form of a histogram. */
export function formOf({ schema, resetHint }: HistogramMessage): SeriesForm {
  if (schema === customSchema) return resetHint === gaugeHint ? 'gauge_histogram' : 'histogram'
  return resetHint === gaugeHint ? 'gauge_exponential_histogram' : 'exponential_histogram'
}

/** A histogram as a point. @throws {Error} where it contradicts itself */
export function pointOf(read: HistogramMessage): HistogramPoint | ExponentialHistogramPoint {
  return read.schema === customSchema ? customPoint(read) : nativePoint(read)
}

/** Bucket i has the upper bound `customValues[i]`, and the last has none. */
function customPoint(read: HistogramMessage): HistogramPoint {
  const { count, sum, customValues: bounds, positive, negative, float } = read
  for (const [index, bound] of bounds.entries()) {
    if (!(bound > (bounds[index - 1] ?? -Infinity)) || bound === Infinity)
      throw new Error('expected bounds that are finite and ascend')
  }
  if (negative.spans.length > 0) throw new Error('expected no negative buckets beside bounds of its own')
  const counts = Array.from<unknown, number | bigint>({ length: bounds.length + 1 }, () => 0)
  const { spans, deltas, counts: absolute } = positive
  const isAbsolute = absolute.length > 0
  const given = isAbsolute ? absolute.length : deltas.length
  let index = 0
  let taken = 0
  let before: number | bigint = 0
  let total: number | bigint = 0
  for (const [place, { offset, length }] of spans.entries()) {
    if (place > 0 && offset < 0) throw new Error('expected spans that do not go back')
    index += offset
    if (index < 0 || index + length > counts.length)
      throw new Error(`expected ${counts.length} buckets for ${bounds.length} bounds`)
    if (taken + length > given) throw new Error('expected a count for every bucket of the spans')
    for (let step = 0; step < length; step++) {
      before = isAbsolute ? (absolute[taken] ?? 0) : addCounts(before, deltas[taken] ?? 0)
      if (!(before >= 0)) throw new Error('expected counts of buckets that are not negative')
      total = float ? Number(total) + Number(before) : addCounts(total, before)
      counts[index++] = before
      taken++
    }
  }
  if (taken !== given) throw new Error('expected a bucket of the spans for every count')
  if (!(count >= 0)) throw new Error('expected counts that are not negative')
  if (!float && !Number.isNaN(sum) && total != count)
    throw new Error(`expected the count ${count} to be that of all buckets, which is ${total}`)
  return { kind: 'histogram', isNative: true, count, sum, min: undefined, max: undefined, bounds, counts }
}
