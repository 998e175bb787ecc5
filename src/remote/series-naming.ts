import { compareBytewise } from '#src/model/attribute-set.ts'
import type { Scope } from '#src/model/resource.ts'
import type { Series } from '#src/model/series.ts'
import type { PrometheusLabels } from '#src/naming/prometheus-labels.ts'
import { Labels } from '#src/relabel/labels.ts'
import type { Relabeling } from '#src/relabel/relabeling.ts'

/** A series as remote write names it. */
export interface NamedSeries {
  readonly name: string
  /** The labels beside the name: name, value, name, value, sorted by name. */
  readonly pairs: readonly string[]
}

/** Names series for a remote write peer: translated, with external labels, then relabeled. */
export class SeriesNaming {
  readonly #labels: PrometheusLabels
  readonly #relabeling: Relabeling | undefined
  readonly #scratch = new Labels()

  constructor(labels: PrometheusLabels, relabeling?: Relabeling) {
    this.#labels = labels
    this.#relabeling = relabeling
  }

  /** Whether the labels depend on the label set and the scope of a series alone, and its name on its metric and role. */
  get isPlain(): boolean {
    return this.#relabeling === undefined
  }

  /** The name and labels of a series; undefined where relabeling drops it. */
  of(series: Series): NamedSeries | undefined {
    const { name, pairs } = this.translated(series)
    return this.relabeled(name, pairs)
  }

  /** The same before relabeling. */
  translated(series: Series): NamedSeries {
    return { name: this.#labels.name(series), pairs: this.#labels.pairs(series) }
  }

  /** The name and labels of the series that lists the resource of a scope; undefined where there is none. */
  targetInfo(scope: Scope): NamedSeries | undefined {
    const pairs = this.#labels.targetInfo(scope)
    return pairs.length === 0 ? undefined : this.relabeled(this.#labels.targetInfoName, pairs)
  }

  /** What relabeling makes of a name and labels; labels that begin with `__` are gone afterwards. */
  relabeled(name: string, pairs: readonly string[]): NamedSeries | undefined {
    if (this.#relabeling === undefined) return { name, pairs }
    const labels = this.#scratch
    labels.clear()
    labels.fill('__name__', name)
    for (let index = 0; index < pairs.length; index += 2)
      labels.fill(pairs[index] ?? '', pairs[index + 1] ?? '')
    if (!this.#relabeling.apply(labels)) return undefined
    const renamed = labels.get('__name__')
    if (renamed === '') return undefined
    if (!labels.changed) return { name, pairs }
    const kept = labels.pairs().filter(([each]) => !each.startsWith('__'))
    return { name: renamed, pairs: kept.toSorted(([a], [b]) => compareBytewise(a, b)).flat() }
  }
}
