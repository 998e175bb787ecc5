import { staleBatch, type Batch } from '#src/model/batch.ts'
import { releaseSeries, type Role, type Series } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import { boundLabelOf, normalizeBounds } from './bound-labels.ts'
import { equalBytes } from './byte-strings.ts'
import { ExposedFamilies, type ExposedFamily } from './exposed-families.ts'
import { LineMistake } from './exposition-error.ts'
import { parseMetadata, type MetadataLine } from './metadata-line.ts'
import { rowTarget, RowTable, sharedTarget, slotOfTarget } from './row-table.ts'
import { SampleColumns, type LineExemplar } from './sample-columns.ts'
import { leaseScratch, returnScratch, type ScanScratch } from './scan-scratch.ts'
import { SeriesSlots } from './series-slots.ts'
import { parseSeries, textDialect, type Dialect } from './series-text.ts'

/** How many lines behind the predicted one are tried before the table is asked. */
const ahead = 8

/** One series as a target exposes it, told once, when it is new. Names and values are decoded text. */
export interface ExposedSeries {
  readonly name: string
  /** Name, value, name, value, in the order of the line; `le` and `quantile` of parts as OpenMetrics writes them. */
  readonly labels: readonly string[]
  readonly family: ExposedFamily
  readonly role: Role
}

/**
 * Says which series a line is; undefined drops it. It is remembered, so it is asked once while a line stays. The reader
 * takes over the reference to the series' attributes. What it throws gives the body up.
 */
export type Resolve = (exposed: ExposedSeries) => Series | undefined

/** What a scrape amounts to, in samples. */
export interface ScrapeCounts {
  /** Samples of the body, before relabeling. */
  readonly scraped: number
  /** Samples that relabeling left. */
  readonly kept: number
  /** Series that the scrape before did not have. */
  readonly added: number
  /** Samples of a series that the body had already; the first counts. */
  readonly duplicates: number
}

/**
 * The lines of a target and the series that they are, over all its scrapes. While a body repeats the lines of the one
 * before, in their order, nothing is looked up: each line is compared with the one that came next. A line that is
 * another costs itself: the next few are tried, then the table. The order of lines is nobody else's business.
 *
 * Nothing that a body brings is final before `commit`.
 */
export class ScrapeRows {
  readonly table = new RowTable()
  readonly slots: SeriesSlots
  readonly families = new ExposedFamilies()
  readonly #resolve: Resolve
  readonly #sampleLimit: number
  readonly #trackTimestamps: boolean
  /** The rows of the last body, in order; as long as `orderLength`. */
  order = new Int32Array(0)
  orderLength = 0
  /** Where the next line is expected in it. */
  cursor = 0
  /** What is there once a line was not the predicted one. */
  scratch: ScanScratch | undefined
  /** The number of rows of this body, in scratch. */
  nextLength = 0
  columns = new SampleColumns(0)
  dialect: Dialect = textDialect
  /** Samples of this body. */
  scraped = 0
  /** Those of them that relabeling dropped. */
  dropped = 0
  duplicates = 0
  #created: number[] = []
  #createdSlots: number[] = []
  /** Slots with several rows that have their sample. */
  readonly #sharedSeen = new Set<number>()
  /** Whether lines were forgotten, so that a slot may have no row. */
  #orphans = false
  /** The times that lines of the last body bore. */
  #lastTimes: Float64Array | undefined

  /** @param sampleLimit how many samples a body may have after relabeling; 0 for any number */
  constructor(source: Source, resolve: Resolve, options: { sampleLimit: number; trackTimestamps: boolean }) {
    this.slots = new SeriesSlots(source)
    this.#resolve = resolve
    this.#sampleLimit = options.sampleLimit
    this.#trackTimestamps = options.trackTimestamps
  }

  get counts(): ScrapeCounts {
    const { scraped, dropped, duplicates } = this
    return { scraped, kept: scraped - dropped, added: this.#createdSlots.length, duplicates }
  }

  /** Begins a body. Rows are bytes, and what they are depends on the dialect: another one forgets them. */
  begin(dialect: Dialect): void {
    if (dialect !== this.dialect) this.forgetLines()
    this.dialect = dialect
    this.families.begin(!dialect.loose)
    this.cursor = 0
    this.nextLength = 0
    this.scraped = 0
    this.dropped = 0
    this.duplicates = 0
    this.columns = new SampleColumns(this.slots.layout.series.length)
  }

  /** Forgets how lines looked; series keep their slots. */
  forgetLines(): void {
    this.table.clear()
    this.families.clear()
    this.slots.orphanAll()
    this.#orphans = this.slots.size > 0
    this.orderLength = 0
  }

  /**
   * The row of a sample's line, made where there is none; -1 where the line is one too many to be kept.
   *
   * @param labelsAt the position behind the name
   * @param valueAt the position of the value
   */
  sampleRow(bytes: Buffer, view: DataView, at: number, labelsAt: number, valueAt: number): number {
    const known = this.#predicted(view, at, valueAt)
    if (known >= 0) return known
    const { parts } = this.table
    const head = parts.find(view, at, labelsAt - at)
    const tail = head < 0 ? -1 : parts.find(view, labelsAt, valueAt - labelsAt)
    const row = tail < 0 ? -1 : this.table.find(head, tail)
    return row >= 0 ? this.#jump(row) : this.#addSample(bytes, view, at, labelsAt, valueAt)
  }

  /** Whether a line that starts with `#` is one of metadata that is known; it ends behind its newline. */
  knowsMetadata(view: DataView, at: number, end: number): boolean {
    let row = this.#predicted(view, at, end)
    if (row < 0) {
      const { parts } = this.table
      const head = parts.find(view, at, 0)
      const tail = head < 0 ? -1 : parts.find(view, at, end - at)
      row = tail < 0 ? -1 : this.table.find(head, tail)
      if (row < 0) return false
      this.#jump(row)
    }
    this.visit(row)
    return true
  }

  /** Adds a line of metadata. */
  addMetadata(line: MetadataLine, bytes: Buffer, view: DataView, at: number, end: number): void {
    const row = this.#addRow(bytes, view, at, at, end, rowTarget.metadata, -1)
    const { seen } = this.#resync()
    if (!this.families.tell(line, row, (other) => seen[other] === 1)) this.duplicates++
    this.visit(row)
  }

  /** Notes that the body has a row. Returns false where it had it before. */
  visit(row: number): boolean {
    const { scratch } = this
    if (scratch === undefined) return true
    if (scratch.seen[row] === 1) return false
    scratch.seen[row] = 1
    scratch.next[this.nextLength++] = row
    return true
  }

  /**
   * Takes the sample of a row.
   *
   * @param time Unix time in milliseconds that counts; NaN for none
   */
  record(row: number, value: number, time: number, exemplar?: LineExemplar): void {
    this.scraped++
    if (row < 0) return
    const target = this.table.targets[row] ?? rowTarget.dropped
    const first = this.visit(row)
    if (target === rowTarget.dropped) {
      this.dropped++
      return
    }
    const slot = slotOfTarget(target)
    const { columns } = this
    columns.reserve(slot)
    if (!first || (target < 0 && this.#sharedSeen.has(slot))) {
      if (Number.isNaN(time)) this.duplicates++
      else columns.addLater(slot, value, time)
      return
    }
    if (target < 0) this.#sharedSeen.add(slot)
    columns.values[slot] = value
    if (!Number.isNaN(time)) columns.needTimes()[slot] = time
    if (exemplar !== undefined) columns.addExemplar(slot, exemplar)
  }

  /**
   * The body was taken: lines that it lacked are gone.
   *
   * @param time of the scrape, Unix milliseconds
   * @param writeOwn told once the columns have their size, to put the caller's own series in
   * @returns stale markers on the layout before, then the samples
   */
  commit(time: number, writeOwn: (columns: SampleColumns) => void): Batch[] {
    if (this.cursor < this.orderLength || this.#orphans) this.#resync()
    const before = this.slots.layout
    const ended = this.#removeUnseen()
    const layout = this.slots.commit()
    this.columns.reserve(layout.series.length - 1)
    writeOwn(this.columns)
    this.#lastTimes = this.columns.times
    const batches = this.columns.batches(layout, time)
    if (ended.length > 0) batches.unshift(staleBatch(before, Int32Array.from(ended).toSorted(), time))
    this.#finish()
    return batches
  }

  /** The body is given up: rows and series that it brought go again. */
  abort(): void {
    for (const row of this.#created) this.#removeRow(row)
    for (const slot of this.#createdSlots) this.slots.remove(slot)
    this.families.rollBack()
    this.#finish()
  }

  /** Ends all series but those that the caller keeps: returns the slots that get stale markers. */
  endAll(keeps: (slot: number) => boolean): number[] {
    const ended: number[] = []
    for (const slot of this.slots.layout.live) {
      if (keeps(slot)) continue
      this.#endSlot(slot, ended)
    }
    this.forgetLines()
    this.#lastTimes = undefined
    return ended
  }

  #finish(): void {
    if (this.scratch !== undefined) returnScratch(this.scratch)
    this.scratch = undefined
    this.#created = []
    this.#createdSlots = []
    this.#sharedSeen.clear()
    this.columns = new SampleColumns(0)
  }

  /** The predicted row or one of the next few, if its bytes are those from a position to another. */
  #predicted(view: DataView, at: number, end: number): number {
    if (this.#isRow(this.cursor, view, at, end)) return this.order[this.cursor++] ?? -1
    this.#resync()
    for (let next = this.cursor + 1; next <= this.cursor + ahead; next++) {
      if (!this.#isRow(next, view, at, end)) continue
      this.cursor = next + 1
      return this.order[next] ?? -1
    }
    return -1
  }

  #isRow(place: number, view: DataView, at: number, end: number): boolean {
    if (place >= this.orderLength) return false
    const { heads, tails, parts } = this.table
    const row = this.order[place] ?? 0
    const head = heads[row] ?? 0
    const tail = tails[row] ?? 0
    const headLength = parts.lengths[head] ?? 0
    const tailLength = parts.lengths[tail] ?? 0
    return (
      headLength + tailLength === end - at &&
      equalBytes(view, at, parts.view, parts.offsets[head] ?? 0, headLength) &&
      equalBytes(view, at + headLength, parts.view, parts.offsets[tail] ?? 0, tailLength)
    )
  }

  /** Goes on behind a row that the table knew. One that the body had before says nothing of what comes next. */
  #jump(row: number): number {
    const { position, seen } = this.#resync()
    const place = position[row] ?? -1
    if (place >= 0 && seen[row] === 0) this.cursor = place + 1
    return row
  }

  /** From here on the rows of the body are noted one by one. */
  #resync(): ScanScratch {
    if (this.scratch !== undefined) return this.scratch
    const scratch = leaseScratch(this.table.limit + 1)
    this.scratch = scratch
    const { next, seen, position } = scratch
    for (let place = 0; place < this.orderLength; place++) position[this.order[place] ?? 0] = place
    for (let place = 0; place < this.cursor; place++) {
      const row = this.order[place] ?? 0
      next[place] = row
      seen[row] = 1
    }
    this.nextLength = this.cursor
    return scratch
  }

  #addSample(bytes: Buffer, view: DataView, at: number, labelsAt: number, valueAt: number): number {
    const { name, labels } = parseSeries(bytes, at, this.dialect)
    const exposed = this.families.retain(name, boundLabelOf(labels))
    try {
      const series = this.#resolve({
        name,
        labels: normalizeBounds(labels, exposed.role),
        family: exposed.family,
        role: exposed.role,
      })
      if (series !== undefined && this.#sampleLimit > 0 && this.scraped - this.dropped >= this.#sampleLimit) {
        releaseSeries(series)
        this.families.release(exposed.id)
        return -1
      }
      const row = this.#addRow(bytes, view, at, labelsAt, valueAt, rowTarget.dropped, exposed.id)
      if (series !== undefined) this.#place(series, row)
      return row
    } catch (error) {
      if (error instanceof LineMistake) throw error
      this.families.release(exposed.id)
      throw new LineMistake(error instanceof Error ? error.message : String(error), at, 'series')
    }
  }

  #addRow(
    bytes: Buffer,
    view: DataView,
    at: number,
    labelsAt: number,
    end: number,
    target: number,
    name: number,
  ): number {
    const scratch = this.#resync()
    const { parts } = this.table
    const head = parts.retain(bytes, view, at, labelsAt - at)
    const tail = parts.retain(bytes, view, labelsAt, end - labelsAt)
    const row = this.table.add(head, tail, target, name)
    scratch.grow(this.table.limit)
    scratch.seen[row] = 0
    scratch.position[row] = -1
    this.#created.push(row)
    return row
  }

  /** Gives a row the slot of a series, which it may share with others. */
  #place(series: Series, row: number): void {
    const { targets } = this.table
    let slot = this.slots.find(series)
    if (slot < 0) {
      slot = this.slots.add(series)
      this.#createdSlots.push(slot)
    } else releaseSeries(series)
    if (this.slots.isOwn(slot)) return
    targets[row] = slot
    for (const sharer of this.slots.attach(slot, row) ?? []) {
      targets[sharer] = sharedTarget(slot)
      if (this.scratch?.seen[sharer] === 1) this.#sharedSeen.add(slot)
    }
  }

  /** Takes a row out. Returns the slot that no row has any more, -1 where there is none. */
  #removeRow(row: number): number {
    const target = this.table.targets[row] ?? rowTarget.dropped
    const slot = slotOfTarget(target)
    let orphan = -1
    if (slot >= 0) {
      const { left, last } = this.slots.detach(slot, row)
      if (left === 0) orphan = slot
      else if (left === 1) this.table.targets[last] = slot
    } else if (target === rowTarget.metadata) this.#forgetMetadata(row)
    const name = this.table.names[row] ?? -1
    if (name >= 0) this.families.release(name)
    this.table.remove(row)
    return orphan
  }

  #forgetMetadata(row: number): void {
    const bytes = this.table.textOf(row)
    const line = parseMetadata(bytes, 0, bytes.length - 1, this.dialect)
    if (line !== undefined && line !== 'EOF') this.families.releaseMetadata(line.family, line.kind, row)
  }

  /** Takes out what the body lacked, and makes its order the one to follow. Returns the slots that get stale markers. */
  #removeUnseen(): number[] {
    const ended: number[] = []
    const { scratch } = this
    if (scratch === undefined) return ended
    for (let place = 0; place < this.orderLength; place++) {
      const row = this.order[place] ?? 0
      if (scratch.seen[row] === 1) continue
      const slot = this.#removeRow(row)
      if (slot >= 0) this.#endSlot(slot, ended)
    }
    if (this.#orphans) {
      this.#orphans = false
      for (const slot of this.slots.layout.live) if (this.slots.isOrphan(slot)) this.#endSlot(slot, ended)
    }
    this.order = scratch.next.slice(0, this.nextLength)
    this.orderLength = this.nextLength
    this.table.trim()
    return ended
  }

  #endSlot(slot: number, ended: number[]): void {
    if (this.#isTracked(slot)) ended.push(slot)
    this.slots.remove(slot)
  }

  /** Whether a series that goes gets a stale marker: those whose lines bore times do not, unless that is wanted. */
  #isTracked(slot: number): boolean {
    return this.#trackTimestamps || Number.isNaN(this.#lastTimes?.[slot] ?? Number.NaN)
  }
}
