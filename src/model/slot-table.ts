import { emptyLayout, Layout } from './layout.ts'
import { releaseSeries, type Series } from './series.ts'
import type { Source } from './source.ts'

/** Free slots that are not worth to be given up. */
const leftOver = 1024

/**
 * The producer's side of a layout: it gives each new series a slot, takes back the slots of those that went, and
 * makes a new version of the layout when something changed. It owns the series it holds.
 */
export class SlotTable {
  #layout: Layout
  /** That of the layout, until the first edit after it. */
  #series: (Series | undefined)[] = []
  #isShared = false
  #size = 0
  #isChanged = false
  /** The slots of edits, where there is a version that they change; undefined while there are none. */
  #edits: Set<number> | undefined
  #freed: number[] = []
  #resting: number[] = []
  #free: number[] = []

  constructor(source: Source) {
    this.#layout = emptyLayout(source)
  }

  /** The version last committed. */
  get layout(): Layout {
    return this.#layout
  }

  /** Whether there are edits that no version has yet. */
  get changed(): boolean {
    return this.#isChanged
  }

  /** How many slots there are, holes and those that no version has yet among them. */
  get length(): number {
    return this.#series.length
  }

  /** The series of a slot, committed or not. */
  at(slot: number): Series | undefined {
    return this.#series[slot]
  }

  /** Puts a series into a free slot, which is its own until it is removed; takes over the caller's reference. */
  add(series: Series): number {
    const slot = this.#free.pop() ?? this.#series.length
    this.#edit(slot, series)
    this.#size++
    return slot
  }

  /** Takes a series out; its slot is reused two versions later at the earliest, so that readers of the last one are safe. */
  remove(slot: number): void {
    const series = this.#series[slot]
    if (series === undefined) return
    this.#edit(slot, undefined)
    this.#size--
    this.#freed.push(slot)
    releaseSeries(series)
  }

  /** The current layout: a new version if there were edits, else the same object as before. */
  commit(): Layout {
    if (!this.#isChanged) return this.#layout
    // What grew slot by slot has room for more, which nobody needs as long as the layout stays.
    this.#series = this.#series.slice()
    this.#isShared = true
    const { source } = this.#layout
    this.#layout =
      this.#edits === undefined
        ? new Layout(source, this.#series, this.#size, undefined, [])
        : new Layout(source, this.#series, this.#size, this.#layout, [...this.#edits])
    this.#isChanged = false
    this.#edits = undefined
    this.#free.push(...this.#resting)
    this.#resting = this.#freed
    this.#freed = []
    if (this.#free.length > leftOver && this.#free.length > this.#size * 2) this.#cut()
    return this.#layout
  }

  /**
   * Makes the next version shorter, after there were many more series once: gives up free slots at the end, and has the
   * lowest ones used first from now on.
   */
  #cut(): void {
    const resting = new Set(this.#resting)
    let { length } = this.#series
    while (length > 0 && this.#series[length - 1] === undefined && !resting.has(length - 1)) length--
    this.#series = this.#series.slice(0, length)
    this.#isShared = false
    this.#free = this.#free.filter((slot) => slot < length).toSorted((a, b) => b - a)
  }

  /** Gives all series back, at the end of the source. */
  dispose(): void {
    for (const series of this.#series) if (series !== undefined) releaseSeries(series)
    this.#series = []
    this.#isShared = false
    this.#size = 0
    this.#isChanged = false
    this.#edits = undefined
    this.#free = []
    this.#freed = []
    this.#resting = []
    this.#layout = emptyLayout(this.#layout.source)
  }

  #edit(slot: number, series: Series | undefined): void {
    if (this.#isShared) this.#series = this.#series.slice()
    this.#isShared = false
    this.#series[slot] = series
    this.#isChanged = true
    // Of the first version all slots are new, which a list of them need not say.
    if (this.#layout.series.length > 0) (this.#edits ??= new Set()).add(slot)
  }
}
