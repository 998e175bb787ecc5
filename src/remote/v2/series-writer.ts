import type { Exemplar } from '#src/model/batch.ts'
import { longer } from '../byte-table.ts'
import { remoteExemplars } from '../exemplars.ts'
import { MessageWriter } from '../message-writer.ts'
import { encodeHistogram, type NativeHistogram } from '../native-histogram.ts'
import type { SeriesExtras, SeriesWriter } from '../series-writer.ts'
import { SnappyStream } from '../snappy-stream.ts'
import { writeStaleMarker, writeValue } from '../value-bits.ts'
import { varintLength, writeInt64, writeVarint } from '../varint.ts'
import { LabelReferences } from './label-references.ts'
import type { RequestSymbols } from './request-symbols.ts'
import { SymbolMetadata } from './series-metadata.ts'
import type { SymbolTable } from './symbol-table.ts'

const seriesTag = 0x2a
const sampleTag = 0x12
const doubleTag = 0x09
const timeTag = 0x10
const startTag = 0x18

/** What is shorter is no copy: one takes up to three bytes, and ends a literal. */
const leastCopy = 5

/** Bytes of what a message has beside labels, metadata and exemplars: lengths, and a sample with a start time. */
const frameBytes = 64

/**
 * Writes time series of remote write 2.0 (field 5 of a Request). Labels are references into the request's table of symbols;
 * those that the series before has too are copied, and so is what follows the value (timestamp, start time, metadata) from
 * the last series of the same metric.
 *
 * (Remote write 2.0: prometheus.io/docs/specs/prw/remote_write_spec_2_0.)
 */
export class SymbolSeriesWriter implements SeriesWriter {
  readonly dictionary: SymbolTable
  holes: Int32Array<ArrayBuffer> = new Int32Array(512)
  series = 0
  timestampAt = -1
  readonly #stream = new SnappyStream()
  readonly describe: SeriesWriter['describe']
  #symbols: RequestSymbols | undefined
  readonly #references: LabelReferences
  /** Where the references of the series before end, decompressed; -1 before the first. */
  #referencesEnd = -1
  /** Where the head of the series before is, decompressed, and how long what follows it is. */
  #headAt = -1
  #bodyBefore = 0
  /** The metadata of a series, on its way. */
  readonly #told = Buffer.allocUnsafeSlow(frameBytes)
  /** What is added to positions that are kept as marks. */
  #base = 1
  #lastTime = Number.NaN
  /** Where the timestamp before was written, decompressed; -1 before the first. */
  #timeRaw = -1

  /** @param describes whether type, help and unit of its metric are said of each series */
  constructor(symbols: SymbolTable, describes: boolean) {
    this.dictionary = symbols
    this.describe = describes ? (metric) => new SymbolMetadata(metric, symbols) : undefined
    this.#references = new LabelReferences(symbols)
  }

  get bytes(): Buffer {
    return this.#stream.bytes
  }

  get end(): number {
    return this.#stream.end
  }

  get raw(): number {
    return this.#stream.raw
  }

  begin(symbols: RequestSymbols | undefined): void {
    this.#symbols = symbols
    this.#base += this.#stream.raw + 1
    this.#stream.begin()
    this.series = 0
    this.timestampAt = -1
    this.#references.begin(symbols)
    this.#referencesEnd = -1
    this.#headAt = -1
    this.#lastTime = Number.NaN
    this.#timeRaw = -1
  }

  sample(
    labels: Int32Array,
    count: number,
    value: number | undefined,
    time: number,
    { startTime, metadata, exemplars }: SeriesExtras,
  ): void {
    const start = startTime > 0 && startTime <= time ? Math.floor(startTime) : 0
    const known = metadata instanceof SymbolMetadata ? metadata : undefined
    const more = exemplars === undefined ? undefined : this.#encodeExemplars(exemplars, time)
    const mark = (known?.mark ?? 0) - this.#base
    const isRepeated = known !== undefined && mark >= 0 && known.saysTheSame(time, start)
    const told = known === undefined ? 0 : isRepeated ? known.length : this.#locate(known)
    const timeLength = time >= 0 ? varintLength(time) : 10
    const startLength = start === 0 ? 0 : 1 + varintLength(start)
    const sampleLength = 10 + timeLength + startLength
    this.#writeLabels(labels, count, 2 + sampleLength + told + (more?.length ?? 0))
    const stream = this.#stream
    const valueAt = stream.takeFixed(11) + 3
    stream.bytes[valueAt - 3] = sampleTag
    stream.bytes[valueAt - 2] = sampleLength
    stream.bytes[valueAt - 1] = doubleTag
    if (value === undefined) writeStaleMarker(stream.view, valueAt)
    else writeValue(stream.view, valueAt, value)
    if (this.series >= this.holes.length) this.holes = longer(this.holes, this.series + 1)
    this.holes[this.series++] = valueAt
    const at = stream.raw
    if (isRepeated) stream.repeat(mark, 1 + timeLength + startLength + told)
    else {
      this.#writeTime(time, timeLength, start)
      if (known !== undefined) this.#writeMetadata(known)
    }
    if (known !== undefined) {
      known.mark = this.#base + at
      known.remember(time, start)
    }
    this.#lastTime = time
    this.#timeRaw = at
    if (more !== undefined) stream.append(more, 0, more.length)
  }

  histogram(
    labels: Int32Array,
    count: number,
    histogram: NativeHistogram | undefined,
    time: number,
    { startTime, metadata, exemplars }: SeriesExtras,
  ): void {
    const start = startTime > 0 && startTime <= time ? Math.floor(startTime) : 0
    const known = metadata instanceof SymbolMetadata ? metadata : undefined
    const fields = new MessageWriter()
    fields.bytes(3, encodeHistogram(histogram, time, start))
    const body = fields.take()
    const more = exemplars === undefined ? undefined : this.#encodeExemplars(exemplars, time)
    const told = known === undefined ? 0 : this.#locate(known)
    this.#writeLabels(labels, count, body.length + told + (more?.length ?? 0))
    this.#stream.append(body, 0, body.length)
    if (more !== undefined) this.#stream.append(more, 0, more.length)
    if (known !== undefined) {
      this.#writeMetadata(known)
      known.mark = 0
    }
    this.series++
    this.timestampAt = -1
  }

  finish(): void {
    this.#stream.finish()
  }

  /** Writes tag, length and references of a series, of which so many bytes follow. */
  #writeLabels(labels: Int32Array, count: number, rest: number): void {
    const references = this.#references
    const stream = this.#stream
    references.take(labels, count)
    const { length, bytes } = references
    stream.reserve(length + rest + frameBytes)
    this.#writeHead(length, rest)
    const before = this.#referencesEnd
    const beginning = before - references.lengthBefore
    const isLong = references.sameFirst >= leastCopy || stream.goesOnAt(beginning)
    const first = before >= 0 && isLong ? references.sameFirst : 0
    const last = before >= 0 && references.sameLast >= leastCopy ? references.sameLast : 0
    if (first > 0) stream.repeat(beginning, first)
    if (length > first + last) stream.append(bytes, first, length - last - first)
    if (last > 0) stream.repeat(before - last, last)
    this.#referencesEnd = stream.raw
  }

  #writeHead(length: number, rest: number): void {
    const stream = this.#stream
    const body = 1 + varintLength(length) + length + rest
    const size = 2 + varintLength(body) + varintLength(length)
    const before = this.#headAt
    this.#headAt = stream.raw
    const isSame = body === this.#bodyBefore && length === this.#references.lengthBefore
    this.#bodyBefore = body
    if (isSame && stream.goesOnAt(before)) {
      stream.repeat(before, size)
      return
    }
    const start = stream.take(size)
    stream.bytes[start] = seriesTag
    const at = writeVarint(stream.bytes, body, start + 1)
    stream.bytes[at] = 0x0a
    writeVarint(stream.bytes, length, at + 1)
  }

  #writeTime(time: number, timeLength: number, start: number): void {
    const stream = this.#stream
    if (time === this.#lastTime && this.#timeRaw >= 0) stream.repeat(this.#timeRaw, 1 + timeLength)
    else {
      const at = stream.takeFixed(1 + timeLength)
      stream.bytes[at] = timeTag
      writeInt64(stream.bytes, time, at + 1)
      this.timestampAt = this.series === 1 ? at + 1 : -1
    }
    if (start === 0) return
    const at = stream.take(1 + varintLength(start))
    stream.bytes[at] = startTag
    writeVarint(stream.bytes, start, at + 1)
  }

  /** Finds where help and unit are in the table of symbols. @returns the length of the field */
  #locate(metadata: SymbolMetadata): number {
    const symbols = this.#symbols
    metadata.locate(symbols?.indexOf(metadata.help) ?? 0, symbols?.indexOf(metadata.unit) ?? 0)
    return metadata.length
  }

  #writeMetadata(metadata: SymbolMetadata): void {
    this.#stream.append(this.#told, 0, metadata.write(this.#told))
  }

  #encodeExemplars(exemplars: readonly Exemplar[], sampleTime: number): Buffer {
    const fields = new MessageWriter()
    for (const { labels, value, time } of remoteExemplars(exemplars, sampleTime)) {
      const message = new MessageWriter()
      message.packedVarints(
        1,
        labels.flat().map((text) => this.#symbols?.indexOfText(text) ?? 0),
      )
      message.double(2, value)
      message.int64(3, time)
      fields.bytes(4, message.take())
    }
    return fields.take()
  }
}
