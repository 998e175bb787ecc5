import { LineMistake } from '#src/text/exposition-error.ts'
import { equalBytes } from '#src/text/byte-strings.ts'
import { viewOf } from '#src/text/part-table.ts'
import { ProtobufMessage } from '#src/text/protobuf-message.ts'
import { formOf, forms, readHistogram, type HistogramMessage, type SeriesForm } from './histogram-message.ts'
import { LabelBytes, LabelError, decodeLabels, labelTag, textOf } from './label-bytes.ts'
import { RangeList } from './range-list.ts'
import { Symbols } from './symbols.ts'

/** The versions of remote write. */
export type RemoteWriteVersion = 1 | 2

/** What is said of a family. */
export interface FamilyMetadata {
  /** The number of MetricMetadata.MetricType, which is that of Metadata.MetricType too. */
  readonly type: number
  readonly help: string
  readonly unit: string
}

/** What takes a request, piece by piece. Numbers of series and contexts are the taker's own. */
export interface RequestTaker {
  /** What series of a form lie below, with what a request of version 2.0 says of them; asked for anew in each request. */
  context(form: SeriesForm, metadata: FamilyMetadata | undefined): number
  /** The series with these labels where it is known already, else -1. */
  known(context: number, bytes: Buffer, view: DataView, from: number, to: number): number
  /** The series with these labels, as fields of a series of version 1.0; -1 where it is not taken: then `refuse` follows. */
  series(context: number, bytes: Buffer, view: DataView, from: number, to: number): number
  /** Times in Unix milliseconds; a start time of 0 is not known. NaN is a value, unless it is stale. */
  sample(series: number, value: number, time: number, startTime: number, stale: boolean): void
  histogram(series: number, histogram: HistogramMessage): void
  exemplar(series: number, value: number, time: number, labels: readonly string[]): void
  /** What version 1.0 says of a family, apart from its series. */
  metadata(family: string, metadata: FamilyMetadata): void
  /** Something of the request is not taken, while the rest is. Without a reason: because `series` did not take the series. */
  refuse(what: RequestPart, count: number, reason?: string): void
}

/** What requests are made of. */
export type RequestPart = 'samples' | 'histograms' | 'exemplars' | 'metadata'

/** The labels of a series: bytes from a position to another. */
interface LabelRange {
  readonly bytes: Buffer
  readonly view: DataView
  readonly from: number
  readonly to: number
}

/** What series of a request say of their family, and the contexts that this stands for, by the number of the form. */
interface Said {
  readonly metadata: FamilyMetadata | undefined
  readonly unit: number
  readonly contexts: number[]
}

const histogramForms = forms.filter((form) => form !== 'number')

/** What the fields of a series are. */
type FieldKind = 'labels' | 'samples' | 'histograms' | 'exemplars' | 'metadata'

/** By version: the fields of the request, and those of a series by their number. */
const requestFields = {
  1: { symbols: -1, series: 1, metadata: 3 },
  2: { symbols: 4, series: 5, metadata: -1 },
} as const
const seriesFields: Readonly<Record<RemoteWriteVersion, readonly (FieldKind | undefined)[]>> = {
  1: [undefined, 'labels', 'samples', 'exemplars', 'histograms'],
  2: [undefined, 'labels', 'samples', 'histograms', 'exemplars', 'metadata'],
}

/** Tags of a sample's value and time. */
const valueTag = 0x09
const timeTag = 0x10

/** Reads requests of remote write. The bytes of what is known are handed on as they are; nothing of them is decoded. */
export class RequestDecoder {
  readonly #taker: RequestTaker
  readonly #message = new ProtobufMessage()
  #bytes: Buffer = Buffer.alloc(0)
  #view = viewOf(this.#bytes)
  #version: RemoteWriteVersion = 1
  readonly #symbols = new Symbols()
  readonly #all = new RangeList()
  readonly #families = new RangeList()
  // Of the series at hand.
  readonly #labels = new LabelBytes()
  readonly #references: (number | bigint)[] = []
  readonly #samples = new RangeList()
  readonly #histograms = new RangeList()
  readonly #exemplars = new RangeList()
  #labelsFrom = 0
  #labelsTo = 0
  #scattered = false
  #metadataFrom = 0
  #metadataTo = 0
  /** The metadata that `#said` was read from. */
  #saidFrom = 0
  #saidTo = -1
  #said: Said = saysNothing()
  #nothing: Said = saysNothing()
  /** What was said with each symbol as help, in this request. */
  #byHelp: (Said | undefined)[] = []

  constructor(taker: RequestTaker) {
    this.#taker = taker
  }

  /**
   * Reads a request.
   *
   * @throws {LineMistake} where it is no such message: nothing of it counts then
   */
  decode(bytes: Buffer, version: RemoteWriteVersion): void {
    this.#begin(bytes, version)
    this.#scanRequest()
    for (let index = 0; index < this.#all.count; index++)
      this.#series(this.#all.fromOf(index), this.#all.toOf(index))
    for (let index = 0; index < this.#families.count; index++)
      this.#family(this.#families.fromOf(index), this.#families.toOf(index))
  }

  #begin(bytes: Buffer, version: RemoteWriteVersion): void {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#version = version
    this.#symbols.begin(bytes)
    this.#all.clear()
    this.#families.clear()
    this.#byHelp = []
    this.#saidTo = -1
    this.#nothing = saysNothing()
    this.#message.begin(bytes, this.#view, 0, bytes.length)
  }

  #scanRequest(): void {
    const message = this.#message
    const { symbols, series, metadata } = requestFields[this.#version]
    for (let field = message.next(); field !== 0; field = message.next()) {
      if (field === series) {
        message.range()
        this.#all.add(message.from, message.to)
      } else if (field === symbols) {
        message.range()
        this.#symbols.add(message.from, message.to)
      } else if (field === metadata) {
        message.range()
        this.#families.add(message.from, message.to)
      } else message.skip()
    }
    if (this.#symbols.count > 0 && this.#symbols.lengthOf(0) > 0)
      throw new LineMistake('expected the first symbol to be empty', 0)
  }

  #series(from: number, to: number): void {
    this.#scanSeries(from, to)
    const labels = this.#labelRange(from, to)
    const said = this.#metadataTo < 0 ? this.#nothing : this.#saidHere()
    let series = -1
    if (this.#samples.count > 0) {
      series = this.#seriesOf('number', said, labels)
      if (series >= 0) this.#recordSamples(series)
      else this.#taker.refuse('samples', this.#samples.count)
    }
    for (let index = 0; index < this.#histograms.count; index++) {
      this.#message.visit(this.#histograms.fromOf(index), this.#histograms.toOf(index))
      const histogram = readHistogram(this.#message)
      // A stale marker does not say of which form its series is.
      if (histogram.stale) series = this.#knownIn(histogramForms, said, labels)
      if (!histogram.stale || series < 0) series = this.#seriesOf(formOf(histogram), said, labels)
      if (series >= 0) this.#taker.histogram(series, histogram)
      else this.#taker.refuse('histograms', 1)
    }
    if (this.#exemplars.count === 0) return
    // Exemplars may come by themselves.
    if (this.#samples.count + this.#histograms.count === 0) {
      series = this.#knownIn(forms, said, labels)
      if (series < 0) series = this.#seriesOf('number', said, labels)
    }
    if (series >= 0) this.#recordExemplars(series)
    else this.#taker.refuse('exemplars', this.#exemplars.count)
  }

  #seriesOf(form: SeriesForm, said: Said, { bytes, view, from, to }: LabelRange): number {
    return this.#taker.series(this.#context(form, said), bytes, view, from, to)
  }

  #knownIn(all: readonly SeriesForm[], said: Said, { bytes, view, from, to }: LabelRange): number {
    for (const form of all) {
      const series = this.#taker.known(this.#context(form, said), bytes, view, from, to)
      if (series >= 0) return series
    }
    return -1
  }

  /** The labels of the series that was scanned, in one piece. */
  #labelRange(from: number, to: number): LabelRange {
    if (this.#version === 1 && !this.#scattered)
      return { bytes: this.#bytes, view: this.#view, from: this.#labelsFrom, to: this.#labelsTo }
    const labels =
      this.#version === 2 ? this.#symbols.seriesLabels(this.#references, from) : this.#gather(from, to)
    return { bytes: labels.buffer, view: labels.view, from: 0, to: labels.length }
  }

  /** Finds where the fields of a series are. */
  #scanSeries(from: number, to: number): void {
    const message = this.#message
    const kinds = seriesFields[this.#version]
    this.#samples.clear()
    this.#histograms.clear()
    this.#exemplars.clear()
    this.#references.length = 0
    this.#scattered = false
    this.#metadataTo = -1
    this.#labelsFrom = from
    this.#labelsTo = this.#version === 1 ? this.#labelRun(from, to) : from
    message.visit(this.#labelsTo, to)
    for (
      let at = this.#labelsTo, field = message.next();
      field !== 0;
      at = message.position, field = message.next()
    ) {
      const kind = kinds[field]
      if (kind === 'samples') {
        message.range()
        this.#samples.add(message.from, message.to)
      } else if (kind === 'labels') this.#labelField(at)
      else if (kind === 'histograms') {
        message.range()
        this.#histograms.add(message.from, message.to)
      } else if (kind === 'exemplars') {
        message.range()
        this.#exemplars.add(message.from, message.to)
      } else if (kind === 'metadata') {
        message.range()
        this.#metadataFrom = message.from
        this.#metadataTo = message.to
      } else message.skip()
    }
  }

  /** A series begins with its labels, nearly always: where they end. What is unusual is left to the reader of fields. */
  #labelRun(from: number, to: number): number {
    const bytes = this.#bytes
    let at = from
    while (bytes[at] === labelTag) {
      const length = bytes[at + 1] ?? 0x80
      if (length >= 0x80 || at + 2 + length > to) break
      at += 2 + length
    }
    return at
  }

  #labelField(at: number): void {
    const message = this.#message
    if (this.#version === 2) {
      if (message.isBytes) this.#packedReferences()
      else message.unsigneds(this.#references)
      return
    }
    message.range()
    if (at === this.#labelsTo) this.#labelsTo = message.to
    else this.#scattered = true
  }

  /** References are small: what takes more than two bytes is left to the reader of fields. */
  #packedReferences(): void {
    const message = this.#message
    const references = this.#references
    const bytes = this.#bytes
    const from = message.position
    message.range()
    const count = references.length
    for (let at = message.from; at < message.to;) {
      const low = bytes[at++] ?? 0
      const high = low < 0x80 ? 0 : (bytes[at++] ?? 0)
      if (high >= 0x80 || at > message.to) {
        references.length = count
        message.position = from
        message.unsigneds(references)
        return
      }
      references.push((low & 0x7f) | (high << 7))
    }
  }

  /** Puts the labels of a series of version 1.0 together where they are not in one piece. */
  #gather(from: number, to: number): LabelBytes {
    const labels = this.#labels
    labels.clear()
    const message = this.#message
    message.visit(from, to)
    for (let at = from, field = message.next(); field !== 0; at = message.position, field = message.next()) {
      message.skip()
      if (field === 1) labels.addBytes(this.#bytes, at, message.position)
    }
    return labels
  }

  #context(form: SeriesForm, { metadata, contexts }: Said): number {
    const number = forms.indexOf(form)
    let context = contexts[number] ?? -1
    if (context < 0) {
      context = this.#taker.context(form, metadata)
      contexts[number] = context
    }
    return context
  }

  /** What the series at hand says of its family. Series of one family follow each other. */
  #saidHere(): Said {
    const length = this.#metadataTo - this.#metadataFrom
    if (
      this.#saidTo - this.#saidFrom === length &&
      equalBytes(this.#view, this.#saidFrom, this.#view, this.#metadataFrom, length)
    )
      return this.#said
    this.#saidFrom = this.#metadataFrom
    this.#saidTo = this.#metadataTo
    this.#said = this.#readSaid(this.#metadataFrom, this.#metadataTo)
    return this.#said
  }

  #readSaid(from: number, to: number): Said {
    const message = this.#message
    let type = 0
    let help = 0
    let unit = 0
    message.visit(from, to)
    for (let field = message.next(); field !== 0; field = message.next()) {
      if (field === 1) type = Number(message.unsigned())
      else if (field === 3) help = Number(message.unsigned())
      else if (field === 4) unit = Number(message.unsigned())
      else message.skip()
    }
    const known = this.#byHelp[help]
    if (known !== undefined && known.unit === unit && known.metadata?.type === type) return known
    const texts = { help: '', unit: '' }
    try {
      texts.help = this.#symbols.text(help, from)
      texts.unit = this.#symbols.text(unit, from)
    } catch (error) {
      if (!(error instanceof LabelError)) throw error
      this.#taker.refuse('metadata', 1, error.message)
    }
    const said = { metadata: { type, ...texts }, unit, contexts: [] }
    this.#byHelp[help] = said
    return said
  }

  #recordSamples(series: number): void {
    const bytes = this.#bytes
    const view = this.#view
    const message = this.#message
    for (let index = 0; index < this.#samples.count; index++) {
      let from = this.#samples.fromOf(index)
      const to = this.#samples.toOf(index)
      let value = 0
      let stale = false
      let time = 0
      let startTime = 0
      if (bytes[from] === valueTag && bytes[from + 9] === timeTag && from + 9 < to) {
        // As every sender writes it.
        value = view.getFloat64(from + 1, true)
        if (Number.isNaN(value)) stale = isStaleMarker(view, from + 1)
        from += 9
      }
      message.visit(from, to)
      for (let field = message.next(); field !== 0; field = message.next()) {
        if (field === 2) time = message.signed()
        else if (field === 1) {
          value = message.double()
          stale = message.wasStale
        } else if (field === 3 && this.#version === 2) startTime = message.signed()
        else message.skip()
      }
      this.#taker.sample(series, value, time, startTime, stale)
    }
  }

  #recordExemplars(series: number): void {
    const message = this.#message
    const labels = this.#labels
    for (let index = 0; index < this.#exemplars.count; index++) {
      const from = this.#exemplars.fromOf(index)
      let value = 0
      let time = 0
      const references: (number | bigint)[] = []
      labels.clear()
      message.visit(from, this.#exemplars.toOf(index))
      for (
        let at = from, field = message.next();
        field !== 0;
        at = message.position, field = message.next()
      ) {
        if (field === 2) value = message.double()
        else if (field === 3) time = message.signed()
        else if (field !== 1) message.skip()
        else if (this.#version === 2) message.unsigneds(references)
        else {
          message.range()
          labels.addBytes(this.#bytes, at, message.to)
        }
      }
      if (this.#version === 2) this.#symbols.writeLabels(references, from, labels)
      try {
        const pairs = decodeLabels(labels.buffer, labels.view, 0, labels.length)
        this.#taker.exemplar(series, value, time, pairs)
      } catch (error) {
        if (!(error instanceof LabelError)) throw error
        this.#taker.refuse('exemplars', 1, `an exemplar is not taken: ${error.message}`)
      }
    }
  }

  #family(from: number, to: number): void {
    const message = this.#message
    const bytes = this.#bytes
    let type = 0
    const texts = { family: '', help: '', unit: '' }
    message.visit(from, to)
    try {
      for (let field = message.next(); field !== 0; field = message.next()) {
        if (field === 1) type = Number(message.unsigned())
        else if (field === 2) texts.family = textOf(bytes, message.bytes(), 'the name of a family')
        else if (field === 4) texts.help = textOf(bytes, message.bytes(), 'the help of a family')
        else if (field === 5) texts.unit = textOf(bytes, message.bytes(), 'the unit of a family')
        else message.skip()
      }
    } catch (error) {
      if (!(error instanceof LabelError)) throw error
      this.#taker.refuse('metadata', 1, error.message)
      return
    }
    this.#taker.metadata(texts.family, { type, help: texts.help, unit: texts.unit })
  }
}

function saysNothing(): Said {
  return { metadata: undefined, unit: 0, contexts: [] }
}

/** Whether eight bytes are Prometheus' staleness marker, whose bits no number of JavaScript keeps. */
function isStaleMarker(view: DataView, at: number): boolean {
  return view.getUint32(at, true) === 2 && view.getUint32(at + 4, true) === 0x7ff0_0000
}
