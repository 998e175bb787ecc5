import { numberTextLength, writeNumber } from '#src/text/number-text.ts'
import { locate, prefixAt, type Capture, type CapturedFamily } from './capture.ts'
import type { ChunkPool } from './chunk-pool.ts'
import { createdName } from './exposition-type.ts'
import { lineHead, openMetricsMetadata, textMetadata } from './family-text.ts'
import { startOf, type PackedRows } from './flat-rows.ts'
import { GroupWriter } from './group-writer.ts'
import { LineWriter, writeTime, type WriteOptions } from './line-writer.ts'
import { winnerOf, type ReadColumns, type Row } from './row.ts'
import { constantsNumber } from './target-info.ts'
import { TextChunks } from './text-chunks.ts'

const newline = 0x0a
const space = 0x20

/** How much of a line is no text that is there already: value and time, with a blank and a newline. */
const numbersLength = 2 * numberTextLength + 2

/**
 * Writes a capture chunk by chunk; whoever takes a chunk gives it back to the pool.
 *
 * Most series are one line each, whose text is there already: it is copied, with the value behind it, in a loop of its
 * own. Everything else takes the general way.
 */
export class ExpositionWriter {
  readonly #capture: Capture
  readonly #options: WriteOptions
  readonly #chunks: TextChunks
  readonly #lines: LineWriter
  readonly #groups: GroupWriter
  readonly #read: ReadColumns

  constructor(capture: Capture, options: WriteOptions, pool: ChunkPool) {
    this.#capture = capture
    this.#options = options
    this.#chunks = new TextChunks(pool)
    this.#lines = new LineWriter(this.#chunks, options)
    this.#read = ({ number }) => capture.columns[number]
    this.#groups = new GroupWriter(this.#lines, this.#read)
  }

  *chunks(): Generator<Buffer, void> {
    const { openMetrics } = this.#options
    const chunks = this.#chunks
    const elsewhere = openMetrics ? this.#shownElsewhere() : new Set()
    for (const family of this.#capture.families) {
      if (elsewhere.has(family.name) || !this.#hasSamples(family)) continue
      chunks.text(openMetrics ? openMetricsMetadata(family, this.#capture.has) : textMetadata(family))
      for (let next = 0; next >= 0;) {
        next = this.#writeRows(family, next)
        for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) yield chunk
      }
    }
    if (openMetrics) chunks.text('# EOF\n')
    chunks.finish()
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) yield chunk
  }

  /** Families of start times that are shown with those that they are about. */
  #shownElsewhere(): Set<string> {
    const names = new Set<string>()
    for (const { starts, name, type } of this.#capture.families)
      if (starts !== undefined) names.add(createdName(name, type))
    return names
  }

  #hasSamples({ rows }: CapturedFamily): boolean {
    const { columns } = this.#capture
    if (isGrouped(rows)) return rows.some((row) => this.#groups.shown(row) !== undefined)
    for (let index = 0; index < rows.count; index++) {
      if (locate(rows, index, columns) !== undefined) return true
    }
    return false
  }

  /**
   * Writes rows from an index on, until a chunk is full.
   *
   * @returns the index of the next row; -1 at the end
   */
  #writeRows(family: CapturedFamily, from: number): number {
    const { rows } = family
    if (isGrouped(rows)) return this.#groups.write(family, rows, from)
    const end = this.#hasDetails(family)
      ? this.#writeDetailed(family, rows, from)
      : this.#writePlain(rows, from)
    return end < rows.count ? end : -1
  }

  /** Whether lines may have more than a value and a time. */
  #hasDetails({ type, starts }: CapturedFamily): boolean {
    const { openMetrics, createdSamples } = this.#options
    if (!openMetrics || type !== 'counter') return false
    return createdSamples || starts !== undefined || this.#capture.columns.some((each) => each?.hasExemplars)
  }

  /** Calls and waits for memory are what a line costs, hence the locals and the typed arrays in order. */
  #writePlain({ count, bytes, ends, sources, slots, contests }: PackedRows, from: number): number {
    const chunks = this.#chunks
    const { columns } = this.#capture
    const { timestamps, openMetrics } = this.#options
    let { buffer, position } = chunks
    let index = from
    for (let start = startOf(ends, from), end = start; index < count; index++, start = end) {
      end = ends[index] ?? 0
      let source = sources[index] ?? 0
      let slot = slots[index] ?? 0
      if (source < 0) {
        const winner = winnerOf(contests[slot] ?? [], this.#read)
        if (winner === undefined) continue
        source = winner.samples.number
        ;({ slot } = winner)
      }
      const samples = columns[source]
      if (samples === undefined || (samples.shown !== undefined && samples.shown[slot] !== 1)) continue
      if (position + end - start + numbersLength > buffer.length) {
        chunks.position = position
        chunks.reserve(end - start + numbersLength)
        ;({ buffer, position } = chunks)
        if (chunks.full) return index
      }
      bytes.copy(buffer, position, start, end)
      position = writeNumber(buffer, samples.values[slot] ?? 0, position + end - start)
      if (timestamps && source !== constantsNumber) {
        buffer[position++] = space
        position = writeTime(buffer, samples.timeAt(slot), openMetrics, position)
      }
      buffer[position++] = newline
    }
    chunks.position = position
    return index
  }

  #writeDetailed(family: CapturedFamily, rows: PackedRows, from: number): number {
    const { columns } = this.#capture
    const lines = this.#lines
    const head = lineHead(family.name)
    const created = lineHead(createdName(family.name, family.type))
    let index = from
    for (; index < rows.count && !this.#chunks.full; index++) {
      const found = locate(rows, index, columns)
      const samples = found === undefined ? undefined : columns[found.source]
      if (found === undefined || samples === undefined) continue
      const { slot, source } = found
      const prefix = prefixAt(rows, index)
      const time = source === constantsNumber ? undefined : samples.timeAt(slot)
      lines.line(prefix, samples.values[slot] ?? 0, time, samples.exemplarsAt(slot).at(-1))
      lines.start(family, created + prefix.slice(head.length), samples, slot)
    }
    return index
  }
}

function isGrouped(rows: PackedRows | readonly Row[]): rows is readonly Row[] {
  return Array.isArray(rows)
}
