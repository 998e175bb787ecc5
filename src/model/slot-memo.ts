import type { Layout } from './layout.ts'
import type { Series } from './series.ts'

/**
 * Remembers something that follows from identity alone for each series of a source, by slot: an encoder's text, a
 * name. It is made once for each series, and again where a slot changes hands.
 */
export class SlotMemo<Value> {
  readonly #make: (series: Series) => Value
  readonly #values: (Value | undefined)[] = []
  #seen: Layout | undefined

  constructor(make: (series: Series) => Value) {
    this.#make = make
  }

  /** What is remembered for the series of a layout, by slot; undefined where there is none. */
  follow(layout: Layout): readonly (Value | undefined)[] {
    const seen = this.#seen
    if (layout === seen) return this.#values
    for (const slot of layout.changedSince(seen)) {
      const series = layout.series[slot]
      if (series === seen?.series[slot]) continue
      this.#values[slot] = series === undefined ? undefined : this.#make(series)
    }
    this.#seen = layout
    return this.#values
  }
}
