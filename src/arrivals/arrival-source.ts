import type { Batch } from '#src/model/batch.ts'
import type { Series } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import type { Source } from '#src/model/source.ts'
import { resized } from '#src/text/part-table.ts'
import { ArrivalColumns } from './arrival-columns.ts'

/**
 * A source takes new series up to this many. Columns are as long as the layout, so a request that brings a part of what a
 * receiver knows must not pay for all of it.
 */
const fullAt = 1024
/** Parts of histograms and summaries may go beyond, so that a family that has begun in a source stays together. */
const fullForPartsAt = 2048

/** One of the sources that the series of a receiver are divided among, in the order in which they first came. */
export class ArrivalSource {
  readonly source: Source
  readonly #table: SlotTable
  /** By slot: the number of the series. */
  #numbers = new Int32Array(64)
  /** By slot: how many points it has in this request. */
  #counts = new Int32Array(64)
  #rounds: ArrivalColumns[] = []
  #size = 0

  constructor(source: Source) {
    this.source = source
    this.#table = new SlotTable(source)
  }

  /** The number of series. */
  get size(): number {
    return this.#size
  }

  /** Whether something arrived in this request. */
  get touched(): boolean {
    return this.#rounds.length > 0
  }

  /** How long its columns are. */
  get length(): number {
    return this.#table.length
  }

  /** Whether the next point of a slot takes columns of its own, since no slot has so many yet. */
  needsRound(slot: number): boolean {
    return this.#counts[slot] === this.#rounds.length
  }

  /** Whether one series more may be put in. */
  hasRoom({ role }: Series): boolean {
    return this.#size < (role === 'none' || role === 'total' ? fullAt : fullForPartsAt)
  }

  at(slot: number): Series | undefined {
    return this.#table.at(slot)
  }

  /** Puts a series in, and takes over the caller's reference. @returns its slot */
  add(series: Series, number: number): number {
    const slot = this.#table.add(series)
    if (slot >= this.#numbers.length) {
      this.#numbers = resized(this.#numbers, slot + 64 + (slot >> 1))
      this.#counts = resized(this.#counts, slot + 64 + (slot >> 1))
    }
    this.#numbers[slot] = number
    this.#counts[slot] = 0
    this.#size++
    return slot
  }

  /** Takes a series out, between two requests. */
  remove(slot: number): void {
    this.#table.remove(slot)
    this.#size--
  }

  /** The numbers of all its series. */
  *numbers(): Generator<number> {
    for (let slot = 0; slot < this.#numbers.length; slot++) {
      if (this.#table.at(slot) !== undefined) yield this.#numbers[slot] ?? 0
    }
  }

  /** The columns that the last point of a slot went to in this request. */
  lastColumns(slot: number): ArrivalColumns | undefined {
    return this.#rounds[(this.#counts[slot] ?? 0) - 1]
  }

  /** Adds a point, and returns the columns that it went to. */
  record(slot: number, value: number, time: number): ArrivalColumns {
    const round = this.#counts[slot] ?? 0
    this.#counts[slot] = round + 1
    let columns = this.#rounds[round]
    if (columns === undefined) {
      columns = new ArrivalColumns(this.#table.length, time)
      this.#rounds[round] = columns
    }
    columns.add(slot, value, time)
    return columns
  }

  /** The batches of the request: the first points of all series, then the second ones, and so on. */
  take(): Batch[] {
    const layout = this.#table.commit()
    const batches = this.#rounds.map((columns) => columns.batch(layout))
    this.drop()
    return batches
  }

  /** Forgets what arrived in this request. */
  drop(): void {
    for (const slot of this.#rounds[0]?.slots ?? []) this.#counts[slot] = 0
    this.#rounds = []
  }

  dispose(): void {
    this.#table.dispose()
    this.#rounds = []
    this.#size = 0
  }
}
