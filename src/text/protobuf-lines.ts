import { excerpt, ExpositionError, LineMistake } from './exposition-error.ts'
import type { FamilyType, MetadataKind } from './exposed-families.ts'
import { LineBuffer } from './line-buffer.ts'
import { nativePoint, type ResolutionLimits } from './native-histogram.ts'
import { formatFloatBound } from './number-text.ts'
import {
  isNative,
  readFamily,
  readHistogram,
  readLabel,
  readSingle,
  readSummary,
  type BoundValue,
  type FamilyMessage,
  type HistogramMessage,
  type Range,
} from './protobuf-family.ts'
import { ProtobufMessage } from './protobuf-message.ts'
import type { SampleDetails } from './exposed-series.ts'
import { nativeSeparator, type ScrapeRows } from './scrape-rows.ts'
import { decodeText, isLabelName, metricNameEnd } from './text-tokens.ts'

/** How protobuf bodies are read. */
export interface ProtobufOptions {
  readonly honorTimestamps: boolean
  /** Whether histograms that have native buckets are read as those; by default, by their classic buckets. */
  readonly nativeHistograms?: boolean
  /** Whether classic buckets are read beside native ones; by default not. */
  readonly classicHistograms?: boolean
  /** How fine native histograms may be. */
  readonly resolution?: ResolutionLimits
}

const newline = 0x0a
const space = 0x20
const quote = 0x22
const comma = 0x2c
const equals = 0x3d
const braceOpen = 0x7b
const braceClose = 0x7d

/** How many bounds are kept as text. */
const mostBounds = 4096

/** The words behind TYPE. */
const typeWords: Partial<Record<FamilyType, string>> = { unknown: 'untyped' }

/** The field of `Metric` that each type of family has its value in. */
const valueField: Partial<Record<FamilyType, number>> = {
  gauge: 2,
  counter: 3,
  summary: 4,
  unknown: 5,
  histogram: 7,
  gaugehistogram: 7,
}

/** A bucket, quantile or single value without more to say. */
interface PartDetails extends SampleDetails {
  readonly native?: boolean
}

/**
 * Turns the families of protobuf into samples of a target's rows. Each is written as the line that the text format has for
 * it, without its value, and goes the way of lines from there; so a series is the same in all formats.
 */
export class FamilyReader {
  readonly #rows: ScrapeRows
  readonly #options: ProtobufOptions
  readonly #message = new ProtobufMessage()
  readonly #line = new LineBuffer()
  /** The labels of the metric at hand, as a line has them between its braces. */
  readonly #labels = new LineBuffer()
  readonly #bounds = new Map<number, string>()
  #family: FamilyMessage = readFamily(this.#message)
  /** Where the metric at hand begins. */
  #metricAt = 0
  /** Whether the family's name stands before the braces, not quoted in them. */
  #plainName = true

  constructor(rows: ScrapeRows, options: ProtobufOptions) {
    this.#rows = rows
    this.#options = options
  }

  /**
   * Reads a family that lies between two positions.
   *
   * @throws LineMistake
   */
  read(bytes: Buffer, view: DataView, from: number, to: number): void {
    const message = this.#message
    message.begin(bytes, view, from, to)
    const family = readFamily(message)
    const { name, help, unit, type, metrics } = family
    if (name.to === name.from) throw new LineMistake('expected a family with a name', from)
    if (type === undefined) throw new LineMistake('expected a type that is known', from)
    this.#family = family
    this.#plainName = isPlain(bytes, name)
    this.#tell('TYPE', undefined, type)
    if (help !== undefined) this.#tell('HELP', help, 'unknown')
    if (unit !== undefined) this.#tell('UNIT', unit, 'unknown')
    for (const metric of metrics) {
      message.visit(metric.from, metric.to)
      this.#metric(type, metric)
    }
  }

  /** Tells what is said of the family, as a line of metadata. */
  #tell(kind: MetadataKind, text: Range | undefined, type: FamilyType): void {
    const line = this.#line
    const { buffer } = this.#message
    const { name } = this.#family
    line.clear()
    line.ascii(`# ${kind} `)
    line.raw(buffer, name.from, name.to)
    line.byte(space)
    if (text === undefined) line.ascii(typeWords[type] ?? type)
    else line.escaped(buffer, text.from, text.to)
    line.byte(newline)
    if (this.#rows.knowsMetadata(line.view, 0, line.length)) return
    const family = decodeText(buffer, name.from, name.to, 'nothing')
    const said = text === undefined ? '' : decodeText(buffer, text.from, text.to, 'nothing')
    this.#rows.addMetadata({ kind, family, text: said, type }, line.bytes, line.view, 0, line.length)
  }

  #metric(type: FamilyType, { from }: Range): void {
    const message = this.#message
    this.#metricAt = from
    const wanted = valueField[type]
    let value: Range | undefined
    let time = Number.NaN
    this.#labels.clear()
    for (let field = message.next(); field !== 0; field = message.next()) {
      if (field === 1) this.#addLabel()
      else if (field === 6) time = message.signed()
      else if (field === wanted) value = message.bytes()
      else message.skip()
    }
    if (value === undefined) throw new LineMistake(`expected the value of a ${type}`, from)
    message.visit(value.from, value.to)
    this.#value(type, this.#options.honorTimestamps ? time : Number.NaN)
  }

  #value(type: FamilyType, time: number): void {
    if (type === 'histogram' || type === 'gaugehistogram') {
      this.#histogram(readHistogram(this.#message), time)
    } else if (type === 'summary') {
      const { count, sum, startTime, quantiles } = readSummary(this.#message)
      this.#parts('', 'quantile', quantiles, { time, startTime })
      this.#sample('_sum', sum, { time, startTime })
      this.#sample('_count', Number(count), { time, startTime })
    } else {
      const { value, stale, exemplar, startTime } = readSingle(this.#message)
      this.#sample('', value, { time, startTime, stale, exemplars: exemplar === undefined ? [] : [exemplar] })
    }
  }

  #histogram(histogram: HistogramMessage, time: number): void {
    const { nativeHistograms = false, classicHistograms = false } = this.#options
    const native = nativeHistograms && isNative(histogram)
    const { startTime, stale } = histogram
    if (native) {
      const details = { time, startTime, native: true, exemplars: nativeExemplars(histogram) }
      this.#sample('', Number.NaN, {
        ...details,
        ...(stale ? { stale } : { point: pointOf(histogram, this.#metricAt, this.#options.resolution) }),
      })
    }
    if (native && !classicHistograms) return
    const { count, floatCount, sum, buckets } = histogram
    const total = floatCount > 0 ? floatCount : count
    // Of one that has native buckets the classic ones stay what they are.
    this.#rows.assembles = !native
    this.#parts('_bucket', 'le', buckets, { time, startTime })
    if (!buckets.some(({ bound }) => bound === Infinity)) {
      this.#part('_bucket', 'le', { bound: Infinity, value: total, exemplar: undefined }, { time, startTime })
    }
    this.#sample('_sum', sum, { time, startTime, stale })
    this.#sample('_count', Number(total), { time, startTime })
    this.#rows.assembles = true
  }

  #parts(suffix: string, label: string, values: readonly BoundValue[], details: SampleDetails): void {
    for (const value of values) this.#part(suffix, label, value, details)
  }

  #part(suffix: string, label: string, { bound, value, exemplar }: BoundValue, details: SampleDetails): void {
    const before = this.#labels.length
    if (before > 0) this.#labels.byte(comma)
    this.#labels.ascii(`${label}="${this.#boundText(bound)}"`)
    this.#sample(
      suffix,
      Number(value),
      exemplar === undefined ? details : { ...details, exemplars: [exemplar] },
    )
    this.#labels.length = before
  }

  /** Records a sample of the metric at hand. */
  #sample(suffix: string, value: number, details: PartDetails): void {
    const line = this.#line
    const { buffer } = this.#message
    const { name } = this.#family
    line.clear()
    if (this.#plainName) {
      line.raw(buffer, name.from, name.to)
      line.ascii(suffix)
    }
    const labelsAt = line.length
    if (!this.#plainName || this.#labels.length > 0) {
      line.byte(braceOpen)
      if (!this.#plainName) this.#quotedName(suffix)
      line.raw(this.#labels.bytes, 0, this.#labels.length)
      line.byte(braceClose)
    }
    line.byte(details.native === true ? nativeSeparator : space)
    // The parser of lines wants an end to run into.
    line.byte(newline)
    this.#rows.record(this.#rowOf(labelsAt), value, details)
  }

  #rowOf(labelsAt: number): number {
    const { bytes, view, length } = this.#line
    try {
      return this.#rows.sampleRow(bytes, view, 0, labelsAt, length - 1)
    } catch (error) {
      if (!(error instanceof LineMistake)) throw error
      // The position in the line that was made is none in the body.
      const shown = excerpt(bytes, 0, length - 1, error.position)
      throw new LineMistake(`${error.message}, in: ${shown}`, this.#metricAt, error.code, error.cause)
    }
  }

  #quotedName(suffix: string): void {
    const { name } = this.#family
    this.#line.byte(quote)
    this.#line.escaped(this.#message.buffer, name.from, name.to)
    this.#line.ascii(suffix)
    this.#line.byte(quote)
    if (this.#labels.length > 0) this.#line.byte(comma)
  }

  #addLabel(): void {
    const { buffer } = this.#message
    const { name, value } = readLabel(this.#message)
    const labels = this.#labels
    if (labels.length > 0) labels.byte(comma)
    if (isLabelName(buffer, name.from, name.to)) labels.raw(buffer, name.from, name.to)
    else {
      labels.byte(quote)
      labels.escaped(buffer, name.from, name.to)
      labels.byte(quote)
    }
    labels.byte(equals)
    labels.byte(quote)
    labels.escaped(buffer, value.from, value.to)
    labels.byte(quote)
  }

  #boundText(bound: number): string {
    let text = this.#bounds.get(bound)
    if (text === undefined) {
      text = formatFloatBound(bound)
      if (this.#bounds.size < mostBounds) this.#bounds.set(bound, text)
    }
    return text
  }
}

function isPlain(bytes: Buffer, { from, to }: Range): boolean {
  return metricNameEnd(bytes, from, to) === to
}

/** Exemplars of a native histogram are its own, else those of its classic buckets that say when they were. */
function nativeExemplars({ exemplars, buckets }: HistogramMessage): SampleDetails['exemplars'] {
  if (exemplars.length > 0) return exemplars
  return buckets.flatMap(({ exemplar }) => (exemplar?.time === undefined ? [] : [exemplar]))
}

function pointOf(
  histogram: HistogramMessage,
  at: number,
  resolution: ResolutionLimits | undefined,
): ReturnType<typeof nativePoint> {
  const { count, floatCount, sum, schema, zeroThreshold, zeroCount, floatZeroCount } = histogram
  const { positive, negative } = histogram
  const float = floatCount > 0 || floatZeroCount > 0
  try {
    const counts = {
      float,
      count: float ? floatCount : count,
      sum,
      schema,
      zeroThreshold,
      zeroCount: float ? floatZeroCount : zeroCount,
      positive,
      negative,
    }
    return nativePoint(counts, resolution)
  } catch (error) {
    if (error instanceof ExpositionError) throw new LineMistake(error.message, at, error.code)
    const reason = error instanceof Error ? error.message : String(error)
    throw new LineMistake(`a native histogram contradicts itself: ${reason}`, at, 'series')
  }
}
