import { flag, type Batch } from '#src/model/batch.ts'
import { emptyLayout, type Layout } from '#src/model/layout.ts'
import type { Source } from '#src/model/source.ts'
import { accumulate, type FoldedDrop } from './delta-accumulation.ts'
import { BatchColumns, exemplarsBySlot, FoldedColumns, type SampleColumns } from './sample-columns.ts'

/** Points of a batch that cannot be shown, by slot. */
export type RefusedSlots = ReadonlyMap<number, FoldedDrop>

const noneRefused: RefusedSlots = new Map()

/**
 * What one source said last. Of a batch that has a sample for every slot only the reference is kept; others are folded
 * into columns of its own, and so are series of delta temporality, which accumulate there.
 */
export class LatestSamples {
  readonly source: Source
  /** Unique among the live sources of the exporter: the place of its columns in a capture. */
  readonly number: number
  layout: Layout
  #columns: SampleColumns | undefined
  #deltas = new Set<number>()
  /** No sample that is shown came before this time, in monotonic milliseconds. */
  #oldest = Infinity

  constructor(source: Source, number: number) {
    this.source = source
    this.number = number
    this.layout = emptyLayout(source)
  }

  /** Follows the source to another version of its layout: slots whose series changed have no sample any more. */
  follow(layout: Layout, changed: readonly number[]): void {
    for (const slot of changed) {
      if (layout.series[slot]?.metric.descriptor.temporality === 'delta') this.#deltas.add(slot)
      else this.#deltas.delete(slot)
    }
    this.layout = layout
    if (this.#columns !== undefined && changed.length > 0) this.#hide(changed)
  }

  /**
   * Takes a batch on the current layout.
   *
   * @param collected monotonic milliseconds
   * @returns the slots whose points are refused, each with a reason
   */
  take(batch: Batch, collected: number): RefusedSlots {
    this.#oldest = Math.min(this.#oldest, collected)
    if (this.#deltas.size > 0) return this.#fold(batch, collected)
    if (batch.slots === undefined) {
      this.#columns = new BatchColumns(batch, collected, shownSlots(batch))
      this.#oldest = collected
      return noneRefused
    }
    if (batch.slots.every((slot) => batch.isStale(slot))) {
      if (this.#columns !== undefined) this.#hide(batch.slots)
      return noneRefused
    }
    return this.#fold(batch, collected)
  }

  /** What there is to show, which stays as it is; undefined before the first sample. */
  capture(): SampleColumns | undefined {
    if (this.#columns instanceof FoldedColumns) this.#columns.captured = true
    return this.#columns
  }

  /** The same for who looks at once: it changes with the next batch. */
  get current(): SampleColumns | undefined {
    return this.#columns
  }

  /** Hides the samples that came before a time, in monotonic milliseconds, and names their slots. */
  expire(before: number): number[] {
    if (this.#oldest >= before) return []
    const expired: number[] = []
    let oldest = Infinity
    const columns = this.#columns
    for (const slot of columns === undefined ? [] : this.layout.live) {
      if (columns === undefined || (columns.shown !== undefined && columns.shown[slot] !== 1)) continue
      const collected = columns.collectedAt(slot)
      if (collected < before) expired.push(slot)
      else oldest = Math.min(oldest, collected)
    }
    this.#oldest = oldest
    if (expired.length > 0) this.#hide(expired)
    return expired
  }

  #hide(slots: Iterable<number>): void {
    if (this.#columns instanceof BatchColumns) {
      this.#columns = this.#columns.without(slots)
      return
    }
    const folded = this.#own()
    for (const slot of slots) forgetSlot(folded, slot)
  }

  /** Columns that may be written, long enough for the layout. */
  #own(): FoldedColumns {
    const columns = this.#columns
    const { length } = this.layout.series
    if (columns instanceof FoldedColumns && !columns.captured && columns.values.length >= length)
      return columns
    const spare = columns === undefined ? 0 : length >> 2
    const own = new FoldedColumns(length + spare, columns)
    this.#columns = own
    return own
  }

  #fold(batch: Batch, collected: number): RefusedSlots {
    const columns = this.#own()
    const exemplars = exemplarsBySlot(batch.exemplars)
    let refused: Map<number, FoldedDrop> | undefined
    for (const slot of batch.walk) {
      if (this.layout.series[slot] === undefined) continue
      if (batch.isStale(slot)) {
        forgetSlot(columns, slot)
        continue
      }
      if (this.#deltas.has(slot)) {
        const drop = accumulate(columns, batch, slot)
        if (drop !== undefined) {
          ;(refused ??= new Map()).set(slot, drop)
          continue
        }
      } else {
        replace(columns, batch, slot)
      }
      columns.shown[slot] = 1
      columns.collected[slot] = collected
      const own = exemplars.get(slot)
      if (own !== undefined) columns.exemplars.set(slot, own)
      else if (columns.exemplars.size > 0) columns.exemplars.delete(slot)
    }
    return refused ?? noneRefused
  }
}

function replace(columns: FoldedColumns, batch: Batch, slot: number): void {
  columns.values[slot] = batch.values[slot] ?? 0
  columns.times[slot] = batch.timeAt(slot)
  columns.starts[slot] = batch.startTimeAt(slot) ?? Number.NaN
  const point = batch.points?.[slot]
  if (point !== undefined || columns.points[slot] !== undefined) columns.points[slot] = point
}

function forgetSlot(columns: FoldedColumns, slot: number): void {
  columns.shown[slot] = 0
  if (columns.points[slot] !== undefined) columns.points[slot] = undefined
  if (columns.exemplars.size > 0) columns.exemplars.delete(slot)
}

/** Undefined where all slots have a sample, which is the ordinary case. */
function shownSlots({ flags, layout }: Batch): Uint8Array | undefined {
  if (flags === undefined) return undefined
  const { length } = layout.series
  let shown: Uint8Array | undefined
  for (let slot = 0; slot < length; slot++) {
    if (((flags[slot] ?? 0) & flag.stale) === 0) continue
    shown ??= new Uint8Array(length).fill(1)
    shown[slot] = 0
  }
  return shown
}
