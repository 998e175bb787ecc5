import type { Exemplar } from '#src/model/batch.ts'
import { longer } from '../byte-table.ts'
import { remoteExemplars } from '../exemplars.ts'
import { MessageWriter } from '../message-writer.ts'
import { encodeHistogram, type NativeHistogram } from '../native-histogram.ts'
import type { SeriesExtras, SeriesWriter } from '../series-writer.ts'
import { SnappyStream } from '../snappy-stream.ts'
import { writeStaleMarker, writeValue } from '../value-bits.ts'
import { varintLength, writeInt64, writeVarint } from '../varint.ts'
import type { LabelTable } from './label-table.ts'

const seriesTag = 0x0a
const sampleTag = 0x12
const doubleTag = 0x09
const timeTag = 0x10

/** Bytes of a sample before its value, its value, and its timestamp at most. */
const sampleBytes = 3 + 8 + 11

/**
 * Writes time series of remote write 1.0 (field 1 of a WriteRequest), at once in the block format of snappy: labels are
 * interned, so it is known where one was written last, and nothing is searched (0.3 s per million series, where compressing the
 * protobuf takes 0.65). What follows a value (its timestamp, the head of the next series) is repeated where it is the same.
 *
 * (Remote write 1.0: prometheus.io/docs/specs/prw/remote_write_spec.)
 */
export class LabelSeriesWriter implements SeriesWriter {
  readonly dictionary: LabelTable
  /** Version 1.0 sends metadata in messages of their own. */
  readonly describe = undefined
  holes: Int32Array<ArrayBuffer> = new Int32Array(512)
  series = 0
  timestampAt = -1
  readonly #stream = new SnappyStream()
  /** What is added to positions that are kept as marks, so that older marks need not be removed. */
  #base = 1
  /** Of the series before: where its head is, decompressed, and how long what follows it is; where its sample is. */
  #headAt = -1
  #bodyBefore = 0
  #sampleAt = -1
  readonly #time = Buffer.alloc(10)
  #timeLength = 0
  #lastTime = Number.NaN
  /** Where this time was written last; -1 where it was not. */
  #timeAt = -1

  constructor(labels: LabelTable) {
    this.dictionary = labels
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

  begin(): void {
    this.#base += this.#stream.raw
    if (this.#base > 1_500_000_000) {
      this.dictionary.marks.fill(0)
      this.#base = 1
    }
    this.#stream.begin()
    this.series = 0
    this.timestampAt = -1
    this.#headAt = -1
    this.#sampleAt = -1
    this.#lastTime = Number.NaN
    this.#timeAt = -1
  }

  sample(
    labels: Int32Array,
    count: number,
    value: number | undefined,
    time: number,
    { exemplars }: SeriesExtras,
  ): void {
    const more = exemplars === undefined ? undefined : encodeExemplars(exemplars, time)
    if (time !== this.#lastTime) this.#setTime(time)
    this.#writeLabels(labels, count, 12 + this.#timeLength + (more?.length ?? 0))
    this.#writeValue(value)
    this.#writeTime()
    if (more !== undefined) this.#stream.append(more, 0, more.length)
  }

  histogram(
    labels: Int32Array,
    count: number,
    histogram: NativeHistogram | undefined,
    time: number,
    { exemplars }: SeriesExtras,
  ): void {
    const fields = new MessageWriter()
    fields.bytes(4, encodeHistogram(histogram, time, 0))
    const message = fields.take()
    const more = exemplars === undefined ? undefined : encodeExemplars(exemplars, time)
    this.#writeLabels(labels, count, message.length + (more?.length ?? 0))
    this.#stream.append(message, 0, message.length)
    if (more !== undefined) this.#stream.append(more, 0, more.length)
    this.#sampleAt = -1
    this.series++
    this.timestampAt = -1
  }

  finish(): void {
    this.#stream.finish()
  }

  #setTime(time: number): void {
    this.#lastTime = time
    this.#timeLength = writeInt64(this.#time, time, 0)
    this.#timeAt = -1
    this.#sampleAt = -1
  }

  /** Writes tag, length and labels of a series, of which so many bytes follow. */
  #writeLabels(labels: Int32Array, count: number, rest: number): void {
    const stream = this.#stream
    const { marks, pieces } = this.dictionary
    const { offsets, lengths, bytes } = pieces
    let body = rest
    for (let index = 0; index < count; index++) body += lengths[labels[index] ?? 0] ?? 0
    stream.reserve(body + sampleBytes)
    this.#writeHead(body)
    const base = this.#base
    for (let index = 0; index < count; index++) {
      const label = labels[index] ?? 0
      const length = lengths[label] ?? 0
      const mark = (marks[label] ?? 0) - base
      marks[label] = base + stream.raw
      if (mark >= 0) stream.repeat(mark, length)
      else stream.append(bytes, offsets[label] ?? 0, length)
    }
  }

  #writeHead(body: number): void {
    const stream = this.#stream
    const before = this.#headAt
    this.#headAt = stream.raw
    if (body === this.#bodyBefore && stream.goesOnAt(before)) stream.repeat(before, 1 + varintLength(body))
    else {
      const at = stream.take(1 + varintLength(body))
      stream.bytes[at] = seriesTag
      writeVarint(stream.bytes, body, at + 1)
    }
    this.#bodyBefore = body
  }

  /** Writes the sample up to its value. */
  #writeValue(value: number | undefined): void {
    const stream = this.#stream
    const before = this.#sampleAt
    this.#sampleAt = stream.raw
    let at: number
    if (before >= 0 && stream.goesOnAt(before)) {
      stream.repeat(before, 3)
      at = stream.takeFixed(8)
    } else {
      at = stream.takeFixed(11) + 3
      stream.bytes[at - 3] = sampleTag
      stream.bytes[at - 2] = 10 + this.#timeLength
      stream.bytes[at - 1] = doubleTag
    }
    if (this.series >= this.holes.length) this.holes = longer(this.holes, this.series + 1)
    this.holes[this.series++] = at
    if (value === undefined) writeStaleMarker(stream.view, at)
    else writeValue(stream.view, at, value)
  }

  #writeTime(): void {
    const stream = this.#stream
    const length = this.#timeLength
    const before = this.#timeAt
    this.#timeAt = stream.raw
    if (before >= 0) {
      stream.repeat(before, 1 + length)
      return
    }
    const at = stream.takeFixed(1 + length)
    stream.bytes[at] = timeTag
    for (let index = 0; index < length; index++) stream.bytes[at + 1 + index] = this.#time[index] ?? 0
    this.timestampAt = this.series === 1 ? at + 1 : -1
  }
}

/** Writes exemplars as field 3 of a time series. */
function encodeExemplars(exemplars: readonly Exemplar[], sampleTime: number): Buffer {
  const fields = new MessageWriter()
  for (const { labels, value, time } of remoteExemplars(exemplars, sampleTime)) {
    const message = new MessageWriter()
    for (const [name, text] of labels) message.bytes(1, encodeLabel(name, text))
    message.double(2, value)
    message.int64(3, time)
    fields.bytes(3, message.take())
  }
  return fields.take()
}

function encodeLabel(name: string, value: string): Buffer {
  const label = new MessageWriter()
  label.bytes(1, name)
  label.bytes(2, value)
  return label.take()
}
