import {
  internAttributes,
  releaseAttributes,
  sameEntries,
  type AttributeList,
} from '#src/model/attribute-set.ts'
import { Batch, flag, staleBatch } from '#src/model/batch.ts'
import { combine } from '#src/model/hash.ts'
import type { SampleOptions } from '#src/model/recorder.ts'
import type { Layout } from '#src/model/layout.ts'
import { sameSeries, Series, type Metric } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import type { Source } from '#src/model/source.ts'
import type { SampleSink } from '#src/naming/facts.ts'

/** The slots of one object's series, in the order in which they were recorded. */
export type ObjectSlots = readonly number[]

const noSlots: ObjectSlots = []

/**
 * The series of many objects in one layout. An object's samples stand until it is recorded again or removed, so that a cycle in
 * which nothing happened costs next to nothing.
 *
 * An object is recorded between `begin` and `end`. Its series are found by prediction: it nearly always shows the same ones in
 * the same order as before.
 */
export class ObjectTable implements SampleSink {
  readonly #table: SlotTable
  #values = new Float64Array(16)
  #flags = new Uint8Array(16)
  /** Whether a batch has the columns, so that they must not be written any more. */
  #shared = false
  /** Slots whose samples are not what the last batches said; none until there are any, when all of them would be. */
  readonly #changed = new Set<number>()
  /** Slots of the last layout whose series ended. */
  readonly #ended = new Set<number>()
  #before: ObjectSlots = noSlots
  #position = 0
  /** Whether the series of the object came as predicted so far. */
  #predicted = true
  #current: number[] = []
  /** The slots recorded of this object, by the low half of their series' hash; undefined while all came as predicted. */
  #recorded: Map<number, number> | undefined
  /** Those of `#before` by the same, once a prediction has failed. */
  #index: Map<number, number> | undefined
  /** All slots by the same, where an object's series may be another's too. */
  readonly #all: Map<number, number> | undefined
  /** How many objects beside the first show the series of a slot. */
  readonly #others = new Map<number, number>()
  #duplicates = 0

  /** @param options.shared whether objects may have series in common: then the value is that of the one recorded last */
  constructor(source: Source, { shared = false }: { readonly shared?: boolean } = {}) {
    this.#table = new SlotTable(source)
    this.#all = shared ? new Map() : undefined
  }

  /** Samples that were left out because their series had been shown before. */
  get duplicates(): number {
    return this.#duplicates
  }

  /** Whether there is anything that the last batches did not say. */
  get changed(): boolean {
    return this.#table.changed || this.#changed.size > 0
  }

  /**
   * Begins an object.
   *
   * @param before what `end` returned of it the last time
   */
  begin(before: ObjectSlots = noSlots): void {
    this.#before = before
    this.#position = 0
    this.#predicted = true
    this.#current = []
    this.#recorded = undefined
    this.#index = undefined
  }

  /** One sample of the object. `metric` is compared by reference: its producer makes each of its metrics once. */
  record(metric: Metric, attributes: AttributeList, value: number, options?: SampleOptions): void {
    const slot = this.#predict(metric, attributes) ?? this.#place(metric, internAttributes(attributes))
    if (slot === undefined) return
    this.#current.push(slot)
    this.#set(slot, value, options?.integer === true ? flag.integer : 0)
  }

  /**
   * Ends an object: what it showed before and not now has ended.
   *
   * @returns its slots, for the next `begin` or `remove`
   */
  end(): ObjectSlots {
    const slots = this.#current
    if (!this.#predicted || this.#position < this.#before.length) {
      const kept = new Set(slots)
      this.remove(this.#before.filter((slot) => !kept.has(slot)))
    }
    this.begin()
    // Grown one by one it would have room for half as much again.
    return slots.slice()
  }

  /** Gives up the object that was begun: it has the series that it had before. */
  abandon(): void {
    const before = new Set(this.#before)
    this.remove(this.#current.filter((slot) => !before.has(slot)))
    this.begin()
  }

  /** Ends all series of an object. */
  remove(slots: ObjectSlots): void {
    const sent = this.#table.layout
    for (const slot of slots) {
      if (this.#leave(slot)) continue
      const series = this.#table.at(slot)
      // One that no batch has shown needs no marker.
      if (sent.series[slot] !== undefined && sent.series[slot] === series) this.#ended.add(slot)
      this.#changed.delete(slot)
      if (series !== undefined && this.#all?.get(series.hash.low) === slot) this.#all.delete(series.hash.low)
      this.#table.remove(slot)
    }
  }

  /** Stale markers for what ended, and all samples as of a time in Unix milliseconds. */
  all(time: number): Batch[] {
    return this.#batches(time, undefined)
  }

  /** Stale markers for what ended, and the samples that have changed. */
  changes(time: number): Batch[] {
    return this.#batches(time, this.#isUntold ? undefined : Int32Array.from(this.#changed).toSorted())
  }

  /** Stale markers for all that was shown; it stays known, and `all` shows it again. */
  markers(time: number): Batch[] {
    const { layout } = this.#table
    return layout.size === 0 ? [] : [staleBatch(layout, layout.live, time)]
  }

  dispose(): void {
    this.#table.dispose()
  }

  /** Whether no batch has told anything yet. */
  get #isUntold(): boolean {
    return this.#table.layout.series.length === 0
  }

  #batches(time: number, slots: Int32Array | undefined): Batch[] {
    const before = this.#table.layout
    const ended = this.#endedSlots(before)
    const batches = ended.length === 0 ? [] : [staleBatch(before, ended, time)]
    const layout = this.#table.commit()
    this.#ended.clear()
    this.#changed.clear()
    if (layout.size > 0 && slots?.length !== 0) {
      this.#ensure(layout.series.length)
      batches.push(new Batch(layout, { time, values: this.#values, flags: this.#flags, slots }))
      this.#shared = true
    }
    return batches
  }

  /** Slots of the last layout whose series ended, and did not come back in another object. */
  #endedSlots(before: Layout): Int32Array {
    if (this.#ended.size === 0) return new Int32Array(0)
    const isNew = (slot: number): boolean => before.series[slot] === undefined
    const added = this.#indexOf([...this.#changed].filter(isNew))
    const ended = [...this.#ended].filter((slot) => {
      const series = before.series[slot]
      const successor = this.#table.at(added.get(series?.hash.low ?? 0) ?? -1)
      return series !== undefined && (successor === undefined || !sameSeries(successor, series))
    })
    return Int32Array.from(ended).toSorted()
  }

  /** The slot of a series that comes where it came before, for which no set has to be made. */
  #predict(metric: Metric, attributes: AttributeList): number | undefined {
    const slot = this.#before[this.#position]
    if (slot === undefined || this.#recorded !== undefined) return undefined
    const series = this.#table.at(slot)
    if (series?.metric !== metric || !sameEntries(series.attributes.entries, attributes)) return undefined
    this.#position++
    return slot
  }

  /** The slot of any other series, undefined where the object has shown it already; takes over the reference to its set. */
  #place(metric: Metric, set: Series['attributes']): number | undefined {
    const { low } = combine(metric.hash, set)
    this.#recorded ??= this.#indexOf(this.#current)
    const twin = this.#recorded.get(low)
    if (twin !== undefined && this.#holds(twin, metric, set)) {
      releaseAttributes(set)
      this.#duplicates++
      return undefined
    }
    let slot = this.#find(metric, set, low) ?? this.#join(metric, set, low)
    if (slot === undefined) {
      slot = this.#table.add(new Series(metric, set))
      this.#all?.set(low, slot)
    } else releaseAttributes(set)
    this.#recorded.set(low, slot)
    return slot
  }

  /** The slot that another object has for a series, which is this one's too from now on. */
  #join(metric: Metric, set: Series['attributes'], low: number): number | undefined {
    const slot = this.#all?.get(low)
    if (slot === undefined || !this.#holds(slot, metric, set)) return undefined
    this.#others.set(slot, (this.#others.get(slot) ?? 0) + 1)
    this.#duplicates++
    return slot
  }

  /** Whether it was shown by several objects, of which one no longer does. */
  #leave(slot: number): boolean {
    const others = this.#others.get(slot)
    if (others === undefined) return false
    if (others === 1) this.#others.delete(slot)
    else this.#others.set(slot, others - 1)
    return true
  }

  #holds(slot: number, metric: Metric, set: Series['attributes']): boolean {
    const series = this.#table.at(slot)
    return series !== undefined && series.metric === metric && series.attributes === set
  }

  /** The slot that the object had for a series before. */
  #find(metric: Metric, set: Series['attributes'], low: number): number | undefined {
    const predicted = this.#before[this.#position]
    if (predicted === undefined) return undefined
    if (this.#holds(predicted, metric, set)) {
      this.#position++
      return predicted
    }
    this.#predicted = false
    this.#index ??= this.#indexOf(this.#before)
    const slot = this.#index.get(low)
    if (slot === undefined || !this.#holds(slot, metric, set)) return undefined
    this.#position = this.#before.indexOf(slot) + 1
    return slot
  }

  #indexOf(slots: ObjectSlots): Map<number, number> {
    const index = new Map<number, number>()
    for (const slot of slots) {
      const series = this.#table.at(slot)
      if (series !== undefined) index.set(series.hash.low, slot)
    }
    return index
  }

  #set(slot: number, value: number, flags: number): void {
    const isNew = slot >= this.#values.length || this.#table.layout.series[slot] !== this.#table.at(slot)
    if (!isNew && this.#values[slot] === value && this.#flags[slot] === flags) return
    this.#ensure(slot + 1)
    if (this.#shared) this.#own()
    this.#values[slot] = value
    this.#flags[slot] = flags
    if (!this.#isUntold) this.#changed.add(slot)
  }

  /** Columns that no batch has. */
  #own(): void {
    this.#values = this.#values.slice()
    this.#flags = this.#flags.slice()
    this.#shared = false
  }

  #ensure(length: number): void {
    if (length <= this.#values.length) return
    // Not twice as much: what is room only is copied with each batch too.
    const room = Math.max(length, Math.ceil(this.#values.length * 1.25))
    const values = new Float64Array(room)
    values.set(this.#values)
    this.#values = values
    const flags = new Uint8Array(room)
    flags.set(this.#flags)
    this.#flags = flags
    this.#shared = false
  }
}
