import { sameAttributes } from '#src/model/attribute-set.ts'
import type { Batch, Exemplar } from '#src/model/batch.ts'
import { combine, hashTexts } from '#src/model/hash.ts'
import type { Point } from '#src/model/point.ts'
import { releaseSeries, sameSeries, type Series } from '#src/model/series.ts'
import { Source } from '#src/model/source.ts'
import { FreeNumbers } from '#src/text/free-numbers.ts'
import { NumberIndex } from '#src/text/number-index.ts'
import { resized } from '#src/text/part-table.ts'
import type { ArrivalColumns } from './arrival-columns.ts'
import { ArrivalSource } from './arrival-source.ts'
import { KnownBytes, rootNode } from './known-bytes.ts'

/** How a receiver keeps what arrives. */
export interface ArrivalOptions {
  /** The component id of the receiver. */
  readonly receiver: string
  /** How many series it knows at a time. */
  readonly maxSeries: number
  /** After so many milliseconds without a point a series is let go, without a stale marker. */
  readonly idleMs: number
  /** Told of a source that has no series any more. */
  forget(source: Source): void
  /** Told of each series that is let go, was not taken, or that another took the place of. */
  released?(series: Series): void
}

/** Where the series of one sender go, so that they stay together: one for each resource, kept by the caller. */
export class Home {
  /** The source that has room for more. */
  source: ArrivalSource | undefined = undefined
  /** All that series of this home went to, and that may be gone by now. */
  readonly sources = new Set<ArrivalSource>()
}

/** How many cells a series takes, and what they are. */
const seriesCells = 5
/** -1 for a series that is not there. */
const sourceCell = 0
const slotCell = 1
/** The second of its last point, by a clock that only grows. */
const seenCell = 2
/** The first of the nodes whose bytes mean it, -1 for none. */
const leafCell = 3
const hashCell = 4

/** So many forms of one series are remembered: another sender may order its labels in another way. */
const mostForms = 4
/** So many series are let go before others have their turn. */
const sweepSlice = 5000
/**
 * Cells of columns that a request may take: each further point of a series is in a batch of its own, whose columns are as long
 * as its layout. 32 MiB for the values alone; a sender that catches up takes a thousandth of it.
 */
const mostCells = 4 * 1024 * 1024
/** What a batch takes beside its columns, in their cells. It also bounds how many batches a request may become. */
const batchCells = 256
/** So many exemplars wait for a point at most. */
const mostWaiting = 16_384

/** An exemplar on its way to a slot. */
export type ArrivingExemplar = Omit<Exemplar, 'slot'>

/**
 * Turns what is pushed, in any order and by any sender, into series, slots and batches. A request is a cycle of `begin`, then
 * for each point `find` by the raw bytes of what identifies it, or, where that is not known, `place` and `remember`; then
 * `record` with the setters behind it; then `end`, or `abort` where nothing of the request counts. All of it synchronously.
 *
 *     let series = arrivals.find(context, view, from, to)
 *     if (series < 0) {
 *       series = arrivals.place(decode(), home)
 *       if (series >= 0) arrivals.remember(series, context, bytes, view, from, to)
 *     }
 *     if (series >= 0 && arrivals.record(series, value, time)) arrivals.setStartTime(start)
 *
 * `Context` is what a caller keeps with bytes that many series lie below: a resource, a scope, a metric.
 */
export class Arrivals<Context = undefined> {
  readonly #options: ArrivalOptions
  readonly #known = new KnownBytes()
  readonly #contexts = new Map<number, Context>()
  /** Nodes of contexts that this request holds, so that they stay until series lie below them. */
  #held: number[] = []
  #cells = new Int32Array(16 * seriesCells)
  readonly #numbers = new FreeNumbers()
  readonly #index = new NumberIndex((number) => this.#cells[number * seriesCells + hashCell] ?? 0)
  readonly #sources: (ArrivalSource | undefined)[] = []
  readonly #sourceNumbers = new Map<ArrivalSource, number>()
  #lastPart = 0
  /** The source that takes series that have no home yet. */
  #open: ArrivalSource | undefined
  /** Series that are to be placed again, since what was said of them is no longer true. */
  readonly #outdated = new Set<number>()
  /** Series that this request made. */
  #added: number[] = []
  /** Batches that had to be made before the end of the request. */
  #early: Batch[] = []
  #touched: ArrivalSource[] = []
  /** Exemplars that came before a point that they could go with, by the number of their series. */
  readonly #waiting = new Map<number, ArrivingExemplar[]>()
  #exemplarsWaiting = 0
  #columns: ArrivalColumns | undefined
  #slot = 0
  #cellsTaken = 0
  #second = 0
  #nextSweepMs = 0
  #sweepAt = 0

  constructor(options: ArrivalOptions) {
    this.#options = options
  }

  /** The number of series. */
  get size(): number {
    return this.#index.size
  }

  /** The number of sources that they are divided among. */
  get sources(): number {
    return this.#sourceNumbers.size
  }

  /** Bytes held beside series, layouts and contexts. */
  get memory(): number {
    return this.#known.memory + 4 * (this.#cells.length + this.#index.places.length) + this.#numbers.memory
  }

  /** The series of a number. */
  at(number: number): Series | undefined {
    return this.has(number) ? this.#seriesOf(number) : undefined
  }

  /** Whether there is a series of this number. */
  has(number: number): boolean {
    return (this.#cells[number * seriesCells + sourceCell] ?? -1) >= 0
  }

  /** Begins a request. @param now milliseconds, by a clock that only grows */
  begin(now: number): void {
    this.sweep(now)
    this.#second = Math.floor(now / 1000)
    this.#known.begin()
    this.#cellsTaken = 0
  }

  /** The node of a context that lies below another (or `rootNode`), by its raw bytes; -1 where it is not known. */
  findContext(parent: number, view: DataView, from: number, to: number): number {
    return this.#known.find(parent, view, from, to)
  }

  /** Makes a node of the bytes that `findContext` was asked for last. It goes with the last series below it. */
  addContext(
    parent: number,
    bytes: Buffer,
    view: DataView,
    from: number,
    to: number,
    context: Context,
  ): number {
    const node = this.#known.add(parent, bytes, view, from, to)
    this.#held.push(node)
    this.#contexts.set(node, context)
    return node
  }

  /** What was kept with a node of `addContext`. */
  context(node: number): Context | undefined {
    return this.#contexts.get(node)
  }

  /** The series that some bytes below a context mean; -1 where that is not known, or no longer true. */
  find(parent: number, view: DataView, from: number, to: number): number {
    const node = this.#known.find(parent, view, from, to)
    if (node < 0) return -1
    const number = this.#known.valueOf(node)
    return this.#outdated.size > 0 && this.#outdated.has(number) ? -1 : number
  }

  /**
   * Puts a series in, or finds it, and takes over the caller's reference. A known one that differs in what is no part of its
   * identity (a resource of scraped series, its type) gives its place to the new one.
   *
   * @param home of the series that it belongs to
   * @returns its number; -1 where there are too many series
   */
  place(series: Series, home: Home): number {
    const hash = identityHash(series)
    const known = this.#findSeries(hash, series)
    if (known >= 0) {
      this.#outdated.delete(known)
      const before = this.#seriesOf(known)
      if (before.metric === series.metric && before.role === series.role) this.#giveBack(series)
      else this.#replace(known, series)
      return known
    }
    if (this.size >= this.#options.maxSeries) {
      this.#giveBack(series)
      return -1
    }
    const number = this.#numbers.take()
    const at = number * seriesCells
    if (at >= this.#cells.length)
      this.#cells = resized(this.#cells, at + seriesCells * Math.max(16, number >> 2))
    this.#cells[at + seenCell] = this.#second
    this.#cells[at + leafCell] = -1
    this.#cells[at + hashCell] = hash
    this.#put(number, series, home)
    this.#index.add(number)
    this.#added.push(number)
    return number
  }

  /** Remembers that the bytes that `find` was asked for last mean a series. */
  remember(number: number, parent: number, bytes: Buffer, view: DataView, from: number, to: number): void {
    const known = this.#known
    // Bytes that are outdated were found, and mean the same series still.
    if (known.find(parent, view, from, to) >= 0) return
    const first = this.#cells[number * seriesCells + leafCell] ?? -1
    let forms = 1
    for (let leaf = first; leaf >= 0; leaf = known.chainOf(leaf)) if (++forms > mostForms) return
    const leaf = known.add(parent, bytes, view, from, to)
    known.setValue(leaf, number)
    known.setChain(leaf, first)
    this.#cells[number * seriesCells + leafCell] = leaf
  }

  /**
   * Adds a point of a series. Several points of one series keep their order.
   *
   * @param time Unix milliseconds
   * @returns false where one request has too many points of the same series
   */
  record(number: number, value: number, time: number): boolean {
    const cells = this.#cells
    const at = number * seriesCells
    const source = this.#sources[cells[at + sourceCell] ?? -1]
    if (source === undefined) throw new Error(`there is no series ${number}`)
    if (!source.touched) this.#touched.push(source)
    const slot = cells[at + slotCell] ?? 0
    if (source.needsRound(slot)) {
      if (this.#cellsTaken > mostCells) return false
      this.#cellsTaken += source.length + batchCells
    }
    this.#columns = source.record(slot, value, time)
    this.#slot = slot
    cells[at + seenCell] = this.#second
    if (this.#waiting.size > 0) this.#addWaiting(number)
    return true
  }

  /** Of the point that was recorded last: its time in Unix nanoseconds. In a request where one has it, all need it. */
  setTimeNano(time: bigint): void {
    this.#columns?.setTimeNano(this.#slot, time)
  }

  /** Of the point that was recorded last: since when it counts, in Unix milliseconds. */
  setStartTime(time: number): void {
    this.#columns?.setStartTime(this.#slot, time)
  }

  /** The same in Unix nanoseconds. */
  setStartTimeNano(time: bigint): void {
    this.#columns?.setStartTimeNano(this.#slot, time)
  }

  /** The point that was recorded last is an OTLP `int`; `exact` where a double does not hold it. */
  setInteger(exact?: bigint): void {
    this.#columns?.setInteger(this.#slot, exact)
  }

  /** The sender says that the series has no value any more. */
  setStale(): void {
    this.#columns?.setStale(this.#slot)
  }

  /** The point that was recorded last is a histogram, an exponential one or a summary. */
  setPoint(point: Point): void {
    this.#columns?.setPoint(this.#slot, point)
  }

  /** Adds an exemplar to the point that was recorded last. */
  addExemplar(exemplar: ArrivingExemplar): void {
    this.#columns?.addExemplar({ ...exemplar, slot: this.#slot })
  }

  /**
   * Adds an exemplar that came by itself: to the last point that its series has in this request, or else to its next one.
   *
   * @returns false where too many wait for a point already
   */
  addExemplarOf(number: number, exemplar: ArrivingExemplar): boolean {
    const at = number * seriesCells
    const slot = this.#cells[at + slotCell] ?? 0
    const columns = this.#sources[this.#cells[at + sourceCell] ?? -1]?.lastColumns(slot)
    if (columns !== undefined) {
      columns.addExemplar({ ...exemplar, slot })
      return true
    }
    if (this.#exemplarsWaiting >= mostWaiting) return false
    const waiting = this.#waiting.get(number)
    if (waiting === undefined) this.#waiting.set(number, [exemplar])
    else waiting.push(exemplar)
    this.#exemplarsWaiting++
    return true
  }

  /** Ends the request. @returns its batches, to be emitted in this order */
  end(): Batch[] {
    const batches = this.#early.concat(...[...new Set(this.#touched)].map((source) => source.take()))
    this.#finish()
    return batches
  }

  /** Ends the request as if it had not been. */
  abort(): void {
    for (const source of this.#touched) source.drop()
    for (const number of this.#added) this.#remove(number)
    this.#finish()
  }

  /**
   * Has series placed again when their next point comes, since what was said of them is no longer true: `find` does not
   * know them until then.
   */
  outdate(isOutdated: (series: Series) => boolean, home?: Home): void {
    for (const source of home === undefined ? this.#sourceNumbers.keys() : home.sources) {
      if (!this.#sourceNumbers.has(source)) home?.sources.delete(source)
      else
        for (const number of source.numbers()) {
          if (isOutdated(this.#seriesOf(number))) this.#outdated.add(number)
        }
    }
  }

  /**
   * Lets go of series that have been silent for too long, some at a time. `begin` does it as well; a receiver that hears
   * nothing does it by a timer.
   *
   * @param now milliseconds, by a clock that only grows
   */
  sweep(now: number): void {
    if (now < this.#nextSweepMs) return
    const { idleMs } = this.#options
    const oldest = Math.floor((now - idleMs) / 1000)
    let left = sweepSlice
    for (; this.#sweepAt < this.#numbers.limit; this.#sweepAt++) {
      const seen = this.#cells[this.#sweepAt * seriesCells + seenCell] ?? 0
      if (seen >= oldest || !this.has(this.#sweepAt)) continue
      if (left-- === 0) return
      this.#remove(this.#sweepAt)
    }
    this.#sweepAt = 0
    this.#nextSweepMs = now + idleMs / 8
    this.#dropEmptySources()
    this.#trim()
  }

  /** Gives everything back. */
  dispose(): void {
    for (const source of this.#sourceNumbers.keys()) source.dispose()
    this.#sourceNumbers.clear()
    this.#sources.length = 0
    this.#open = undefined
    this.#known.clear()
    this.#contexts.clear()
    this.#index.clear()
    this.#numbers.clear()
    this.#cells = new Int32Array(16 * seriesCells)
    this.#outdated.clear()
    this.#waiting.clear()
    this.#exemplarsWaiting = 0
    this.#held = []
    this.#added = []
    this.#early = []
    this.#touched = []
    this.#columns = undefined
  }

  #finish(): void {
    for (const node of this.#held) this.#known.release(node, (gone) => this.#contexts.delete(gone))
    this.#held = []
    this.#added = []
    this.#early = []
    this.#touched = []
    this.#columns = undefined
  }

  #seriesOf(number: number): Series {
    const at = number * seriesCells
    const series = this.#sources[this.#cells[at + sourceCell] ?? -1]?.at(this.#cells[at + slotCell] ?? -1)
    if (series === undefined) throw new Error(`there is no series ${number}`)
    return series
  }

  #findSeries(hash: number, series: Series): number {
    const { places, mask } = this.#index
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const number = (places[at] ?? 0) - 1
      if (number < 0) return -1
      if (this.#cells[number * seriesCells + hashCell] !== hash) continue
      if (sameIdentity(this.#seriesOf(number), series)) return number
    }
  }

  #addWaiting(number: number): void {
    for (const exemplar of this.#takeWaiting(number)) this.addExemplar(exemplar)
  }

  /** The exemplars that wait for a point of a series, which then wait no more. */
  #takeWaiting(number: number): readonly ArrivingExemplar[] {
    const waiting = this.#waiting.get(number)
    if (waiting === undefined) return []
    this.#waiting.delete(number)
    this.#exemplarsWaiting -= waiting.length
    return waiting
  }

  #giveBack(series: Series): void {
    this.#options.released?.(series)
    releaseSeries(series)
  }

  #put(number: number, series: Series, home: Home): void {
    const source = this.#sourceFor(series, home)
    const at = number * seriesCells
    this.#cells[at + slotCell] = source.add(series, number)
    this.#cells[at + sourceCell] = this.#sourceNumbers.get(source) ?? -1
  }

  /**
   * Puts a series in the place of another of its identity, in the same version of the same layout: consumers then see one end
   * where the other begins, and never two.
   */
  #replace(number: number, series: Series): void {
    const at = number * seriesCells
    const source = this.#sources[this.#cells[at + sourceCell] ?? -1]
    const slot = this.#cells[at + slotCell] ?? 0
    if (source === undefined) throw new Error(`there is no series ${number}`)
    // What the old one has in this request is on the layout that has it.
    if (source.lastColumns(slot) !== undefined) this.#early = this.#early.concat(source.take())
    this.#options.released?.(this.#seriesOf(number))
    source.remove(slot)
    this.#cells[at + slotCell] = source.add(series, number)
  }

  #sourceFor(series: Series, home: Home): ArrivalSource {
    let { source } = home
    if (source === undefined || !source.hasRoom(series) || !this.#sourceNumbers.has(source)) {
      if (this.#open?.hasRoom(series) !== true) this.#open = this.#newSource()
      source = this.#open
      home.source = source
      home.sources.add(source)
    }
    return source
  }

  #newSource(): ArrivalSource {
    const source = new ArrivalSource(new Source(this.#options.receiver, String(++this.#lastPart), ''))
    let place = this.#sources.indexOf(undefined)
    if (place < 0) place = this.#sources.length
    this.#sources[place] = source
    this.#sourceNumbers.set(source, place)
    return source
  }

  #remove(number: number): void {
    const at = number * seriesCells
    const source = this.#sources[this.#cells[at + sourceCell] ?? -1]
    if (source === undefined) return
    const known = this.#known
    for (let leaf = this.#cells[at + leafCell] ?? -1; leaf >= 0;) {
      const next = known.chainOf(leaf)
      known.release(leaf, (gone) => this.#contexts.delete(gone))
      leaf = next
    }
    const series = this.#seriesOf(number)
    this.#index.remove(number)
    this.#outdated.delete(number)
    this.#takeWaiting(number)
    this.#options.released?.(series)
    source.remove(this.#cells[at + slotCell] ?? 0)
    this.#cells[at + sourceCell] = -1
    this.#numbers.give(number)
  }

  #dropEmptySources(): void {
    for (const [source, place] of this.#sourceNumbers) {
      if (source.size > 0) continue
      source.dispose()
      this.#sourceNumbers.delete(source)
      this.#sources[place] = undefined
      if (this.#open === source) this.#open = undefined
      this.#options.forget(source.source)
    }
    // Of those that lost most of their series, the emptiest is filled first.
    for (const source of this.#sourceNumbers.keys()) {
      if (this.#open === undefined || source.size < this.#open.size) this.#open = source
    }
  }

  #trim(): void {
    this.#known.trim()
    this.#index.trim()
    this.#numbers.trim()
    const { limit } = this.#numbers
    if (this.#cells.length / seriesCells - limit > 64 + (limit >> 3))
      this.#cells = resized(this.#cells, limit * seriesCells)
  }
}

export { rootNode }

/** Of Prometheus origin the name and labels alone: whether it is a part of a histogram may turn out later. */
function identityHash(series: Series): number {
  const { metric, attributes } = series
  if (!metric.scope.resource.derived) return series.hash.low
  return combine(hashTexts([series.name]), attributes).low
}

function sameIdentity(first: Series, second: Series): boolean {
  const { derived } = first.metric.scope.resource
  if (!derived || !second.metric.scope.resource.derived) return sameSeries(first, second)
  return first.name === second.name && sameAttributes(first.attributes, second.attributes)
}
