/** A native histogram as a test writes it. Counts of buckets are absolute, by the index of the bucket. */
export interface WrittenHistogram {
  readonly time: number
  readonly startTime?: number
  readonly sum: number | 'stale'
  readonly schema?: number
  readonly zeroThreshold?: number
  readonly zeroCount?: number | bigint
  readonly positive?: Readonly<Record<number, number | bigint>>
  readonly negative?: Readonly<Record<number, number | bigint>>
  readonly customValues?: readonly number[]
  readonly resetHint?: number
  /** Counts with fractions. */
  readonly float?: boolean
  /** That of all buckets unless given. */
  readonly count?: number | bigint
}

/** A series as a test writes it. */
export interface WrittenSeries {
  /** Name, value, name, value. */
  readonly labels: readonly string[]
  readonly samples?: readonly {
    readonly value: number | 'stale'
    readonly time: number
    readonly startTime?: number
  }[]
  readonly histograms?: readonly WrittenHistogram[]
  readonly exemplars?: readonly {
    readonly labels: readonly string[]
    readonly value: number
    readonly time: number
  }[]
  /** In version 2.0. */
  readonly metadata?: { readonly type: number; readonly help?: string; readonly unit?: string }
}

/** A request as a test writes it. */
export interface WrittenRequest {
  readonly series?: readonly WrittenSeries[]
  /** In version 1.0. */
  readonly metadata?: readonly {
    readonly family: string
    readonly type: number
    readonly help?: string
    readonly unit?: string
  }[]
}

/**
 * Writes a request of remote write, plainly and independently of the code under test, from the definitions of the messages
 * (prometheus/prompb/{remote,types}.proto, io/prometheus/write/v2/types.proto).
 */
export function writeRequest({ series = [], metadata = [] }: WrittenRequest, version: 1 | 2): Buffer {
  if (version === 2) {
    const symbols = new Map([['', 0]])
    const written = series.map((each) => bytes(5, writeSeries2(each, symbols)))
    return Buffer.concat([...[...symbols.keys()].map((symbol) => bytes(4, Buffer.from(symbol))), ...written])
  }
  return Buffer.concat([
    ...series.map((each) => bytes(1, writeSeries1(each))),
    ...metadata.map(({ type, family, help = '', unit = '' }) =>
      bytes(3, Buffer.concat([whole(1, type), text(2, family), text(4, help), text(5, unit)])),
    ),
  ])
}

function writeSeries1({ labels, samples = [], exemplars = [], histograms = [] }: WrittenSeries): Buffer {
  return Buffer.concat([
    ...writeLabels(labels),
    ...samples.map(({ value, time }) => bytes(2, Buffer.concat([double(1, value), whole(2, time)]))),
    ...exemplars.map((each) =>
      bytes(3, Buffer.concat([...writeLabels(each.labels), double(2, each.value), whole(3, each.time)])),
    ),
    ...histograms.map((each) => bytes(4, writeHistogram(each))),
  ])
}

function writeSeries2(series: WrittenSeries, symbols: Map<string, number>): Buffer {
  const { labels, samples = [], exemplars = [], histograms = [], metadata } = series
  return Buffer.concat([
    bytes(1, references(labels, symbols)),
    ...samples.map(({ value, time, startTime = 0 }) =>
      bytes(2, Buffer.concat([double(1, value), whole(2, time), whole(3, startTime)])),
    ),
    ...histograms.map((each) => bytes(3, writeHistogram(each))),
    ...exemplars.map((each) =>
      bytes(
        4,
        Buffer.concat([
          bytes(1, references(each.labels, symbols)),
          double(2, each.value),
          whole(3, each.time),
        ]),
      ),
    ),
    ...(metadata === undefined
      ? []
      : [
          bytes(
            5,
            Buffer.concat([
              whole(1, metadata.type),
              whole(3, symbolOf(metadata.help ?? '', symbols)),
              whole(4, symbolOf(metadata.unit ?? '', symbols)),
            ]),
          ),
        ]),
  ])
}

function writeHistogram(histogram: WrittenHistogram): Buffer {
  const { positive = {}, negative = {}, zeroCount = 0, float = false, sum } = histogram
  const buckets = [...Object.values(positive), ...Object.values(negative), zeroCount]
  const total = float
    ? buckets.reduce<number>((all, each) => all + Number(each), 0)
    : buckets.reduce<bigint>((all, each) => all + BigInt(each), 0n)
  const count = histogram.count ?? total
  return Buffer.concat([
    float ? double(2, Number(count)) : varintField(1, BigInt(count)),
    double(3, sum),
    zigzag(4, histogram.schema ?? 0),
    double(5, histogram.zeroThreshold ?? 0),
    float ? double(7, Number(zeroCount)) : varintField(6, BigInt(zeroCount)),
    writeBuckets(negative, 8, float),
    writeBuckets(positive, 11, float),
    whole(14, histogram.resetHint ?? 0),
    whole(15, histogram.time),
    ...(histogram.customValues === undefined ? [] : [bytes(16, doubles(histogram.customValues))]),
    whole(17, histogram.startTime ?? 0),
  ])
}

function writeBuckets(
  buckets: Readonly<Record<number, number | bigint>>,
  field: number,
  float: boolean,
): Buffer {
  const entries = Object.entries(buckets)
    .map(([index, count]): [number, number | bigint] => [Number(index), count])
    .toSorted(([a], [b]) => a - b)
  const spans: { offset: number; length: number }[] = []
  let next = 0
  for (const [index] of entries) {
    const last = spans.at(-1)
    if (last !== undefined && index === next) last.length++
    else spans.push({ offset: index - next, length: 1 })
    next = index + 1
  }
  const written = spans.map(({ offset, length }) =>
    bytes(field, Buffer.concat([zigzag(1, offset), whole(2, length)])),
  )
  if (entries.length === 0) return Buffer.concat(written)
  if (float) {
    const counts = doubles(entries.map(([, count]) => Number(count)))
    return Buffer.concat([...written, bytes(field + 2, counts)])
  }
  let before = 0n
  const deltas = entries.map(([, count]) => {
    const delta = BigInt(count) - before
    before = BigInt(count)
    return varint(zigzagged(delta))
  })
  return Buffer.concat([...written, bytes(field + 1, Buffer.concat(deltas))])
}

function writeLabels(labels: readonly string[]): Buffer[] {
  const written: Buffer[] = []
  for (let index = 0; index < labels.length; index += 2)
    written.push(bytes(1, Buffer.concat([text(1, labels[index] ?? ''), text(2, labels[index + 1] ?? '')])))
  return written
}

function references(labels: readonly string[], symbols: Map<string, number>): Buffer {
  return Buffer.concat(labels.map((label) => varint(BigInt(symbolOf(label, symbols)))))
}

function symbolOf(symbol: string, symbols: Map<string, number>): number {
  const known = symbols.get(symbol) ?? symbols.size
  symbols.set(symbol, known)
  return known
}

function text(field: number, content: string): Buffer {
  return content === '' ? Buffer.alloc(0) : bytes(field, Buffer.from(content))
}

function bytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(field * 8 + 2)), varint(BigInt(content.length)), content])
}

/** Left out where it is 0, as protobuf has it. */
function whole(field: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : varintField(field, BigInt(value))
}

function varintField(field: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(field * 8)), varint(BigInt.asUintN(64, value))])
}

function zigzag(field: number, value: number): Buffer {
  return varintField(field, zigzagged(BigInt(value)))
}

function zigzagged(value: bigint): bigint {
  return value < 0n ? -2n * value - 1n : 2n * value
}

/** The staleness marker has bits that no number of JavaScript keeps. */
function double(field: number, value: number | 'stale'): Buffer {
  const content = value === 'stale' ? Buffer.from('020000000000f07f', 'hex') : doubles([value])
  return Buffer.concat([varint(BigInt(field * 8 + 1)), content])
}

function doubles(values: readonly number[]): Buffer {
  const content = Buffer.alloc(values.length * 8)
  for (const [index, value] of values.entries()) content.writeDoubleLE(value, index * 8)
  return content
}

function varint(value: bigint): Buffer {
  const written: number[] = []
  let rest = value
  for (; rest > 127n; rest >>= 7n) written.push(Number(rest & 127n) | 128)
  written.push(Number(rest))
  return Buffer.from(written)
}
