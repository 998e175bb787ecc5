import type { Layout } from '#src/model/layout.ts'
import type { Scope } from '#src/model/resource.ts'
import { sameScope, type Descriptor, type Series } from '#src/model/series.ts'
import { isLonePart } from './metric-form.ts'

/** The series of one source that are one metric in OTLP: the same name and kind in the same scope. */
export class MetricGroup {
  readonly scope: Scope
  /** As OTLP shows it: the family's, for a counter or a lone part that of the series. */
  readonly name: string
  /** That of one of the series: it may change. */
  readonly descriptor: Descriptor
  /** Whether its series are parts of classic histograms or summaries that make no whole. */
  readonly lonePart: boolean
  readonly key: string
  /** The slot of its only series, -1 where it has none. Many groups have one: a set for each would be most of their memory. */
  #only = -1
  /** The slots, from the second on. */
  #members: Set<number> | undefined
  #slots: Int32Array | undefined

  constructor(series: Series, key: string) {
    this.scope = series.metric.scope
    this.name = series.name
    this.descriptor = series.metric.descriptor
    this.lonePart = isLonePart(series)
    this.key = key
  }

  /** The slots of its series, ascending. */
  get slots(): Int32Array {
    this.#slots ??= this.#members === undefined ? this.#one() : Int32Array.from(this.#members).toSorted()
    return this.#slots
  }

  get empty(): boolean {
    return this.#members === undefined ? this.#only < 0 : this.#members.size === 0
  }

  add(slot: number): void {
    this.#slots = undefined
    if (this.#members !== undefined) this.#members.add(slot)
    else if (this.#only < 0) this.#only = slot
    else this.#members = new Set([this.#only, slot])
  }

  remove(slot: number): void {
    this.#slots = undefined
    if (this.#members !== undefined) this.#members.delete(slot)
    else if (this.#only === slot) this.#only = -1
  }

  /** Whether a series belongs here; its key is the group's. */
  holds({ metric }: Series): boolean {
    return this.scope === metric.scope || sameScope(this.scope, metric.scope)
  }

  #one(): Int32Array {
    return this.#only < 0 ? new Int32Array(0) : Int32Array.of(this.#only)
  }
}

/** Follows the layouts of one source, and keeps its series in groups, in the order in which these were first seen. */
export class MetricGroups {
  /** By name, kind and scope; groups whose scopes only share a hash stand side by side. */
  readonly #index = new Map<string, MetricGroup[]>()
  readonly #groups = new Set<MetricGroup>()
  readonly #groupOf: (MetricGroup | undefined)[] = []
  #seen: Layout | undefined
  /** Neighbours mostly belong together. */
  #last: { readonly series: Series; readonly group: MetricGroup } | undefined

  /** Those with series, in the order in which they were first seen. */
  get all(): ReadonlySet<MetricGroup> {
    return this.#groups
  }

  /** The group of a slot of the layout followed last; undefined for a hole. */
  at(slot: number): MetricGroup | undefined {
    return this.#groupOf[slot]
  }

  /** Brings the groups up to a layout of the source. */
  follow(layout: Layout): void {
    const seen = this.#seen
    if (layout === seen) return
    const left = new Set<MetricGroup>()
    for (const slot of layout.changedSince(seen)) {
      const series = layout.series[slot]
      if (series === seen?.series[slot]) continue
      const before = this.#groupOf[slot]
      const after = series === undefined ? undefined : this.#groupFor(series)
      if (before === after) continue
      before?.remove(slot)
      after?.add(slot)
      if (before?.empty === true) left.add(before)
      this.#groupOf[slot] = after
    }
    for (const group of left) if (group.empty) this.#remove(group)
    this.#last = undefined
    this.#seen = layout
  }

  #groupFor(series: Series): MetricGroup {
    const last = this.#last
    if (last !== undefined && last.series.metric === series.metric && last.series.role === series.role) {
      return last.group
    }
    const key = keyOf(series)
    const same = this.#index.get(key)
    let group = same?.find((each) => each.holds(series))
    if (group === undefined) {
      group = new MetricGroup(series, key)
      if (same === undefined) this.#index.set(key, [group])
      else same.push(group)
      this.#groups.add(group)
    }
    this.#last = { series, group }
    return group
  }

  #remove(group: MetricGroup): void {
    this.#groups.delete(group)
    const rest = this.#index.get(group.key)?.filter((each) => each !== group) ?? []
    if (rest.length === 0) this.#index.delete(group.key)
    else this.#index.set(group.key, rest)
  }
}

function keyOf(series: Series): string {
  const { scope, descriptor } = series.metric
  const { kind, unit, temporality, monotonic } = descriptor
  const { high, low } = scope.hash
  // A name may hold any character, so it comes last, and so does the unit's length before the unit.
  return `${high} ${low} ${kind} ${temporality} ${monotonic} ${isLonePart(series)} ${unit.length} ${unit} ${series.name}`
}
