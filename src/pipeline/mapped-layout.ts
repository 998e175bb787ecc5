import { emptyLayout, Layout } from '#src/model/layout.ts'
import { releaseSeries, sameSeries, Series } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import { MetricPool } from './metric-pool.ts'

/**
 * What a function of identity makes of one source's layouts. It keeps the slots: an output takes the place of its
 * input, or leaves a hole. A steady layout costs one comparison; a version that follows the last one costs its edits;
 * anything else is compared slot by slot, and still only new series are mapped.
 */
export class MappedLayout {
  readonly #map: (series: Series) => Series | undefined
  readonly #onError: (error: unknown, series: Series) => void
  readonly #metrics = new MetricPool()
  #input: Layout | undefined
  #output: Layout
  /** The outputs by slot: the array of `#output`, until the first write copies it. */
  #series: (Series | undefined)[] = []
  #published = true
  #size = 0
  /** Slots of outputs by the low half of their hash; kept only once an output differs from its input. */
  #owners: Map<number, number[]> | undefined
  readonly #duplicates = new Set<number>()
  readonly #failed = new Set<number>()

  /** `onError` is told when the function throws; the series is then dropped. */
  constructor(
    source: Source,
    map: (series: Series) => Series | undefined,
    onError: (error: unknown, series: Series) => void,
  ) {
    this.#map = map
    this.#onError = onError
    this.#output = emptyLayout(source)
  }

  /** The slots of series dropped because another one already had their new identity. */
  get duplicates(): ReadonlySet<number> {
    return this.#duplicates
  }

  /** The slots of series for which the function threw. */
  get failed(): ReadonlySet<number> {
    return this.#failed
  }

  /** The output layout for an input layout. */
  of(layout: Layout): Layout {
    if (layout !== this.#input) this.#apply(layout)
    return this.#output
  }

  /** Gives all outputs back. */
  dispose(): void {
    for (let slot = 0; slot < this.#series.length; slot++) this.#takeOut(slot, this.#input)
    this.#input = undefined
    this.#output = emptyLayout(this.#output.source)
  }

  #apply(layout: Layout): void {
    const before = this.#input
    this.#input = layout
    const touched: number[] = []
    for (const slot of layout.changedSince(before)) {
      if (layout.series[slot] !== before?.series[slot]) touched.push(slot)
    }
    const edits = new Set<number>()
    for (const slot of touched) {
      if (this.#takeOut(slot, before)) edits.add(slot)
      this.#duplicates.delete(slot)
      this.#failed.delete(slot)
    }
    for (const slot of touched) {
      const input = layout.series[slot]
      if (input !== undefined && this.#putIn(slot, input)) edits.add(slot)
    }
    // An identity that became free goes to the next series that wanted it.
    if (edits.size > 0) {
      for (const slot of Array.from(this.#duplicates)) {
        const input = layout.series[slot]
        if (input !== undefined && this.#putIn(slot, input)) edits.add(slot)
      }
    }
    if (edits.size === 0) return
    this.#output = new Layout(this.#output.source, this.#series, this.#size, this.#output, [...edits])
    this.#published = true
  }

  #takeOut(slot: number, before: Layout | undefined): boolean {
    const output = this.#series[slot]
    if (output === undefined) return false
    this.#disown(output, slot)
    if (output !== before?.series[slot]) {
      this.#metrics.release(output.metric)
      releaseSeries(output)
    }
    this.#size--
    this.#write(slot, undefined)
    return true
  }

  #putIn(slot: number, input: Series): boolean {
    let output: Series | undefined
    try {
      output = this.#map(input)
    } catch (error) {
      this.#failed.add(slot)
      this.#onError(error, input)
    }
    if (output === undefined) return false
    if (output !== input && this.#owners === undefined) this.#indexOwners()
    if (this.#owners !== undefined && !this.#own(output, slot)) {
      this.#duplicates.add(slot)
      if (output !== input) releaseSeries(output)
      return false
    }
    this.#duplicates.delete(slot)
    if (output !== input) {
      const metric = this.#metrics.retain(output.metric)
      if (metric !== output.metric) output = new Series(metric, output.attributes, output.role)
    }
    this.#size++
    this.#write(slot, output)
    return true
  }

  #write(slot: number, output: Series | undefined): void {
    if (this.#published) {
      this.#series = this.#series.slice()
      this.#published = false
    }
    this.#series[slot] = output
  }

  #indexOwners(): void {
    this.#owners = new Map()
    for (let slot = 0; slot < this.#series.length; slot++) {
      const output = this.#series[slot]
      if (output !== undefined) this.#own(output, slot)
    }
  }

  /** Claims an identity for a slot; false where another slot has it. */
  #own(output: Series, slot: number): boolean {
    const { low } = output.hash
    const slots = this.#owners?.get(low)
    if (slots === undefined) {
      this.#owners?.set(low, [slot])
      return true
    }
    for (const other of slots) {
      const owner = this.#series[other]
      if (owner !== undefined && sameSeries(owner, output)) return false
    }
    slots.push(slot)
    return true
  }

  #disown(output: Series, slot: number): void {
    const { low } = output.hash
    const slots = this.#owners?.get(low)
    if (slots === undefined) return
    const index = slots.indexOf(slot)
    if (index < 0) return
    if (slots.length === 1) this.#owners?.delete(low)
    else slots.splice(index, 1)
  }
}
