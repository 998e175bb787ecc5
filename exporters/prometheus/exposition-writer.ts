import type { Exemplar } from '#src/model/batch.ts'
import { visitParts } from '#src/model/classic-parts.ts'
import type { Point } from '#src/model/point.ts'
import type { Role } from '#src/model/series.ts'
import { numberTextLength, writeNumber } from '#src/text/number-text.ts'
import { boundText, type BoundText } from './bound-text.ts'
import { createdName, type Capture, type CapturedFamily } from './capture.ts'
import type { ChunkPool } from './chunk-pool.ts'
import { exemplarText } from './exemplar-text.ts'
import { openMetricsFamily, textFamily, type FamilyText, type SampleHead } from './family-text.ts'
import { winnerOf, type ReadColumns, type Row } from './row.ts'
import type { SampleColumns } from './sample-columns.ts'
import { closed } from './series-text.ts'
import { targetInfoNumber } from './target-info.ts'
import { TextChunks } from './text-chunks.ts'

/** How an exposition is written. */
export interface WriteOptions {
  readonly openMetrics: boolean
  /** Whether samples bear their time. */
  readonly timestamps: boolean
  /** Whether OpenMetrics says since when samples count, where it is known. */
  readonly createdSamples: boolean
}

const newline = 0x0a
const space = 0x20
const comma = 0x2c

/** How much of a line is neither name nor labels: value and time, with a blank and a newline. */
const numbersLength = 2 * numberTextLength + 2

/**
 * Writes a capture chunk by chunk; whoever takes a chunk gives it back to the pool.
 *
 * Most series are one line each, whose text is there already: they are copied with their value in a loop of their own
 * (0.1 s per million; README.md has the figures). Everything else takes the general way.
 */
export class ExpositionWriter {
  readonly #capture: Capture
  readonly #options: WriteOptions
  readonly #chunks: TextChunks
  readonly #read: ReadColumns

  constructor(capture: Capture, options: WriteOptions, pool: ChunkPool) {
    this.#capture = capture
    this.#options = options
    this.#chunks = new TextChunks(pool)
    this.#read = ({ number }) => capture.columns[number]
  }

  *chunks(): Generator<Buffer, void> {
    const { openMetrics } = this.#options
    const chunks = this.#chunks
    for (const family of this.#capture.families) {
      if (openMetrics && family.created && this.#isShownElsewhere(family)) continue
      const text = openMetrics ? openMetricsFamily(family, this.#capture.has) : textFamily(family)
      const first = this.#firstShown(family.rows)
      if (first === family.rows.length) continue
      chunks.text(text.metadata)
      const plain = family.shape === 'flat' && !text.head('').quoted && !this.#hasDetails(family)
      for (let next = first; next < family.rows.length;) {
        next = plain
          ? this.#writePlain(family.rows, next, text.head('').text)
          : this.#writeDetailed(family, next, text)
        for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) yield chunk
      }
    }
    if (openMetrics) chunks.text('# EOF\n')
    chunks.finish()
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) yield chunk
  }

  /** Start times are among the samples of the family that they are about, where there is one. */
  #isShownElsewhere({ name }: CapturedFamily): boolean {
    return this.#capture.families.some(
      (other) => other.starts !== undefined && createdName(other.name, other.type) === name,
    )
  }

  #firstShown(rows: readonly Row[]): number {
    const first = rows.findIndex((row) => {
      const shown = row.contest === undefined ? row : winnerOf(row.contest, this.#read)
      return shown !== undefined && isShown(this.#read(shown.samples), shown.slot)
    })
    return first < 0 ? rows.length : first
  }

  /** Whether lines may have more than a value and a time. */
  #hasDetails({ type, starts }: CapturedFamily): boolean {
    if (!this.#options.openMetrics) return false
    return type === 'counter' || starts !== undefined
  }

  /**
   * Writes rows of one line each, until a chunk is full.
   *
   * @returns the index of the next row
   */
  #writePlain(rows: readonly Row[], from: number, name: string): number {
    const chunks = this.#chunks
    const { columns } = this.#capture
    const { timestamps, openMetrics } = this.#options
    const more = name.length + numbersLength
    let { buffer, position } = chunks
    let index = from
    for (; index < rows.length; index++) {
      let row: Row | undefined = rows[index]
      if (row?.contest !== undefined) row = winnerOf(row.contest, this.#read)
      if (row === undefined) continue
      const { slot, text } = row
      const samples = columns[row.samples.number]
      if (samples === undefined || (samples.shown !== undefined && samples.shown[slot] !== 1)) continue
      if (position + text.length + more > buffer.length) {
        chunks.position = position
        chunks.reserve(text.length + more)
        ;({ buffer, position } = chunks)
        if (chunks.full) break
      }
      position += buffer.write(name, position, 'latin1')
      position += buffer.write(text, position, 'latin1')
      position = writeNumber(buffer, samples.values[slot] ?? 0, position)
      if (timestamps && row.samples.number !== targetInfoNumber) {
        buffer[position++] = space
        position = writeTime(buffer, samples.timeAt(slot), openMetrics, position)
      }
      buffer[position++] = newline
    }
    chunks.position = position
    return index
  }

  /** Writes rows the general way, until a chunk is full. */
  #writeDetailed(family: CapturedFamily, from: number, text: FamilyText): number {
    const { rows, shape } = family
    let index = from
    for (; index < rows.length && !this.#chunks.full; index++) {
      const first = rows[index]
      const row = first?.contest === undefined ? first : winnerOf(first.contest, this.#read)
      if (row === undefined) continue
      const samples = this.#read(row.samples)
      if (samples === undefined || !isShown(samples, row.slot)) continue
      if (shape === 'flat') this.#writeFlat(family, row, samples, text)
      else if (shape === 'parts') this.#writePart(family, row, samples, text, rows[index + 1])
      else this.#writePoint(family, row, samples, text)
    }
    return index
  }

  #writeFlat(family: CapturedFamily, row: Row, samples: SampleColumns, text: FamilyText): void {
    const { slot } = row
    const value = samples.values[slot] ?? 0
    const exemplar = family.type === 'counter' ? samples.exemplarsAt(slot).at(-1) : undefined
    this.#line(text.head(''), row.text, value, row, samples, exemplar)
    this.#writeStart(family, row, samples, row.text)
  }

  #writePart(
    family: CapturedFamily,
    row: Row,
    samples: SampleColumns,
    text: FamilyText,
    next: Row | undefined,
  ): void {
    const { part, slot } = row
    if (part === undefined) return
    const labels = part.boundText === undefined ? closed(row.text) : this.#bounded(row.text, part.boundText)
    const exemplar = part.role === 'bucket' ? samples.exemplarsAt(slot).at(-1) : undefined
    this.#line(
      text.head(this.#suffix(part.role, family)),
      labels,
      samples.values[slot] ?? 0,
      row,
      samples,
      exemplar,
    )
    if (next?.text !== row.text) this.#writeStart(family, row, samples, closed(row.text))
  }

  #writePoint(family: CapturedFamily, row: Row, samples: SampleColumns, text: FamilyText): void {
    const point = samples.points?.[row.slot]
    if (point === undefined) return
    const exemplars = this.#options.openMetrics
      ? bucketExemplars(point, samples.exemplarsAt(row.slot))
      : undefined
    visitParts(point, (role, bound, value) => {
      const labels = Number.isNaN(bound) ? closed(row.text) : this.#bounded(row.text, boundText(role, bound))
      const exemplar = role === 'bucket' ? exemplars?.get(bound) : undefined
      this.#line(text.head(this.#suffix(role, family)), labels, Number(value), row, samples, exemplar)
    })
    this.#writeStart(family, row, samples, closed(row.text))
  }

  /** Since when a metric counts: from a series that says so, or from the start time of its sample. */
  #writeStart(family: CapturedFamily, row: Row, samples: SampleColumns, labels: string): void {
    if (!this.#options.openMetrics) return
    const name = createdName(family.name, family.type)
    const series = family.starts?.get(labels)
    const started = series === undefined ? undefined : this.#read(series.samples)
    if (series !== undefined && started !== undefined && isShown(started, series.slot)) {
      const head = textFamily({ ...family, name }).head('')
      this.#line(head, labels, started.values[series.slot] ?? 0, series, started, undefined)
    } else if (this.#options.createdSamples && countedTypes.has(family.type)) {
      const start = samples.startTimeAt(row.slot)
      const head = textFamily({ ...family, name }).head('')
      if (start !== undefined) this.#line(head, labels, start / 1000, row, samples, undefined)
    }
  }

  #suffix(role: Role, { type }: CapturedFamily): string {
    if (role === 'quantile') return ''
    const gauge = this.#options.openMetrics && type === 'gaugehistogram' && role !== 'bucket'
    return gauge ? `_g${role}` : `_${role}`
  }

  #bounded(base: string, bound: BoundText): string {
    return `${base === '' ? '{' : `${base},`}${this.#options.openMetrics ? bound.openMetrics : bound.text}`
  }

  /** One line. The labels are closed: `{a="b"} `, or a blank. */
  #line(
    { text, quoted }: SampleHead,
    labels: string,
    value: number,
    row: Row,
    samples: SampleColumns,
    exemplar: Exemplar | undefined,
  ): void {
    const chunks = this.#chunks
    const { openMetrics, timestamps } = this.#options
    chunks.reserve(text.length + labels.length + 1 + numbersLength)
    chunks.text(text)
    const start = chunks.position
    chunks.text(quoted && labels === ' ' ? '} ' : labels)
    // A quoted name stands between the braces, as if it were the first label.
    if (quoted && labels !== ' ') chunks.buffer[start] = comma
    chunks.number(value)
    if (timestamps && row.samples.number !== targetInfoNumber) {
      chunks.text(' ')
      chunks.position = writeTime(chunks.buffer, samples.timeAt(row.slot), openMetrics, chunks.position)
    }
    if (openMetrics && exemplar !== undefined) chunks.text(exemplarText(exemplar))
    chunks.endLine()
  }
}

const countedTypes: ReadonlySet<CapturedFamily['type']> = new Set(['counter', 'histogram', 'summary'])

function isShown(samples: SampleColumns | undefined, slot: number): boolean {
  return samples !== undefined && (samples.shown === undefined || samples.shown[slot] === 1)
}

/** Milliseconds in the text format, seconds in OpenMetrics. */
function writeTime(buffer: Buffer, time: number, openMetrics: boolean, position: number): number {
  return writeNumber(buffer, openMetrics ? time / 1000 : time, position)
}

/** The newest exemplar of each bucket, by its upper bound: the first one that counts the exemplar's value. */
function bucketExemplars(point: Point, exemplars: readonly Exemplar[]): Map<number, Exemplar> | undefined {
  if (exemplars.length === 0 || point.kind === 'summary') return undefined
  const found = new Map<number, Exemplar>()
  const bounds: number[] = []
  visitParts(point, (role, bound) => {
    if (role === 'bucket') bounds.push(bound)
  })
  for (const exemplar of exemplars) {
    const bound = bounds.find((each) => each >= Number(exemplar.value))
    const other = bound === undefined ? undefined : found.get(bound)
    if (bound !== undefined && (other === undefined || milliseconds(exemplar) >= milliseconds(other)))
      found.set(bound, exemplar)
  }
  return found
}

function milliseconds({ time }: Exemplar): number {
  return typeof time === 'bigint' ? Number(time / 1_000_000n) : time
}
