import type { FamilyType } from './exposed-families.ts'
import type { NativeBuckets, BucketSpan } from './native-histogram.ts'
import { makeExemplar } from './open-metrics-line.ts'
import type { ProtobufMessage } from './protobuf-message.ts'
import type { LineExemplar } from './sample-columns.ts'

/** A range of bytes in the message at hand. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** `io.prometheus.client.MetricFamily`, with its metrics still as bytes. */
export interface FamilyMessage {
  readonly name: Range
  readonly help: Range | undefined
  readonly unit: Range | undefined
  readonly type: FamilyType | undefined
  readonly metrics: readonly Range[]
}

const typeOfNumber: readonly FamilyType[] = [
  'counter',
  'gauge',
  'summary',
  'unknown',
  'histogram',
  'gaugehistogram',
]

const nowhere: Range = { from: 0, to: 0 }

/** Reads the fields of a family but its metrics, which may stand before its name and type. */
export function readFamily(message: ProtobufMessage): FamilyMessage {
  let name = nowhere
  let help: Range | undefined
  let unit: Range | undefined
  let type: FamilyType | undefined = 'counter'
  const metrics: Range[] = []
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) name = message.bytes()
    else if (field === 2) help = message.bytes()
    else if (field === 3) type = typeOfNumber[message.signed()]
    else if (field === 4) metrics.push(message.bytes())
    else if (field === 5) unit = message.bytes()
    else message.skip()
  }
  return { name, help, unit, type, metrics }
}

/** One value of a metric: of a bucket or quantile, or the only one. */
export interface BoundValue {
  readonly bound: number
  readonly value: number | bigint
  readonly exemplar: LineExemplar | undefined
}

/** `Gauge`, `Counter` and `Untyped`. */
export interface SingleValue {
  value: number
  stale: boolean
  exemplar: LineExemplar | undefined
  /** Unix milliseconds. */
  startTime: number | undefined
}

export function readSingle(message: ProtobufMessage): SingleValue {
  const single: SingleValue = { value: 0, stale: false, exemplar: undefined, startTime: undefined }
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) {
      single.value = message.double()
      single.stale = message.wasStale
    } else if (field === 2) single.exemplar = readExemplar(message)
    else if (field === 3) single.startTime = readTime(message)
    else message.skip()
  }
  return single
}

/** `Summary`. */
export interface SummaryMessage {
  count: number | bigint
  sum: number
  startTime: number | undefined
  readonly quantiles: BoundValue[]
}

export function readSummary(message: ProtobufMessage): SummaryMessage {
  const summary: SummaryMessage = { count: 0, sum: 0, startTime: undefined, quantiles: [] }
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) summary.count = message.unsigned()
    else if (field === 2) summary.sum = message.double()
    else if (field === 3) summary.quantiles.push(readQuantile(message))
    else if (field === 4) summary.startTime = readTime(message)
    else message.skip()
  }
  return summary
}

function readQuantile(message: ProtobufMessage): BoundValue {
  let bound = 0
  let value = 0
  const nested = message.enter()
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) bound = message.double()
    else if (field === 2) value = message.double()
    else message.skip()
  }
  message.leave(nested)
  return { bound, value, exemplar: undefined }
}

/** Buckets of one sign of a native histogram, as they come. */
interface Side extends NativeBuckets {
  readonly spans: BucketSpan[]
  readonly deltas: (number | bigint)[]
  readonly counts: number[]
}

/** `Histogram`. */
export interface HistogramMessage {
  count: number | bigint
  /** 0 where counts are whole. */
  floatCount: number
  sum: number
  stale: boolean
  startTime: number | undefined
  readonly buckets: BoundValue[]
  schema: number
  zeroThreshold: number
  zeroCount: number | bigint
  floatZeroCount: number
  readonly negative: Side
  readonly positive: Side
  /** Of native histograms. */
  readonly exemplars: LineExemplar[]
}

/** What to do with each field of `Histogram`, by its number. */
const histogramFields: Readonly<Record<number, (message: ProtobufMessage, to: HistogramMessage) => void>> = {
  1: (message, to) => (to.count = message.unsigned()),
  2: (message, to) => {
    to.sum = message.double()
    to.stale = message.wasStale
  },
  3: (message, to) => to.buckets.push(readBucket(message)),
  4: (message, to) => (to.floatCount = message.double()),
  5: (message, to) => (to.schema = Number(message.zigzag())),
  6: (message, to) => (to.zeroThreshold = message.double()),
  7: (message, to) => (to.zeroCount = message.unsigned()),
  8: (message, to) => (to.floatZeroCount = message.double()),
  9: (message, to) => to.negative.spans.push(readSpan(message)),
  10: (message, to) => message.zigzags(to.negative.deltas),
  11: (message, to) => message.doubles(to.negative.counts),
  12: (message, to) => to.positive.spans.push(readSpan(message)),
  13: (message, to) => message.zigzags(to.positive.deltas),
  14: (message, to) => message.doubles(to.positive.counts),
  15: (message, to) => (to.startTime = readTime(message)),
  16: (message, to) => {
    const exemplar = readExemplar(message)
    if (exemplar?.time !== undefined) to.exemplars.push(exemplar)
  },
}

export function readHistogram(message: ProtobufMessage): HistogramMessage {
  const histogram: HistogramMessage = {
    count: 0,
    floatCount: 0,
    sum: 0,
    stale: false,
    startTime: undefined,
    buckets: [],
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    floatZeroCount: 0,
    negative: { spans: [], deltas: [], counts: [] },
    positive: { spans: [], deltas: [], counts: [] },
    exemplars: [],
  }
  for (let field = message.next(); field !== 0; field = message.next()) {
    const read = histogramFields[field]
    if (read === undefined) message.skip()
    else read(message, histogram)
  }
  return histogram
}

/** Whether a histogram has native buckets: a span without any marks one that has observed nothing. */
export function isNative({
  positive,
  negative,
  zeroThreshold,
  zeroCount,
  floatZeroCount,
}: HistogramMessage): boolean {
  if (positive.spans.length + negative.spans.length > 0) return true
  return zeroThreshold > 0 || zeroCount > 0 || floatZeroCount > 0
}

function readBucket(message: ProtobufMessage): BoundValue {
  let count: number | bigint = 0
  let floatCount = 0
  let bound = 0
  let exemplar: LineExemplar | undefined
  const nested = message.enter()
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) count = message.unsigned()
    else if (field === 2) bound = message.double()
    else if (field === 3) exemplar = readExemplar(message)
    else if (field === 4) floatCount = message.double()
    else message.skip()
  }
  message.leave(nested)
  return { bound, value: floatCount > 0 ? floatCount : count, exemplar }
}

function readSpan(message: ProtobufMessage): BucketSpan {
  let offset = 0
  let length = 0
  const nested = message.enter()
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) offset = Number(message.zigzag())
    else if (field === 2) length = Number(message.unsigned())
    else message.skip()
  }
  message.leave(nested)
  return { offset, length }
}

function readExemplar(message: ProtobufMessage): LineExemplar | undefined {
  const labels: string[] = []
  let value = 0
  let time: number | undefined
  const nested = message.enter()
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) labels.push(...readLabelTexts(message))
    else if (field === 2) value = message.double()
    else if (field === 3) time = readTime(message)
    else message.skip()
  }
  message.leave(nested)
  return makeExemplar(labels, value, time)
}

function readLabelTexts(message: ProtobufMessage): [string, string] {
  const { name, value } = readLabel(message)
  return [
    message.buffer.toString('utf8', name.from, name.to),
    message.buffer.toString('utf8', value.from, value.to),
  ]
}

/** `LabelPair`. */
export function readLabel(message: ProtobufMessage): { readonly name: Range; readonly value: Range } {
  let name = nowhere
  let value = nowhere
  const nested = message.enter()
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) name = message.bytes()
    else if (field === 2) value = message.bytes()
    else message.skip()
  }
  message.leave(nested)
  return { name, value }
}

/** `google.protobuf.Timestamp`, as Unix milliseconds. */
function readTime(message: ProtobufMessage): number {
  let seconds = 0
  let nanos = 0
  const nested = message.enter()
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) seconds = message.signed()
    else if (field === 2) nanos = message.signed()
    else message.skip()
  }
  message.leave(nested)
  return seconds * 1000 + Math.trunc(nanos / 1e6)
}
