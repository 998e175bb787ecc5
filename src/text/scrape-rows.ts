import { staleBatch, type Batch } from '#src/model/batch.ts'
import { parseBound } from '#src/model/classic-parts.ts'
import { releaseSeries, type Series } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import { boundLabelOf, normalizeBounds, withoutBounds } from './bound-labels.ts'
import { CreatedTimes } from './created-times.ts'
import { CustomHistograms, type CustomHistogram } from './custom-histograms.ts'
import { ExposedFamilies, type ExposedName, type MetadataLine, type SeriesShape } from './exposed-families.ts'
import type { Resolve, RowOptions, SampleDetails, ScrapeCounts } from './exposed-series.ts'
import { ExpositionError, LineMistake } from './exposition-error.ts'
import { LineOrder } from './line-order.ts'
import { rowTarget, RowTable, sharedTarget, slotOfTarget } from './row-table.ts'
import { noColumns, SampleColumns } from './sample-columns.ts'
import { SeriesSlots } from './series-slots.ts'
import { parseSeries, type SeriesText } from './series-text.ts'
import { protobufDialect, textDialect, type Dialect } from './text-tokens.ts'

/** What a line made of a native histogram has before its value, instead of a space: a tab. */
export const nativeSeparator = 0x09

/** The owner of the slot of a histogram that many rows are parts of. */
const wholeOwner = -3

/** What a row of metadata has for its name: the number of its family, below those of names. */
function nameOfFamily(family: number): number {
  return -2 - family
}

function familyOfName(name: number): number {
  return -2 - name
}

/**
 * The lines of a target and the series that they are, over all its scrapes. Nothing that a body brings is final before
 * `commit`.
 */
export class ScrapeRows {
  readonly table = new RowTable()
  readonly order = new LineOrder(this.table)
  readonly slots: SeriesSlots
  readonly #families = new ExposedFamilies()
  /** There where a body has had `_created` lines. */
  #createdTimes: CreatedTimes | undefined
  /** There where classic histograms are read as native ones. */
  #histograms: CustomHistograms | undefined
  /** Whether that goes for the lines to come. */
  assembles = true
  readonly #resolve: Resolve
  readonly #options: RowOptions
  columns: SampleColumns = noColumns
  dialect: Dialect = textDialect
  /** Samples of this body. */
  scraped = 0
  /** Those of them that are no sample of a series: relabeling dropped it, or they are start times. */
  dropped = 0
  #startTimes = 0
  #duplicates = 0
  #malformed = 0
  /** Rows and slots that came with this body. */
  #newRows: number[] = []
  #newSlots: number[] = []
  /** Slots with several rows that have their sample. */
  #sharedSeen: Set<number> | undefined
  /** Whether lines were forgotten, so that a slot may have no row. */
  #orphans = false
  /** The times that lines of the last body bore. */
  #lastTimes: Float64Array | undefined
  /** Whether all series but the caller's have ended, and have their stale markers. */
  #suspended = false

  constructor(source: Source, resolve: Resolve, options: RowOptions) {
    this.slots = new SeriesSlots(source)
    this.#resolve = resolve
    this.#options = options
  }

  get counts(): ScrapeCounts {
    const { scraped, dropped } = this
    return {
      scraped,
      kept: scraped - dropped,
      startTimes: this.#startTimes,
      added: this.#newSlots.length,
      duplicates: this.#duplicates,
      malformed: this.#malformed,
    }
  }

  /** Begins a body. Rows are bytes, and what they are depends on the dialect: another one forgets them. */
  begin(dialect: Dialect): void {
    if (dialect !== this.dialect) this.forgetLines()
    this.dialect = dialect
    this.#families.begin(!dialect.loose)
    this.order.begin()
    this.scraped = 0
    this.dropped = 0
    this.#startTimes = 0
    this.#duplicates = 0
    this.#malformed = 0
    if (this.#newRows.length > 0) this.#newRows = []
    if (this.#newSlots.length > 0) this.#newSlots = []
    this.columns = new SampleColumns(this.slots.layout.series.length)
  }

  /** Forgets how lines looked; series keep their slots until a body lacks them. */
  forgetLines(): void {
    this.table.clear()
    this.order.clear()
    this.#families.clear()
    this.#createdTimes = undefined
    this.#histograms = undefined
    this.slots.orphanAll()
    this.#orphans = this.slots.size > 0
  }

  /**
   * The row of a sample's line, made where there is none; -1 where the line is one too many to be kept.
   *
   * @param labelsAt the position behind the name
   * @param valueAt the position of the value
   * @throws LineMistake
   */
  sampleRow(bytes: Buffer, view: DataView, at: number, labelsAt: number, valueAt: number): number {
    const row = this.order.find(view, at, labelsAt, valueAt)
    return row >= 0 ? row : this.#addSample(bytes, view, at, labelsAt, valueAt)
  }

  /** Whether a line of metadata, which ends behind its newline, is known; then it is noted. */
  knowsMetadata(view: DataView, at: number, end: number): boolean {
    const row = this.order.find(view, at, at, end)
    if (row >= 0) this.order.visit(row)
    return row >= 0
  }

  /** Adds a line of metadata. */
  addMetadata(line: MetadataLine, bytes: Buffer, view: DataView, at: number, end: number): void {
    const row = this.#addRow(bytes, view, at, at, end, rowTarget.metadata, -1)
    const family = this.#families.tell(line, row, (other) => this.order.hasSeen(other))
    this.table.setName(row, nameOfFamily(family))
    this.order.visit(row)
  }

  /** Takes the sample of a row. */
  record(row: number, value: number, details: SampleDetails): void {
    const target = row < 0 ? rowTarget.dropped : this.table.targetOf(row)
    if (target === rowTarget.part) {
      if (this.order.visit(row)) this.#tellPart(row, value, details)
      else this.#duplicates++
      return
    }
    this.scraped++
    if (row < 0) return
    const first = this.order.visit(row)
    const slot = slotOfTarget(target)
    if (first && this.#histograms?.has(row) === true) this.#tellPart(row, value, details)
    if (slot < 0) {
      this.dropped++
      if (target !== rowTarget.created) return
      this.#startTimes++
      if (first) this.#createdTimes?.tell(row, value)
      return
    }
    const { columns } = this
    const { time, exemplars, startTime, point, stale } = details
    if (!first || (target < 0 && this.#sharedSeen?.has(slot) === true)) {
      if (Number.isNaN(time)) this.#duplicates++
      else if (!columns.addLater(slot, value, time)) this.#duplicates++
      return
    }
    if (target < 0) this.#seeShared(slot)
    columns.reserve(slot)
    columns.values[slot] = value
    if (!Number.isNaN(time)) columns.needTimes()[slot] = time
    if (startTime !== undefined) columns.setStartTime(slot, startTime)
    if (point !== undefined) columns.setPoint(slot, point)
    if (stale === true) columns.setStale(slot)
    for (const exemplar of exemplars ?? []) columns.addExemplar(slot, exemplar)
  }

  /**
   * The body was taken: lines that it lacked are gone.
   *
   * @param time of the scrape, Unix milliseconds
   * @param writeOwn told once the columns have their size, to put the caller's own series in
   * @returns stale markers on the layout before, then the samples
   */
  commit(time: number, writeOwn: (columns: SampleColumns) => void): Batch[] {
    const before = this.slots.layout
    this.#retype()
    const ended = this.#removeUnseen()
    const layout = this.slots.commit()
    // Where no body was begun, the empty ones are all targets'.
    if (this.columns === noColumns) this.columns = new SampleColumns(layout.series.length)
    this.columns.reserve(layout.series.length - 1)
    this.#writeHistograms()
    this.#writeStartTimes()
    writeOwn(this.columns)
    this.#lastTimes = this.columns.times
    this.#suspended = false
    const batches = this.columns.batches(layout, time)
    if (ended.length > 0) batches.unshift(staleBatch(before, Int32Array.from(ended).toSorted(), time))
    this.#finish()
    return batches
  }

  /** The body is given up: rows and series that it brought go again. */
  abort(): void {
    for (const row of this.#newRows) this.#removeRow(row)
    for (const slot of this.#histograms?.takeEnded() ?? []) this.slots.detach(slot, wholeOwner)
    for (const slot of this.#newSlots) this.slots.remove(slot)
    this.#families.rollBack()
    if (this.#newRows.length > 0) this.table.trim()
    this.order.giveUp()
    this.#finish()
  }

  /**
   * Ends all series but the caller's; they keep slots and lines, for a body that has them again.
   *
   * @returns the slots that get stale markers: none where all have them
   */
  suspend(): number[] {
    if (this.#suspended) return []
    this.#suspended = true
    return [...this.slots.layout.live].filter((slot) => !this.slots.isOwn(slot) && this.#isTracked(slot))
  }

  /** Ends all series but those that the caller keeps: returns the slots that get stale markers. */
  endAll(keeps: (slot: number) => boolean): number[] {
    const ended: number[] = []
    for (const slot of this.slots.layout.live) if (!keeps(slot)) this.#endSlot(slot, ended)
    this.forgetLines()
    this.#orphans = false
    this.#lastTimes = undefined
    return ended
  }

  #finish(): void {
    this.#createdTimes?.settle()
    this.#histograms?.settle()
    this.#sharedSeen = undefined
    this.columns = noColumns
  }

  #addSample(bytes: Buffer, view: DataView, at: number, labelsAt: number, valueAt: number): number {
    const text = parseSeries(bytes, at, valueAt, this.dialect)
    const exposed = this.#families.retain(text.name, this.#shapeOf(text, bytes, valueAt))
    let row = -1
    try {
      if (exposed.role === 'created') {
        row = this.#addRow(bytes, view, at, labelsAt, valueAt, rowTarget.created, exposed.id)
        this.#needCreatedTimes().addRow(row, exposed.family.name, text.labels)
        return row
      }
      const isPart = this.#isPart(exposed, text)
      if (isPart && this.#options.customHistograms === 'instead') {
        row = this.#addRow(bytes, view, at, labelsAt, valueAt, rowTarget.part, exposed.id)
        this.#addPart(row, exposed, text, at)
        return row
      }
      const series = this.#resolved(exposed, text, at)
      const { sampleLimit } = this.#options
      if (series !== undefined && sampleLimit > 0 && this.scraped - this.dropped >= sampleLimit) {
        releaseSeries(series)
        return -1
      }
      row = this.#addRow(bytes, view, at, labelsAt, valueAt, rowTarget.dropped, exposed.id)
      if (series !== undefined) this.#place(series, row, exposed, text)
      if (isPart) this.#addPart(row, exposed, text, at)
      return row
    } finally {
      if (row < 0) this.#families.release(exposed.id)
    }
  }

  /** Whether a line is a part of a classic histogram that is to be read as a whole. */
  #isPart({ family, role }: ExposedName, { labels }: SeriesText): boolean {
    if (this.#options.customHistograms === undefined || !this.assembles) return false
    if (family.descriptor.kind !== 'histogram') return false
    return role === 'sum' || role === 'count' || (role === 'bucket' && boundOf(labels) !== undefined)
  }

  /** The histogram that a line is a part of, made where it is the first. */
  #histogramOf(
    histograms: CustomHistograms,
    exposed: ExposedName,
    text: SeriesText,
    at: number,
  ): CustomHistogram {
    const { family } = exposed
    const known = histograms.find(family.name, text.labels)
    if (known !== undefined) return known
    const whole = { name: family.name, labels: withoutBounds(text.labels) }
    const series = this.#resolved({ ...exposed, role: 'none' }, { ...text, ...whole }, at)
    const slot = series === undefined ? -1 : this.#slotOfWhole(series)
    if (series !== undefined && slot >= 0 && this.#createdTimes?.has(family.name) === true)
      this.#createdTimes.addSeries(slot, series, family.name, whole.labels)
    return histograms.add(family.name, whole.labels, slot)
  }

  /** The slot of a series that no line has; -1 where one has it. */
  #slotOfWhole(series: Series): number {
    const known = this.slots.find(series)
    if (known < 0) {
      const slot = this.slots.add(series)
      this.slots.attach(slot, wholeOwner)
      this.#newSlots.push(slot)
      return slot
    }
    releaseSeries(series)
    if (!this.slots.isOrphan(known)) return -1
    this.slots.attach(known, wholeOwner)
    return known
  }

  #addPart(row: number, exposed: ExposedName, text: SeriesText, at: number): void {
    const { role } = exposed
    if (role !== 'bucket' && role !== 'sum' && role !== 'count') return
    const bound = role === 'bucket' ? (boundOf(text.labels) ?? Number.NaN) : Number.NaN
    this.#histograms ??= new CustomHistograms()
    this.#histograms.addRow(row, this.#histogramOf(this.#histograms, exposed, text, at), role, bound)
    const own = this.table.targetOf(row)
    // Lines that have a slot to themselves are read in passing, and not told here.
    if (own >= 0) this.table.setTarget(row, sharedTarget(own))
  }

  #tellPart(row: number, value: number, details: SampleDetails): void {
    const told = this.#histograms?.tell(row, value, details)
    if (told === undefined) return
    const { slot, first } = told
    if (first) this.scraped++
    if (first && slot < 0) this.dropped++
    if (slot < 0) return
    for (const exemplar of details.exemplars ?? []) this.columns.addExemplar(slot, exemplar)
  }

  #writeHistograms(): void {
    const { columns } = this
    for (const [{ slot, details }, point] of this.#histograms?.points() ?? []) {
      columns.reserve(slot)
      if (details !== undefined && !Number.isNaN(details.time)) columns.needTimes()[slot] = details.time
      if (details?.startTime !== undefined) columns.setStartTime(slot, details.startTime)
      if (point !== undefined) columns.setPoint(slot, point)
      else {
        columns.setStale(slot)
        this.#malformed++
      }
    }
  }

  #shapeOf({ labels }: SeriesText, bytes: Buffer, valueAt: number): SeriesShape {
    const native = this.dialect === protobufDialect && bytes[valueAt - 1] === nativeSeparator
    return native ? 'native' : boundLabelOf(labels)
  }

  /** Asks which series a line is. */
  #resolved(exposed: ExposedName, { name, labels }: SeriesText, at: number): Series | undefined {
    const { family, role } = exposed
    try {
      return this.#resolve({ name, labels: normalizeBounds(labels, role), family, role })
    } catch (error) {
      const code = error instanceof ExpositionError ? error.code : 'series'
      throw new LineMistake(error instanceof Error ? error.message : String(error), at, code, error)
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
    const row = this.table.addFound(bytes, view, at, labelsAt, end, target, name)
    this.order.admit(row)
    this.#newRows.push(row)
    return row
  }

  /** Gives a row the slot of a series, which it may share with others. */
  #place(series: Series, row: number, { family }: ExposedName, { labels }: SeriesText): void {
    let slot = this.slots.find(series)
    if (slot < 0) {
      slot = this.slots.add(series)
      this.#newSlots.push(slot)
      if (this.#createdTimes?.has(family.name) === true)
        this.#createdTimes.addSeries(slot, series, family.name, labels)
    } else releaseSeries(series)
    // The caller's own series are no line's: it stays dropped.
    if (this.slots.isOwn(slot) || this.#histograms?.isSlot(slot) === true) return
    this.table.setTarget(row, slot)
    for (const sharer of this.slots.attach(slot, row) ?? []) {
      this.table.setTarget(sharer, sharedTarget(slot))
      if (this.order.hasSeen(sharer)) this.#seeShared(slot)
    }
  }

  #seeShared(slot: number): void {
    this.#sharedSeen ??= new Set()
    this.#sharedSeen.add(slot)
  }

  #needCreatedTimes(): CreatedTimes {
    this.#createdTimes ??= new CreatedTimes()
    return this.#createdTimes
  }

  #writeStartTimes(): void {
    if (this.#createdTimes === undefined) return
    this.#admitCreatedFamilies(this.#createdTimes)
    for (const [slot, time] of this.#createdTimes.startTimes((slot) => this.slots.at(slot))) {
      this.columns.setStartTime(slot, time)
    }
  }

  /** Adds the series of families whose first `_created` line has come: they were there before it. */
  #admitCreatedFamilies(createdTimes: CreatedTimes): void {
    const { newFamilies } = createdTimes
    if (newFamilies.size === 0) return
    for (const row of this.table.rows()) {
      const family = this.#families.at(this.table.nameOf(row))?.family.name ?? ''
      const slot = slotOfTarget(this.table.targetOf(row))
      const series = this.slots.at(slot)
      if (series === undefined || !newFamilies.has(family)) continue
      createdTimes.addSeries(slot, series, family, this.#textOf(row).labels)
    }
    for (const { slot, family, labels } of this.#histograms?.all() ?? []) {
      const series = this.slots.at(slot)
      if (series !== undefined && newFamilies.has(family))
        createdTimes.addSeries(slot, series, family, labels)
    }
  }

  #textOf(row: number): SeriesText {
    const bytes = this.table.textOf(row)
    return parseSeries(bytes, 0, bytes.length - 1, this.dialect)
  }

  /** Takes a row out. Returns the slot that no row has any more, -1 where there is none. */
  #removeRow(row: number): number {
    const target = this.table.targetOf(row)
    const orphan = this.#detach(row)
    if (target === rowTarget.metadata)
      this.#families.releaseMetadata(familyOfName(this.table.nameOf(row)), row)
    else if (target === rowTarget.created) this.#createdTimes?.removeRow(row)
    this.#histograms?.removeRow(row)
    const name = this.table.nameOf(row)
    if (name >= 0) this.#families.release(name)
    this.table.remove(row)
    return orphan
  }

  /** Takes a row off its slot. Returns the slot where no row is left, else -1. */
  #detach(row: number): number {
    const slot = slotOfTarget(this.table.targetOf(row))
    if (slot < 0) return -1
    const { left, last } = this.slots.detach(slot, row)
    if (left === 1 && this.#histograms?.has(last) !== true) this.table.setTarget(last, slot)
    return left === 0 ? slot : -1
  }

  /** Takes out what the body lacked, and makes its order the one to follow. Returns the slots that get stale markers. */
  #removeUnseen(): number[] {
    const ended: number[] = []
    const unseen = this.order.unseen()
    for (const row of unseen) {
      const slot = this.#removeRow(row)
      if (slot >= 0) this.#endSlot(slot, ended)
    }
    for (const slot of this.#histograms?.takeEnded() ?? []) this.#endSlot(slot, ended)
    this.order.take()
    if (this.#orphans) {
      for (const slot of this.slots.layout.live) if (this.slots.isOrphan(slot)) this.#endSlot(slot, ended)
    }
    this.#orphans = false
    if (unseen.length + this.#newRows.length > 0) this.table.trim()
    return ended
  }

  #endSlot(slot: number, ended: number[]): void {
    if (this.#isTracked(slot) && (!this.#suspended || this.slots.isOwn(slot))) ended.push(slot)
    this.slots.remove(slot)
  }

  /** Whether a series that goes gets a stale marker: those whose lines bore times do not, unless that is wanted. */
  #isTracked(slot: number): boolean {
    if (this.#options.trackTimestampsStaleness) return true
    return Number.isNaN(this.#lastTimes?.[slot] ?? Number.NaN)
  }

  /**
   * A type that came late or changed: the series of its lines become parts, or stop to be. They get new slots, and no
   * stale markers, since by their labels they are what they were.
   */
  #retype(): void {
    const changed = this.#families.changedNames()
    if (changed.size === 0) return
    for (const row of this.table.rows()) {
      const name = this.table.nameOf(row)
      if (changed.has(name)) this.#retypeRow(row, name)
    }
  }

  #retypeRow(row: number, name: number): void {
    const bytes = this.table.textOf(row)
    const text = parseSeries(bytes, 0, bytes.length - 1, this.dialect)
    const exposed = this.#families.retain(text.name, this.#shapeOf(text, bytes, bytes.length - 1))
    this.#families.release(name)
    this.table.setName(row, exposed.id)
    const target = this.table.targetOf(row)
    const from = slotOfTarget(target)
    const isStartTime = exposed.role === 'created'
    if (target === rowTarget.created) this.#createdTimes?.removeRow(row)
    // Whose type is no histogram any more is a series of its own.
    const part = this.#histograms?.removeRow(row)
    const dropped = target === rowTarget.dropped || (target === rowTarget.part && part === undefined)
    const series = isStartTime || dropped ? undefined : this.#resolved(exposed, text, 0)
    const orphan = this.#detach(row)
    this.table.setTarget(row, isStartTime ? rowTarget.created : rowTarget.dropped)
    if (isStartTime) this.#needCreatedTimes().addRow(row, exposed.family.name, text.labels)
    if (series !== undefined) {
      this.#place(series, row, exposed, text)
      const to = this.table.targetOf(row)
      // A slot that another row has already has that row's sample.
      if (to >= 0 && from >= 0) this.columns.move(from, to)
      if (to >= 0 && target === rowTarget.part && part !== undefined) {
        this.columns.reserve(to)
        this.columns.values[to] = part
      }
    }
    if (orphan >= 0) this.slots.remove(orphan)
  }
}

function boundOf(labels: readonly string[]): number | undefined {
  const at = labels.findIndex((label, index) => index % 2 === 0 && label === 'le')
  return at < 0 ? undefined : parseBound(labels[at + 1])
}
