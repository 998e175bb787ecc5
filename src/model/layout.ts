import { sameSeries, type Series } from './series.ts'
import type { Source } from './source.ts'

let lastId = 0

/**
 * The series of one source, by slot. A series keeps its slot for life, so that columns of values fit every version
 * between its birth and its death. Immutable: a change of series makes a new version, which names its predecessor
 * and lists the slots in which they differ.
 */
export class Layout {
  /** Unique in the process. */
  readonly id: number
  readonly source: Source
  /** By slot; undefined is a hole. */
  readonly series: readonly (Series | undefined)[]
  /** The number of slots that are not holes. */
  readonly size: number
  /** The id of the version that `edits` starts from; 0 where there is none. */
  readonly previous: number
  /** The slots whose series differs from the previous version's. Slots past its end are listed too. */
  readonly edits: readonly number[]
  #live: Int32Array | undefined

  constructor(
    source: Source,
    series: readonly (Series | undefined)[],
    size: number,
    previous: Layout | undefined,
    edits: readonly number[],
  ) {
    this.id = ++lastId
    this.source = source
    this.series = series
    this.size = size
    this.previous = previous?.id ?? 0
    this.edits = edits
  }

  /** The slots that are not holes, ascending. */
  get live(): Int32Array {
    if (this.#live === undefined) {
      const live = new Int32Array(this.size)
      let count = 0
      for (let slot = 0; slot < this.series.length; slot++) {
        if (this.series[slot] !== undefined) live[count++] = slot
      }
      this.#live = live
    }
    return this.#live
  }

  /**
   * The slots in which this layout may differ from one that a consumer saw before: the edits where that was the
   * version just before, else every slot. The second is the ordinary case after a start, a reload or a lost batch.
   */
  changedSince(seen: Layout | undefined): Iterable<number> {
    if (seen === this) return []
    if (seen !== undefined && seen.id === this.previous) return this.edits
    return everySlot(Math.max(this.series.length, seen?.series.length ?? 0))
  }
}

function* everySlot(length: number): Generator<number> {
  for (let slot = 0; slot < length; slot++) yield slot
}

/** A layout without series, for a source that has shown none yet. */
export function emptyLayout(source: Source): Layout {
  return new Layout(source, [], 0, undefined, [])
}

/**
 * The slots of a layout whose series another one does not have, in any slot.
 *
 * @param slots those that are asked about; all live ones unless given
 */
export function endedSlots(layout: Layout, successor: Layout, slots: Int32Array = layout.live): Int32Array {
  const kept = new Map<number, Series[]>()
  for (const slot of successor.live) {
    const series = successor.series[slot]
    if (series === undefined) continue
    const { low } = series.hash
    const same = kept.get(low)
    if (same === undefined) kept.set(low, [series])
    else same.push(series)
  }
  return slots.filter((slot) => {
    const series = layout.series[slot]
    return (
      series !== undefined && kept.get(series.hash.low)?.some((each) => sameSeries(each, series)) !== true
    )
  })
}
