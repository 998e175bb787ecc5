import type { Layout } from '#src/model/layout.ts'
import { sameSeries, type Series } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import type { Source } from '#src/model/source.ts'
import { NumberIndex } from './number-index.ts'
import { resized } from './part-table.ts'

/** The owner of a slot that no row has any more. */
const nobody = -1
/** The owner of a slot that the reader's caller writes. */
const caller = -2

/** Up to so many slots are looked through one by one. */
const fewSlots = 64

const noOwners = new Int32Array(0)

/**
 * The slots of a target's series, found by identity: two lines that come to the same series, be it by other order of
 * labels or by relabeling, share a slot. Knows which row a slot belongs to.
 */
export class SeriesSlots {
  readonly #table: SlotTable
  #owners = noOwners
  /** There where slots are many. */
  #index: NumberIndex | undefined
  #size = 0
  /** The rows of slots that have more than one. */
  #shared: Map<number, Set<number>> | undefined

  constructor(source: Source) {
    this.#table = new SlotTable(source)
  }

  /** The version last committed. */
  get layout(): Layout {
    return this.#table.layout
  }

  /** The number of series. */
  get size(): number {
    return this.#size
  }

  /** Bytes held beside the series themselves. */
  get memory(): number {
    return 4 * (this.#owners.length + (this.#index?.places.length ?? 0))
  }

  /** The series of a slot. */
  at(slot: number): Series | undefined {
    return this.#table.at(slot)
  }

  /** The slot of a series; -1 where it has none. */
  find(series: Series): number {
    if (this.#index === undefined) return this.#search(series)
    const { places, mask } = this.#index
    for (let at = series.hash.low & mask; ; at = (at + 1) & mask) {
      const slot = (places[at] ?? 0) - 1
      if (slot < 0) return -1
      const known = this.#table.at(slot)
      if (known !== undefined && sameSeries(known, series)) return slot
    }
  }

  /** Puts a series in, and takes over the caller's reference. */
  add(series: Series): number {
    const slot = this.#table.add(series)
    if (slot >= this.#owners.length) this.#owners = resized(this.#owners, slot + Math.max(16, slot >> 3))
    this.#owners[slot] = nobody
    this.#size++
    this.#index?.add(slot)
    if (this.#index === undefined && this.#table.length > fewSlots) this.#makeIndex()
    return slot
  }

  /** Takes a series out. */
  remove(slot: number): void {
    this.#index?.remove(slot)
    this.#size--
    this.#owners[slot] = nobody
    this.#shared?.delete(slot)
    this.#table.remove(slot)
  }

  /** A series that the caller writes and no line can be. */
  addOwn(series: Series): number {
    const slot = this.add(series)
    this.#owners[slot] = caller
    return slot
  }

  isOwn(slot: number): boolean {
    return this.#owners[slot] === caller
  }

  /** Whether no row has the slot. */
  isOrphan(slot: number): boolean {
    return this.#owners[slot] === nobody
  }

  /** Makes a row an owner of a slot. The rows that share it from now on are handed back where there is more than one. */
  attach(slot: number, row: number): ReadonlySet<number> | undefined {
    const owner = this.#owners[slot] ?? nobody
    if (owner === nobody) {
      this.#owners[slot] = row
      return undefined
    }
    this.#shared ??= new Map()
    const rows = this.#shared.get(slot) ?? new Set([owner])
    rows.add(row)
    this.#shared.set(slot, rows)
    return rows
  }

  /**
   * Takes a row off a slot.
   *
   * @returns how many rows are left, and the last of them
   */
  detach(slot: number, row: number): { readonly left: number; readonly last: number } {
    const rows = this.#shared?.get(slot)
    if (rows === undefined) {
      if (this.#owners[slot] === row) this.#owners[slot] = nobody
      return { left: 0, last: nobody }
    }
    rows.delete(row)
    const [last = nobody] = rows
    if (this.#owners[slot] !== caller) this.#owners[slot] = last
    if (rows.size <= 1) this.#shared?.delete(slot)
    return { left: rows.size, last }
  }

  /** Leaves all slots but the caller's without rows. */
  orphanAll(): void {
    this.#shared = undefined
    for (let slot = 0; slot < this.#owners.length; slot++) {
      if (this.#owners[slot] !== caller) this.#owners[slot] = nobody
    }
  }

  commit(): Layout {
    const layout = this.#table.commit()
    const { length } = layout.series
    if (this.#owners.length > length + (length >> 3)) this.#owners = resized(this.#owners, length)
    this.#index?.trim()
    return layout
  }

  dispose(): void {
    this.#table.dispose()
    this.#index = undefined
    this.#size = 0
    this.#owners = noOwners
    this.#shared = undefined
  }

  #search(series: Series): number {
    for (let slot = 0; slot < this.#table.length; slot++) {
      const known = this.#table.at(slot)
      if (known !== undefined && sameSeries(known, series)) return slot
    }
    return -1
  }

  #makeIndex(): void {
    this.#index = new NumberIndex((slot) => this.#table.at(slot)?.hash.low ?? 0)
    for (let slot = 0; slot < this.#table.length; slot++)
      if (this.#table.at(slot) !== undefined) this.#index.add(slot)
  }
}
