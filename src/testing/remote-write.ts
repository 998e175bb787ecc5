/** A native histogram as remote write has it. */
export interface ReadHistogram {
  readonly count: number | bigint
  readonly sum: number
  /** Whether the sum is the staleness marker. */
  readonly stale: boolean
  readonly schema: number
  readonly zeroThreshold: number
  readonly zeroCount: number | bigint
  /** Absolute counts by the index of the bucket. */
  readonly positive: ReadonlyMap<number, number>
  readonly negative: ReadonlyMap<number, number>
  readonly resetHint: number
  readonly time: number
  readonly customValues: readonly number[]
  readonly startTime: number
}

/** A sample as it was read. */
export interface ReadSample {
  /** The eight bytes of the value, in hexadecimal, as a big-endian number. */
  readonly bits: string
  readonly value: number
  readonly time: number
  readonly startTime: number
}

/** An exemplar as it was read. */
export interface ReadExemplar {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly time: number
}

/** A time series as it was read. */
export interface ReadSeries {
  /** Name, value, name, value, in the order of the message. */
  readonly pairs: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly samples: readonly ReadSample[]
  readonly exemplars: readonly ReadExemplar[]
  readonly histograms: readonly ReadHistogram[]
  readonly metadata: ReadMetadata | undefined
}

/** What is said of a family. */
export interface ReadMetadata {
  readonly type: number
  readonly family: string
  readonly help: string
  readonly unit: string
}

/** A request of either version. */
export interface ReadRequest {
  readonly series: readonly ReadSeries[]
  readonly metadata: readonly ReadMetadata[]
  readonly symbols: readonly string[]
  /** Whether the message has fields of version 1.0. */
  readonly hasFirstVersion: boolean
}

/** The bits of Prometheus' staleness marker. */
export const staleBits = '7ff0000000000002'

/**
 * Decompresses a block of snappy, as its format description has it, with every bound checked.
 *
 * @throws {Error} where it is none
 */
export function unsnap(block: Uint8Array): Buffer {
  const bytes = Buffer.from(block)
  const header = new Fields(bytes)
  const length = Number(header.varint())
  const out = Buffer.alloc(length)
  let at = header.at
  let written = 0
  while (at < bytes.length) {
    const tag = bytes.readUInt8(at++)
    const kind = tag & 3
    const extra = kind === 0 ? Math.max(0, (tag >> 2) - 59) : kind === 3 ? 4 : kind
    const number = extra === 0 ? 0 : bytes.readUIntLE(at, extra)
    at += extra
    if (kind === 0) {
      const size = (extra === 0 ? tag >> 2 : number) + 1
      if (at + size > bytes.length || written + size > length) throw new Error('a literal is too long')
      bytes.copy(out, written, at, at + size)
      at += size
      written += size
      continue
    }
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    const offset = kind === 1 ? ((tag >> 5) << 8) + number : number
    if (!(offset > 0 && offset <= written) || written + size > length)
      throw new Error(`a copy of ${size} from ${offset} before is out of bounds at ${written} of ${length}`)
    for (let index = 0; index < size; index++) out[written + index] = out[written + index - offset] ?? 0
    written += size
  }
  if (written !== length) throw new Error(`the block has ${written} bytes and says ${length}`)
  return out
}

/** Reads a message of remote write 1.0 or 2.0, whose fields are disjoint. */
export function readRequest(message: Uint8Array): ReadRequest {
  const symbols: string[] = []
  const metadata: ReadMetadata[] = []
  const first: Uint8Array[] = []
  const second: Uint8Array[] = []
  for (const [field, value] of new Fields(message)) {
    if (field === 1) first.push(bytesOf(value))
    else if (field === 3) metadata.push(readMetadata(bytesOf(value)))
    else if (field === 4) symbols.push(textOf(value))
    else if (field === 5) second.push(bytesOf(value))
    else throw new Error(`the request has a field ${field}`)
  }
  return {
    series: [...first.map(readFirst), ...second.map((each) => readSecond(each, symbols))],
    metadata,
    symbols,
    hasFirstVersion: first.length + metadata.length > 0,
  }
}

function readFirst(message: Uint8Array): ReadSeries {
  const pairs: string[] = []
  const samples: ReadSample[] = []
  const exemplars: ReadExemplar[] = []
  const histograms: ReadHistogram[] = []
  for (const [field, value] of new Fields(message)) {
    if (field === 1) pairs.push(...readLabel(bytesOf(value)))
    else if (field === 2) samples.push(readSample(bytesOf(value)))
    else if (field === 3) exemplars.push(readExemplar(bytesOf(value), undefined))
    else if (field === 4) histograms.push(readHistogram(bytesOf(value)))
    else throw new Error(`the series has a field ${field}`)
  }
  return { pairs, labels: recordOf(pairs), samples, exemplars, histograms, metadata: undefined }
}

function readSecond(message: Uint8Array, symbols: readonly string[]): ReadSeries {
  const pairs: string[] = []
  const samples: ReadSample[] = []
  const exemplars: ReadExemplar[] = []
  const histograms: ReadHistogram[] = []
  let metadata: ReadMetadata | undefined
  for (const [field, value] of new Fields(message)) {
    if (field === 1) pairs.push(...readReferences(value, symbols))
    else if (field === 2) samples.push(readSample(bytesOf(value)))
    else if (field === 3) histograms.push(readHistogram(bytesOf(value)))
    else if (field === 4) exemplars.push(readExemplar(bytesOf(value), symbols))
    else if (field === 5) metadata = readSeriesMetadata(bytesOf(value), symbols)
    else throw new Error(`the series has a field ${field}`)
  }
  return { pairs, labels: recordOf(pairs), samples, exemplars, histograms, metadata }
}

function recordOf(pairs: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {}
  for (let index = 0; index < pairs.length; index += 2) record[pairs[index] ?? ''] = pairs[index + 1] ?? ''
  return record
}

function readLabel(message: Uint8Array): [string, string] {
  let name = ''
  let value = ''
  for (const [field, each] of new Fields(message)) {
    if (field === 1) name = textOf(each)
    else if (field === 2) value = textOf(each)
    else throw new Error(`the label has a field ${field}`)
  }
  return [name, value]
}

function readReferences(value: FieldValue, symbols: readonly string[]): string[] {
  const references = [...new Fields(bytesOf(value)).packed()].map(Number)
  if (references.length % 2 !== 0) throw new Error('the references are odd in number')
  return references.map((reference) => symbolAt(symbols, reference))
}

function symbolAt(symbols: readonly string[], reference: number): string {
  const symbol = symbols[reference]
  if (symbol === undefined) throw new Error(`there is no symbol ${reference} among ${symbols.length}`)
  return symbol
}

function readSample(message: Uint8Array): ReadSample {
  let bits = '0000000000000000'
  let time = 0
  let startTime = 0
  for (const [field, value] of new Fields(message)) {
    if (field === 1) bits = Buffer.from(bytesOf(value)).swap64().toString('hex')
    else if (field === 2) time = signed(value)
    else if (field === 3) startTime = signed(value)
    else throw new Error(`the sample has a field ${field}`)
  }
  return { bits, value: Buffer.from(bits, 'hex').readDoubleBE(), time, startTime }
}

function readExemplar(message: Uint8Array, symbols: readonly string[] | undefined): ReadExemplar {
  const pairs: string[] = []
  let exemplarValue = 0
  let time = 0
  for (const [field, value] of new Fields(message)) {
    if (field === 1) {
      pairs.push(...(symbols === undefined ? readLabel(bytesOf(value)) : readReferences(value, symbols)))
    } else if (field === 2) exemplarValue = doubleOf(value)
    else if (field === 3) time = signed(value)
    else throw new Error(`the exemplar has a field ${field}`)
  }
  return { labels: recordOf(pairs), value: exemplarValue, time }
}

function readMetadata(message: Uint8Array): ReadMetadata {
  const read = { type: 0, family: '', help: '', unit: '' }
  for (const [field, value] of new Fields(message)) {
    if (field === 1) read.type = Number(value)
    else if (field === 2) read.family = textOf(value)
    else if (field === 4) read.help = textOf(value)
    else if (field === 5) read.unit = textOf(value)
    else throw new Error(`the metadata has a field ${field}`)
  }
  return read
}

function readSeriesMetadata(message: Uint8Array, symbols: readonly string[]): ReadMetadata {
  const read = { type: 0, family: '', help: '', unit: '' }
  for (const [field, value] of new Fields(message)) {
    if (field === 1) read.type = Number(value)
    else if (field === 3) read.help = symbolAt(symbols, Number(value))
    else if (field === 4) read.unit = symbolAt(symbols, Number(value))
    else throw new Error(`the metadata has a field ${field}`)
  }
  return read
}

function readHistogram(message: Uint8Array): ReadHistogram {
  const fields = new Map<number, FieldValue[]>()
  for (const [field, value] of new Fields(message)) {
    const values = fields.get(field)
    if (values === undefined) fields.set(field, [value])
    else values.push(value)
  }
  const one = (field: number): FieldValue | undefined => fields.get(field)?.[0]
  const sum = one(3)
  const sumBits = sum === undefined ? '' : Buffer.from(bytesOf(sum)).swap64().toString('hex')
  return {
    count: countOf(one(1), one(2)),
    sum: sum === undefined ? 0 : doubleOf(sum),
    stale: sumBits === staleBits,
    schema: zigzag(one(4) ?? 0n),
    zeroThreshold: doubleOf(one(5)),
    zeroCount: countOf(one(6), one(7)),
    negative: readBuckets(fields.get(8) ?? [], fields.get(9) ?? [], one(10)),
    positive: readBuckets(fields.get(11) ?? [], fields.get(12) ?? [], one(13)),
    resetHint: Number(one(14) ?? 0n),
    time: signed(one(15) ?? 0n),
    customValues: doublesOf(one(16)),
    startTime: signed(one(17) ?? 0n),
  }
}

function countOf(whole: FieldValue | undefined, float: FieldValue | undefined): number | bigint {
  if (float !== undefined) return doubleOf(float)
  const count = (whole as bigint | undefined) ?? 0n
  return count > BigInt(Number.MAX_SAFE_INTEGER) ? count : Number(count)
}

function readBuckets(
  spans: readonly FieldValue[],
  deltas: readonly FieldValue[],
  counts: FieldValue | undefined,
): Map<number, number> {
  const values =
    counts === undefined
      ? deltas.flatMap((packed) => [...new Fields(bytesOf(packed)).packed()].map(zigzag))
      : doublesOf(counts)
  const buckets = new Map<number, number>()
  let index = 0
  let next = 0
  let before = 0
  for (const span of spans) {
    let offset = 0
    let length = 0
    for (const [field, value] of new Fields(bytesOf(span))) {
      if (field === 1) offset = zigzag(value)
      else if (field === 2) length = Number(value)
    }
    index += offset
    for (let each = 0; each < length; each++) {
      const value = values[next++]
      if (value === undefined) throw new Error('the spans have more buckets than there are counts')
      before = counts === undefined ? before + value : value
      buckets.set(index++, before)
    }
  }
  if (next !== values.length) throw new Error('the spans have fewer buckets than there are counts')
  return buckets
}

function doublesOf(value: FieldValue | undefined): number[] {
  if (value === undefined) return []
  const bytes = Buffer.from(bytesOf(value))
  return Array.from({ length: bytes.length / 8 }, (_, index) => bytes.readDoubleLE(index * 8))
}

type FieldValue = bigint | Uint8Array | number

function bytesOf(value: FieldValue): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Error('expected bytes')
  return value
}

function textOf(value: FieldValue): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytesOf(value))
}

function doubleOf(value: FieldValue | undefined): number {
  return value === undefined ? 0 : Buffer.from(bytesOf(value)).readDoubleLE()
}

function signed(value: FieldValue): number {
  return Number(BigInt.asIntN(64, value as bigint))
}

function zigzag(value: FieldValue): number {
  const coded = value as bigint
  return Number((coded >> 1n) ^ -(coded & 1n))
}

/** The fields of a message of protobuf: varints as bigints, all else as bytes. */
class Fields {
  readonly #bytes: Uint8Array
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  *[Symbol.iterator](): Generator<readonly [field: number, value: FieldValue]> {
    while (this.at < this.#bytes.length) {
      const tag = Number(this.varint())
      yield [tag >> 3, this.#value(tag & 7)]
    }
  }

  *packed(): Generator<bigint> {
    while (this.at < this.#bytes.length) yield this.varint()
  }

  varint(): bigint {
    // As two numbers, of the lower 49 bits and of the others.
    let low = 0
    let high = 0
    for (let count = 0; count < 10; count++) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) break
      if (count < 7) low += (byte & 127) * 2 ** (7 * count)
      else high += (byte & 127) * 2 ** (7 * (count - 7))
      if (byte < 128) return (BigInt(high) << 49n) + BigInt(low)
    }
    throw new Error('a varint does not end')
  }

  #value(wireType: number): FieldValue {
    if (wireType === 0) return this.varint()
    const length =
      wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === 2 ? Number(this.varint()) : Number.NaN
    const end = this.at + length
    if (!(end <= this.#bytes.length)) throw new Error(`a field of wire type ${wireType} does not end`)
    const value = this.#bytes.subarray(this.at, end)
    this.at = end
    return value
  }
}
