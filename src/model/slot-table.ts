import { emptyLayout, Layout } from './layout.ts'
import { releaseSeries, type Series } from './series.ts'
import type { Source } from './source.ts'

/**
 * The producer's side of a layout: it gives each new series a slot, takes back the slots of those that went, and
 * makes a new version of the layout when something changed. It owns the series it holds.
 */
export class SlotTable {
  #layout: Layout
  #series: (Series | undefined)[] = []
  #size = 0
  readonly #edits = new Set<number>()
  #freed: number[] = []
  #resting: number[] = []
  readonly #free: number[] = []

  constructor(source: Source) {
    this.#layout = emptyLayout(source)
  }

  /** The version last committed. */
  get layout(): Layout {
    return this.#layout
  }

  /** Whether there are edits that no version has yet. */
  get changed(): boolean {
    return this.#edits.size > 0
  }

  /** The series of a slot, committed or not. */
  at(slot: number): Series | undefined {
    return this.#series[slot]
  }

  /** Puts a series into a free slot, which is its own until it is removed; takes over the caller's reference. */
  add(series: Series): number {
    const slot = this.#free.pop() ?? this.#series.length
    this.#series[slot] = series
    this.#size++
    this.#edits.add(slot)
    return slot
  }

  /** Takes a series out; its slot is reused two versions later at the earliest, so that readers of the last one are safe. */
  remove(slot: number): void {
    const series = this.#series[slot]
    if (series === undefined) return
    this.#series[slot] = undefined
    this.#size--
    this.#edits.add(slot)
    this.#freed.push(slot)
    releaseSeries(series)
  }

  /** The current layout: a new version if there were edits, else the same object as before. */
  commit(): Layout {
    if (this.#edits.size === 0) return this.#layout
    this.#layout = new Layout(this.#layout.source, this.#series.slice(), this.#size, this.#layout, [
      ...this.#edits,
    ])
    this.#edits.clear()
    this.#free.push(...this.#resting)
    this.#resting = this.#freed
    this.#freed = []
    return this.#layout
  }

  /** Gives all series back, at the end of the source. */
  dispose(): void {
    for (const series of this.#series) if (series !== undefined) releaseSeries(series)
    this.#series = []
    this.#size = 0
    this.#edits.clear()
    this.#free.length = 0
    this.#freed = []
    this.#resting = []
    this.#layout = emptyLayout(this.#layout.source)
  }
}
