import type { Exemplar } from '#src/model/batch.ts'
import type { Metric } from '#src/model/series.ts'
import { longer } from '../byte-table.ts'
import { remoteExemplars } from '../exemplars.ts'
import { MessageWriter } from '../message-writer.ts'
import { encodeHistogram, type NativeHistogram } from '../native-histogram.ts'
import type { SeriesExtras, SeriesMetadata, SeriesWriter } from '../series-writer.ts'
import { writeCopy, writeLiteral } from '../snappy.ts'
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
  bytes: Buffer = Buffer.allocUnsafeSlow(1 << 16)
  end = 0
  raw = 0
  holes: Int32Array<ArrayBuffer> = new Int32Array(512)
  series = 0
  timestampAt = -1
  readonly #describes: boolean
  #symbols: RequestSymbols | undefined
  readonly #references: LabelReferences
  /** Where the references of the series before end, decompressed; -1 before the first. */
  #referencesEnd = -1
  /** What stands before and behind the references of a series, before it is cut into literals and copies. */
  readonly #head = Buffer.allocUnsafeSlow(16)
  readonly #tail = Buffer.allocUnsafeSlow(frameBytes)
  readonly #tailView = new DataView(this.#tail.buffer)
  /** What is added to positions that are kept as marks. */
  #base = 1
  #lastTime = Number.NaN
  /** Where the timestamp before was written, decompressed; -1 before the first. */
  #timeRaw = -1

  /** @param describes whether type, help and unit of its metric are said of each series */
  constructor(symbols: SymbolTable, describes: boolean) {
    this.dictionary = symbols
    this.#describes = describes
    this.#references = new LabelReferences(symbols)
  }

  describe(metric: Metric): SeriesMetadata | undefined {
    return this.#describes ? new SymbolMetadata(metric, this.dictionary) : undefined
  }

  begin(symbols: RequestSymbols | undefined): void {
    this.#symbols = symbols
    this.#base += this.raw + 1
    this.end = 0
    this.raw = 0
    this.series = 0
    this.timestampAt = -1
    this.#references.begin(symbols)
    this.#referencesEnd = -1
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
    // The tag of the sample up to its value.
    const tail = this.#tail
    tail[0] = sampleTag
    tail[1] = sampleLength
    tail[2] = doubleTag
    if (value === undefined) writeStaleMarker(this.#tailView, 3)
    else writeValue(this.#tailView, 3, value)
    this.#literal(tail, 0, 11)
    if (this.series >= this.holes.length) this.holes = longer(this.holes, this.series + 1)
    this.holes[this.series++] = this.end - 8
    const at = this.raw
    if (isRepeated) this.#copy(mark, 1 + timeLength + startLength + told)
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
    if (more !== undefined) this.#literal(more, 0, more.length)
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
    this.#literal(body, 0, body.length)
    if (more !== undefined) this.#literal(more, 0, more.length)
    if (known !== undefined) {
      this.#writeMetadata(known)
      known.mark = 0
    }
    this.series++
    this.timestampAt = -1
  }

  /** Writes tag, length and references of a series, of which so many bytes follow. */
  #writeLabels(labels: Int32Array, count: number, rest: number): void {
    const references = this.#references
    references.take(labels, count)
    const { length, bytes } = references
    const body = 1 + varintLength(length) + length + rest
    this.#reserve(body + frameBytes)
    const head = this.#head
    head[0] = seriesTag
    let at = writeVarint(head, body, 1)
    head[at] = 0x0a
    at = writeVarint(head, length, at + 1)
    const before = this.#referencesEnd
    const first = before >= 0 && references.sameFirst >= leastCopy ? references.sameFirst : 0
    const last = before >= 0 && references.sameLast >= leastCopy ? references.sameLast : 0
    this.#literal(head, 0, at)
    if (first > 0) this.#copy(before - references.lengthBefore, first)
    this.#literal(bytes, first, length - last)
    if (last > 0) this.#copy(before - last, last)
    this.#referencesEnd = this.raw
  }

  #writeTime(time: number, timeLength: number, start: number): void {
    if (time === this.#lastTime && this.#timeRaw >= 0) this.#copy(this.#timeRaw, 1 + timeLength)
    else {
      this.#tail[0] = timeTag
      this.#literal(this.#tail, 0, writeInt64(this.#tail, time, 1))
      this.timestampAt = this.series === 1 ? this.end - timeLength : -1
    }
    if (start === 0) return
    this.#tail[0] = startTag
    this.#literal(this.#tail, 0, writeVarint(this.#tail, start, 1))
  }

  /** Finds where help and unit are in the table of symbols. @returns the length of the field */
  #locate(metadata: SymbolMetadata): number {
    const symbols = this.#symbols
    metadata.locate(symbols?.indexOf(metadata.help) ?? 0, symbols?.indexOf(metadata.unit) ?? 0)
    return metadata.length
  }

  #writeMetadata(metadata: SymbolMetadata): void {
    const tail = this.#tail
    this.#literal(tail, 0, metadata.write(tail))
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

  #literal(from: Buffer, start: number, end: number): void {
    if (end === start) return
    this.end = writeLiteral(this.bytes, this.end, from, start, end - start)
    this.raw += end - start
  }

  /** Writes so many bytes that are at a position already. */
  #copy(from: number, length: number): void {
    this.end = writeCopy(this.bytes, this.end, this.raw - from, length)
    this.raw += length
  }

  /** Makes room for so many bytes, however they are cut into literals and copies. */
  #reserve(length: number): void {
    const needed = this.end + length + (length >> 3) + 64
    if (needed <= this.bytes.length) return
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(bytes, 0, 0, this.end)
    this.bytes = bytes
  }
}
