import {
  anyValueFields,
  bucketsFields,
  dataFields,
  exemplarFields,
  exponentialFields,
  histogramFields,
  keyValueFields,
  listFields,
  metricFields,
  numberFields,
  quantileFields,
  requestFields,
  resourceFields,
  resourceMetricsFields,
  scopeFields,
  scopeMetricsFields,
  summaryFields,
} from '../encode/fields.ts'
import { ReverseWriter } from '../encode/reverse-writer.ts'
import { MalformedRequest } from './malformed-request.ts'

/** Writes the value of one field; what it is not is a mistake. */
type WriteField = (writer: ReverseWriter, field: number, value: unknown, depth: number) => void

/** The fields of a message by their names in JSON, from the last to the first, as they are written. */
type Message = readonly (readonly [name: string, field: number, write: WriteField])[]

/** Messages in messages; values of attributes are measured anew where they are read. */
const depthLimit = 128

/** A value that is not what its field holds. The path grows while the error goes up. */
class JsonMistake extends Error {
  path = ''

  within(step: string): this {
    this.path = step + this.path
    return this
  }
}

/**
 * Turns an ExportMetricsServiceRequest in OTLP's JSON into the same request in protobuf, so that there is one way to read
 * requests. Names of fields are in lowerCamelCase; fields that are not known are ignored, and null is as good as absent;
 * 64-bit integers are numbers or strings, enums numbers or names, ids hexadecimal, other bytes base64.
 *
 * @returns bytes that hold until the next call of this function
 * @throws {MalformedRequest} where it is no JSON, or a field holds what it cannot; it names the place
 */
export function transcodeJson(body: Buffer): Buffer {
  let request: unknown
  try {
    request = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw new MalformedRequest(`the body is no JSON: ${error instanceof Error ? error.message : 'unknown'}`)
  }
  writer.clear()
  try {
    writeFields(writer, exportRequest, request, 0)
  } catch (error) {
    if (!(error instanceof JsonMistake)) throw error
    throw new MalformedRequest(error.path === '' ? error.message : `${error.path}: ${error.message}`)
  } finally {
    if (writer.bytes.length > keptBytes) writer = new ReverseWriter()
  }
  return writer.written
}

/** A buffer that became larger than this is not kept for the next request. */
const keptBytes = 4 << 20
let writer = new ReverseWriter()

function writeFields(to: ReverseWriter, message: Message, value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new JsonMistake('expected an object')
  }
  if (depth > depthLimit) throw new JsonMistake(`expected no more than ${depthLimit} objects in objects`)
  const members = value as Readonly<Record<string, unknown>>
  for (const [name, field, write] of message) {
    const member = members[name]
    if (member === undefined || member === null) continue
    try {
      write(to, field, member, depth)
    } catch (error) {
      throw error instanceof JsonMistake ? error.within(depth === 0 ? name : `.${name}`) : error
    }
  }
}

/** A field with a message. */
function nested(message: () => Message): WriteField {
  return function writeNested(to, field, value, depth) {
    const end = to.position
    writeFields(to, message(), value, depth + 1)
    to.close(field, end)
  }
}

/** A field that is there for each item of a list. */
function repeated(write: WriteField): WriteField {
  return function writeRepeated(to, field, value, depth) {
    if (!Array.isArray(value)) throw new JsonMistake('expected a list')
    for (let index = value.length - 1; index >= 0; index--) {
      try {
        // null in a list is the value that says nothing.
        write(to, field, (value[index] as unknown) ?? {}, depth)
      } catch (error) {
        throw error instanceof JsonMistake ? error.within(`[${index}]`) : error
      }
    }
  }
}

/** A field with the numbers of a list behind each other. */
function packed(write: (to: ReverseWriter, value: unknown) => void): WriteField {
  return function writePacked(to, field, value) {
    if (!Array.isArray(value)) throw new JsonMistake('expected a list')
    const end = to.position
    for (let index = value.length - 1; index >= 0; index--) {
      try {
        write(to, value[index])
      } catch (error) {
        throw error instanceof JsonMistake ? error.within(`[${index}]`) : error
      }
    }
    to.close(field, end)
  }
}

const text: WriteField = (to, field, value) => {
  if (typeof value !== 'string') throw new JsonMistake('expected a string')
  to.text(field, value)
}

const boolean: WriteField = (to, field, value) => {
  if (typeof value !== 'boolean') throw new JsonMistake('expected true or false')
  to.bool(field, value)
}

const double: WriteField = (to, field, value) => to.double(field, doubleOf(value))
const fixed64: WriteField = (to, field, value) => to.fixed64(field, wholeOf(value, unsigned64))
const signedFixed64: WriteField = (to, field, value) => to.fixed64(field, BigInt(wholeOf(value, signed64)))
const int64: WriteField = (to, field, value) => to.int64(field, BigInt(wholeOf(value, signed64)))
const uint32: WriteField = (to, field, value) => to.varint(field, Number(wholeOf(value, unsigned32)))
const sint32: WriteField = (to, field, value) => to.sint32(field, Number(wholeOf(value, signed32)))

const temporalities: ReadonlyMap<unknown, number> = new Map([
  ['AGGREGATION_TEMPORALITY_UNSPECIFIED', 0],
  ['AGGREGATION_TEMPORALITY_DELTA', 1],
  ['AGGREGATION_TEMPORALITY_CUMULATIVE', 2],
])

const temporality: WriteField = (to, field, value) => {
  to.varint(field, temporalities.get(value) ?? Number(wholeOf(value, unsigned32)))
}

const base64Form = /^[A-Za-z0-9+/_-]*={0,2}$/
const hexForm = /^(?:[0-9A-Fa-f]{2})*$/

const base64: WriteField = (to, field, value) => {
  if (typeof value !== 'string' || !base64Form.test(value)) throw new JsonMistake('expected base64')
  to.data(field, Buffer.from(value, 'base64'))
}

const hex: WriteField = (to, field, value) => {
  if (typeof value !== 'string' || !hexForm.test(value)) throw new JsonMistake('expected hexadecimal digits')
  to.data(field, Buffer.from(value, 'hex'))
}

const numberForm = /^-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,4})?$/

function doubleOf(value: unknown): number {
  if (typeof value === 'number') return value
  if (value === 'NaN') return Number.NaN
  if (value === 'Infinity') return Infinity
  if (value === '-Infinity') return -Infinity
  if (typeof value === 'string' && numberForm.test(value)) return Number(value)
  throw new JsonMistake('expected a number')
}

interface Range {
  readonly name: string
  readonly min: bigint
  readonly max: bigint
}

const unsigned64: Range = { name: 'from 0 to 2^64 - 1', min: 0n, max: 2n ** 64n - 1n }
const signed64: Range = { name: 'from -2^63 to 2^63 - 1', min: -(2n ** 63n), max: 2n ** 63n - 1n }
const unsigned32: Range = { name: 'from 0 to 2^32 - 1', min: 0n, max: 2n ** 32n - 1n }
const signed32: Range = { name: 'from -2^31 to 2^31 - 1', min: -(2n ** 31n), max: 2n ** 31n - 1n }

const wholeForm = /^-?\d{1,20}$/

/** A whole number, which may be written as a string: a number only where that is exact and not below 0. */
function wholeOf(value: unknown, { name, min, max }: Range): number | bigint {
  if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value) && value <= max) return value
  const isWhole = typeof value === 'number' ? Number.isInteger(value) : wholeForm.test(String(value))
  if (isWhole && (typeof value === 'number' || typeof value === 'string')) {
    const exact = BigInt(value)
    if (exact >= min && exact <= max) return exact
  }
  throw new JsonMistake(`expected a whole number ${name}`)
}

/** Makes a message of its fields, in the order of their numbers. */
function message(fields: Readonly<Record<string, readonly [field: number, write: WriteField]>>): Message {
  return Object.entries(fields)
    .map(([name, [field, write]]): Message[number] => [name, field, write])
    .toSorted((a, b) => b[1] - a[1])
}

const anyValue: Message = message({
  stringValue: [anyValueFields.string, text],
  boolValue: [anyValueFields.bool, boolean],
  intValue: [anyValueFields.int, int64],
  doubleValue: [anyValueFields.double, double],
  arrayValue: [anyValueFields.array, nested(() => arrayValue)],
  kvlistValue: [anyValueFields.kvlist, nested(() => keyValueList)],
  bytesValue: [anyValueFields.bytes, base64],
})
const arrayValue = message({ values: [listFields.values, repeated(nested(() => anyValue))] })
const keyValue = message({
  key: [keyValueFields.key, text],
  value: [keyValueFields.value, nested(() => anyValue)],
})
const attributes = repeated(nested(() => keyValue))
const keyValueList = message({ values: [listFields.values, attributes] })

const exemplar = message({
  timeUnixNano: [exemplarFields.time, fixed64],
  asDouble: [exemplarFields.asDouble, double],
  spanId: [exemplarFields.spanId, hex],
  traceId: [exemplarFields.traceId, hex],
  asInt: [exemplarFields.asInt, signedFixed64],
  filteredAttributes: [exemplarFields.filteredAttributes, attributes],
})
const exemplars = repeated(nested(() => exemplar))

const packedFixed64 = packed((to, value) => to.fixed64Value(wholeOf(value, unsigned64)))
const packedUnsigned = packed((to, value) => to.unsigned(wholeOf(value, unsigned64)))
const packedDouble = packed((to, value) => to.doubleValue(doubleOf(value)))

const numberPoint = message({
  startTimeUnixNano: [numberFields.startTime, fixed64],
  timeUnixNano: [numberFields.time, fixed64],
  asDouble: [numberFields.asDouble, double],
  exemplars: [numberFields.exemplars, exemplars],
  asInt: [numberFields.asInt, signedFixed64],
  attributes: [numberFields.attributes, attributes],
  flags: [numberFields.flags, uint32],
})
const histogramPoint = message({
  startTimeUnixNano: [histogramFields.startTime, fixed64],
  timeUnixNano: [histogramFields.time, fixed64],
  count: [histogramFields.count, fixed64],
  sum: [histogramFields.sum, double],
  bucketCounts: [histogramFields.bucketCounts, packedFixed64],
  explicitBounds: [histogramFields.explicitBounds, packedDouble],
  exemplars: [histogramFields.exemplars, exemplars],
  attributes: [histogramFields.attributes, attributes],
  flags: [histogramFields.flags, uint32],
  min: [histogramFields.min, double],
  max: [histogramFields.max, double],
})
const exponentialBuckets = message({
  offset: [bucketsFields.offset, sint32],
  bucketCounts: [bucketsFields.bucketCounts, packedUnsigned],
})
const exponentialPoint = message({
  attributes: [exponentialFields.attributes, attributes],
  startTimeUnixNano: [exponentialFields.startTime, fixed64],
  timeUnixNano: [exponentialFields.time, fixed64],
  count: [exponentialFields.count, fixed64],
  sum: [exponentialFields.sum, double],
  scale: [exponentialFields.scale, sint32],
  zeroCount: [exponentialFields.zeroCount, fixed64],
  positive: [exponentialFields.positive, nested(() => exponentialBuckets)],
  negative: [exponentialFields.negative, nested(() => exponentialBuckets)],
  flags: [exponentialFields.flags, uint32],
  exemplars: [exponentialFields.exemplars, exemplars],
  min: [exponentialFields.min, double],
  max: [exponentialFields.max, double],
  zeroThreshold: [exponentialFields.zeroThreshold, double],
})
const quantileValue = message({
  quantile: [quantileFields.quantile, double],
  value: [quantileFields.value, double],
})
const summaryPoint = message({
  startTimeUnixNano: [summaryFields.startTime, fixed64],
  timeUnixNano: [summaryFields.time, fixed64],
  count: [summaryFields.count, fixed64],
  sum: [summaryFields.sum, double],
  quantileValues: [summaryFields.quantileValues, repeated(nested(() => quantileValue))],
  attributes: [summaryFields.attributes, attributes],
  flags: [summaryFields.flags, uint32],
})

/** The data of a metric: points, and what its kind says beside them. */
function data(point: Message): Message {
  return message({
    dataPoints: [dataFields.dataPoints, repeated(nested(() => point))],
    aggregationTemporality: [dataFields.aggregationTemporality, temporality],
    isMonotonic: [dataFields.isMonotonic, boolean],
  })
}
const [gaugeData, histogramData, exponentialData, summaryData] = [
  data(numberPoint),
  data(histogramPoint),
  data(exponentialPoint),
  data(summaryPoint),
]

const metric = message({
  name: [metricFields.name, text],
  description: [metricFields.description, text],
  unit: [metricFields.unit, text],
  gauge: [metricFields.gauge, nested(() => gaugeData)],
  sum: [metricFields.sum, nested(() => gaugeData)],
  histogram: [metricFields.histogram, nested(() => histogramData)],
  exponentialHistogram: [metricFields.exponentialHistogram, nested(() => exponentialData)],
  summary: [metricFields.summary, nested(() => summaryData)],
  metadata: [metricFields.metadata, attributes],
})
const scope = message({
  name: [scopeFields.name, text],
  version: [scopeFields.version, text],
  attributes: [scopeFields.attributes, attributes],
})
const scopeMetrics = message({
  scope: [scopeMetricsFields.scope, nested(() => scope)],
  metrics: [scopeMetricsFields.metrics, repeated(nested(() => metric))],
  schemaUrl: [scopeMetricsFields.schemaUrl, text],
})
const resource = message({ attributes: [resourceFields.attributes, attributes] })
const resourceMetrics = message({
  resource: [resourceMetricsFields.resource, nested(() => resource)],
  scopeMetrics: [resourceMetricsFields.scopeMetrics, repeated(nested(() => scopeMetrics))],
  schemaUrl: [resourceMetricsFields.schemaUrl, text],
})
const exportRequest = message({
  resourceMetrics: [requestFields.resourceMetrics, repeated(nested(() => resourceMetrics))],
})
