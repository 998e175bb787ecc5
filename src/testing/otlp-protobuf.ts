import type { Batch } from '#src/model/batch.ts'
import { Intake } from '#src/queue/intake.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
import type { Source } from '#src/model/source.ts'
import type { RequestParts } from '#src/otlp/encode/request-parts.ts'
import type { Encoding } from '#src/push/encoding.ts'
import { MessageReader } from '#src/remote/message-reader.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import type { RequestJson } from './otlp-json.ts'

/** How a field of a message is read; a type that is an object is a message. */
interface Field {
  readonly name: string
  readonly type:
    | Message
    | 'text'
    | 'hex'
    | 'base64'
    | 'bool'
    | 'int64'
    | 'uint64'
    | 'uint32'
    | 'sint32'
    | 'fixed64'
    | 'sfixed64'
    | 'double'
  readonly repeated?: boolean
}
type Message = () => Readonly<Record<number, Field>>

const list = (name: string, type: Field['type']): Field => ({ name, type, repeated: true })
const one = (name: string, type: Field['type']): Field => ({ name, type })

const anyValue: Message = () => ({
  1: one('stringValue', 'text'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'int64'),
  4: one('doubleValue', 'double'),
  5: one('arrayValue', () => ({ 1: list('values', anyValue) })),
  6: one('kvlistValue', () => ({ 1: list('values', keyValue) })),
  7: one('bytesValue', 'base64'),
})
const keyValue: Message = () => ({ 1: one('key', 'text'), 2: one('value', anyValue) })
const exemplar: Message = () => ({
  2: one('timeUnixNano', 'fixed64'),
  3: one('asDouble', 'double'),
  4: one('spanId', 'hex'),
  5: one('traceId', 'hex'),
  6: one('asInt', 'sfixed64'),
  7: list('filteredAttributes', keyValue),
})
const times = { 2: one('startTimeUnixNano', 'fixed64'), 3: one('timeUnixNano', 'fixed64') }
const totals = { ...times, 4: one('count', 'fixed64'), 5: one('sum', 'double') }
const numberPoint: Message = () => ({
  ...times,
  4: one('asDouble', 'double'),
  5: list('exemplars', exemplar),
  6: one('asInt', 'sfixed64'),
  7: list('attributes', keyValue),
  8: one('flags', 'uint32'),
})
const histogramPoint: Message = () => ({
  ...totals,
  6: list('bucketCounts', 'fixed64'),
  7: list('explicitBounds', 'double'),
  8: list('exemplars', exemplar),
  9: list('attributes', keyValue),
  10: one('flags', 'uint32'),
  11: one('min', 'double'),
  12: one('max', 'double'),
})
const buckets: Message = () => ({ 1: one('offset', 'sint32'), 2: list('bucketCounts', 'uint64') })
const exponentialPoint: Message = () => ({
  ...totals,
  1: list('attributes', keyValue),
  6: one('scale', 'sint32'),
  7: one('zeroCount', 'fixed64'),
  8: one('positive', buckets),
  9: one('negative', buckets),
  10: one('flags', 'uint32'),
  11: list('exemplars', exemplar),
  12: one('min', 'double'),
  13: one('max', 'double'),
  14: one('zeroThreshold', 'double'),
})
const summaryPoint: Message = () => ({
  ...totals,
  6: list('quantileValues', () => ({ 1: one('quantile', 'double'), 2: one('value', 'double') })),
  7: list('attributes', keyValue),
  8: one('flags', 'uint32'),
})
const data =
  (point: Message): Message =>
  () => ({
    1: list('dataPoints', point),
    2: one('aggregationTemporality', 'uint32'),
    3: one('isMonotonic', 'bool'),
  })
const metric: Message = () => ({
  1: one('name', 'text'),
  2: one('description', 'text'),
  3: one('unit', 'text'),
  5: one('gauge', data(numberPoint)),
  7: one('sum', data(numberPoint)),
  9: one('histogram', data(histogramPoint)),
  10: one('exponentialHistogram', data(exponentialPoint)),
  11: one('summary', data(summaryPoint)),
  12: list('metadata', keyValue),
})
const scope: Message = () => ({
  1: one('name', 'text'),
  2: one('version', 'text'),
  3: list('attributes', keyValue),
  4: one('droppedAttributesCount', 'uint32'),
})
const scopeMetrics: Message = () => ({
  1: one('scope', scope),
  2: list('metrics', metric),
  3: one('schemaUrl', 'text'),
})
const resourceMetrics: Message = () => ({
  1: one('resource', () => ({
    1: list('attributes', keyValue),
    2: one('droppedAttributesCount', 'uint32'),
  })),
  2: list('scopeMetrics', scopeMetrics),
  3: one('schemaUrl', 'text'),
})
const request: Message = () => ({ 1: list('resourceMetrics', resourceMetrics) })

/** Reads an ExportMetricsServiceRequest of protobuf as its JSON: integers of 64 bits are strings, ids hexadecimal. */
export function readProtobufRequest(bytes: Buffer): RequestJson {
  return readMessage(new MessageReader(bytes), request) as unknown as RequestJson
}

function readMessage(reader: MessageReader, type: Message): Record<string, unknown> {
  const fields = type()
  const message: Record<string, unknown> = {}
  while (reader.next()) {
    const field = fields[reader.field]
    if (field === undefined) throw new Error(`a message has no field ${reader.field}`)
    const { name, repeated = false } = field
    const values = readField(reader, field)
    if (repeated) message[name] = [...((message[name] as unknown[] | undefined) ?? []), ...values]
    else if (Object.hasOwn(message, name)) throw new Error(`the field ${name} comes twice`)
    else [message[name]] = values
  }
  return message
}

function readField(reader: MessageReader, { type, repeated = false }: Field): unknown[] {
  if (typeof type === 'function') return [readMessage(reader.message(), type)]
  const content = reader.content()
  if (type === 'text') return [content.toString()]
  if (type === 'hex' || type === 'base64') return [content.toString(type)]
  const values: unknown[] = []
  for (let at = 0; at < content.length;) {
    const [value, length] = readScalar(content, at, type)
    values.push(value)
    at += length
  }
  if (!repeated && values.length !== 1) throw new Error('one value was expected')
  return values
}

function readScalar(bytes: Buffer, at: number, type: Field['type']): [unknown, number] {
  if (type === 'double') return [jsonDouble(bytes.readDoubleLE(at)), 8]
  if (type === 'fixed64') return [String(bytes.readBigUInt64LE(at)), 8]
  if (type === 'sfixed64') return [String(bytes.readBigInt64LE(at)), 8]
  let value = 0n
  let length = 0
  for (let byte = 128; byte >= 128; length++) {
    byte = bytes.readUInt8(at + length)
    value |= BigInt(byte & 127) << BigInt(7 * length)
  }
  if (type === 'bool') return [value !== 0n, length]
  if (type === 'int64') return [String(BigInt.asIntN(64, value)), length]
  if (type === 'uint64') return [String(value), length]
  const number = Number(value)
  return [type === 'sint32' ? (number >>> 1) ^ -(number & 1) : number, length]
}

/** A double as JSON has it, read back. */
function jsonDouble(value: number): unknown {
  return Number.isFinite(value) ? value : String(value)
}

/** What an encoding is made of in a test; the rest is found here. */
export type OtlpEncodingOptions = Partial<Pick<RequestParts, 'shards' | 'limits'>>

/** Runs an encoding of OTLP as an exporter does. */
export class OtlpRequests {
  readonly ledger = new Ledger()
  readonly dropped: { points: number; reason: string }[] = []
  /** Points that the encoding told of as encoded. */
  encoded = 0
  /** How often the encoding gave other work its turn. */
  slices = 0
  readonly #encoding: Encoding
  readonly #done: EncodedRequest[] = []

  constructor(make: new (parts: RequestParts) => Encoding, options: OtlpEncodingOptions = {}) {
    this.#encoding = new make({
      shards: 1,
      limits: { maxBytes: 1 << 22, maxPoints: 1000 },
      now: () => 0,
      events: {
        encoded: (points) => {
          this.encoded += points
        },
        dropped: (intake, points, reason) => {
          this.dropped.push({ points, reason })
          intake.drop(points, reason)
        },
        done: (request) => this.#done.push(request),
      },
      ...options,
    })
  }

  /** The requests of some batches, with what was left over of others before. */
  requests(batches: readonly Batch[]): EncodedRequest[] {
    const points = batches.reduce((sum, { size }) => sum + size, 0)
    const intake = new Intake(points, this.ledger, undefined)
    for (const _ of this.#encoding.encode(batches, intake)) this.slices++
    this.#encoding.flush()
    return this.#done.splice(0)
  }

  /** The same, read back and delivered. */
  read(batches: readonly Batch[]): RequestJson[] {
    return this.deliver(this.requests(batches))
  }

  /** Delivers requests, and reads them. */
  deliver(requests: readonly EncodedRequest[]): RequestJson[] {
    return requests.map(({ format, body, shares, release }) => {
      const read =
        format === 'json' ? (JSON.parse(body.toString()) as RequestJson) : readProtobufRequest(body)
      for (const { intake, points } of shares) intake.deliver(points)
      release()
      return read
    })
  }

  forget(source: Source): void {
    this.#encoding.forget(source)
  }
}
