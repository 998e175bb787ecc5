import { internAttributes, releaseAttributes, retainAttributes, type AttributeSet } from './attribute-set.ts'
import { boundLabel, classicRoles, parseBound } from './classic-parts.ts'
import { combine } from './hash.ts'
import type { Layout } from './layout.ts'
import { sameMetric, Series, type Kind, type Metric, type Role } from './series.ts'
import { SlotTable } from './slot-table.ts'
import type { Source } from './source.ts'

/** One part of a group. */
export interface Member {
  readonly slot: number
  readonly role: Role
  /** Upper bound of a bucket, or quantile; NaN for the other roles. */
  readonly bound: number
  readonly series: Series
}

/** The parts of one histogram, summary or counter: same metric, same attributes but for `le` and `quantile`. */
export class ClassicGroup {
  metric: Metric
  /** As it was when the first part came: a descriptor may change, the parts do not. */
  readonly kind: Kind
  readonly attributes: AttributeSet
  readonly low: number
  readonly members = new Map<number, Member>()
  /** The slots of all members, ascending. */
  slots: readonly number[] = []
  /** Buckets with finite bounds, or quantiles, ascending. */
  bounded: readonly Member[] = []
  /** The bounds of `bounded`. */
  bounds: readonly number[] = []
  /** Slots, -1 where there is no such part. */
  infinite = -1
  sum = -1
  count = -1
  created = -1
  total = -1
  /** Slots that repeat a part: the first one counts. */
  duplicates: ReadonlySet<number> = new Set()
  /** The slot of the whole in the output, -1 while it cannot be formed. */
  output = -1

  constructor(metric: Metric, attributes: AttributeSet, low: number) {
    this.metric = metric
    this.kind = metric.descriptor.kind
    this.attributes = attributes
    this.low = low
  }

  /** Whether the parts that are there make a whole: what makes none stays as it is. */
  get complete(): boolean {
    if (this.kind === 'summary') return this.count >= 0 && this.sum >= 0
    if (this.kind === 'sum') return this.total >= 0
    return this.count >= 0 || this.infinite >= 0
  }

  /** Sorts the parts, after members came or went. */
  arrange(): void {
    const duplicates = new Set<number>()
    const byBound = new Map<number, Member>()
    const slots: Partial<Record<Role, number>> = {}
    const members = [...this.members.values()].toSorted((a, b) => a.slot - b.slot)
    this.slots = members.map(({ slot }) => slot)
    for (const member of members) {
      const { slot, role, bound } = member
      const taken = Number.isNaN(bound) ? slots[role] !== undefined : byBound.has(bound)
      if (taken) duplicates.add(slot)
      else if (Number.isNaN(bound)) slots[role] = slot
      else byBound.set(bound, member)
    }
    this.infinite = byBound.get(Infinity)?.slot ?? -1
    if (this.kind !== 'summary') byBound.delete(Infinity)
    this.bounded = [...byBound.values()].toSorted((a, b) => a.bound - b.bound)
    this.bounds = this.bounded.map(({ bound }) => bound)
    this.sum = slots.sum ?? -1
    this.count = slots.count ?? -1
    this.created = slots.created ?? -1
    this.total = slots.total ?? -1
    this.duplicates = duplicates
  }
}

/** Follows the layouts of one source, and keeps its parts in groups and the layout of wholes that they make. */
export class ClassicGroups {
  readonly #kinds: ReadonlySet<Kind>
  readonly #table: SlotTable
  #input: Layout | undefined
  readonly #index = new Map<number, ClassicGroup[]>()
  readonly #groupOf: (ClassicGroup | undefined)[] = []
  /** The output slot of a series that stays as it is, by its input slot; undefined where it is part of a whole. */
  readonly #passed: (number | undefined)[] = []
  readonly #formed = new Set<ClassicGroup>()

  constructor(source: Source, kinds: ReadonlySet<Kind>) {
    this.#table = new SlotTable(source)
    this.#kinds = kinds
  }

  /** The groups that are wholes of the output. */
  get formed(): ReadonlySet<ClassicGroup> {
    return this.#formed
  }

  /** The whole that the series of an input slot is a part of. */
  wholeAt(slot: number): ClassicGroup | undefined {
    const group = this.#groupOf[slot]
    return group === undefined || group.output < 0 ? undefined : group
  }

  /** The output slot of a series that stays as it is. */
  passedAt(slot: number): number | undefined {
    return this.#passed[slot]
  }

  /** The layout of wholes and of what stays as it is, for an input layout. */
  follow(layout: Layout): Layout {
    if (layout === this.#input) return this.#table.layout
    const before = this.#input
    this.#input = layout
    const touched = new Set<ClassicGroup>()
    const changed = [...layout.changedSince(before)].filter(
      (slot) => layout.series[slot] !== before?.series[slot],
    )
    for (const slot of changed) this.#takeOut(slot, touched)
    for (const slot of changed) {
      const series = layout.series[slot]
      if (series !== undefined) this.#putIn(slot, series, touched)
    }
    for (const group of touched) this.#form(group)
    return this.#table.commit()
  }

  /** Gives everything back, at the end of the source. */
  dispose(): void {
    for (const groups of this.#index.values()) {
      for (const { attributes } of groups) releaseAttributes(attributes)
    }
    this.#index.clear()
    this.#groupOf.length = 0
    this.#passed.length = 0
    this.#formed.clear()
    this.#table.dispose()
    this.#input = undefined
  }

  #takeOut(slot: number, touched: Set<ClassicGroup>): void {
    this.#unpass(slot)
    const group = this.#groupOf[slot]
    if (group === undefined) return
    this.#groupOf[slot] = undefined
    group.members.delete(slot)
    touched.add(group)
  }

  #putIn(slot: number, series: Series, touched: Set<ClassicGroup>): void {
    const bound = this.#boundOf(series)
    if (bound === undefined) {
      this.#pass(slot, series)
      return
    }
    const group = this.#groupFor(series)
    group.members.set(slot, { slot, role: series.role, bound, series })
    this.#groupOf[slot] = group
    touched.add(group)
  }

  /** The bound of a part, NaN where its role has none; undefined for a series that is no part, or an unreadable one. */
  #boundOf({ metric, role, attributes }: Series): number | undefined {
    const { kind } = metric.descriptor
    if (!this.#kinds.has(kind) || classicRoles[kind]?.includes(role) !== true) return undefined
    const label = boundLabel[role]
    return label === undefined ? Number.NaN : parseBound(attributes.get(label))
  }

  #groupFor({ metric, role, attributes }: Series): ClassicGroup {
    const label = boundLabel[role]
    const shared =
      label === undefined
        ? retainAttributes(attributes)
        : internAttributes(attributes.entries.filter((_, index, all) => all[index - (index % 2)] !== label))
    const { low } = combine(metric.hash, shared)
    const groups = this.#index.get(low)
    const known = groups?.find(
      (group) =>
        group.attributes === shared &&
        sameMetric(group.metric, metric) &&
        group.kind === metric.descriptor.kind,
    )
    if (known !== undefined) {
      releaseAttributes(shared)
      return known
    }
    const group = new ClassicGroup(metric, shared, low)
    if (groups === undefined) this.#index.set(low, [group])
    else groups.push(group)
    return group
  }

  /** Makes a whole of a group, keeps it, or takes it apart. */
  #form(group: ClassicGroup): void {
    group.arrange()
    const [first] = group.members.values()
    const complete = first !== undefined && group.complete
    // The descriptor that its producer writes is that of a metric in use.
    const renewed = ![...group.members.values()].some(({ series }) => series.metric === group.metric)
    if (group.output >= 0 && (!complete || renewed)) {
      this.#table.remove(group.output)
      group.output = -1
      this.#formed.delete(group)
    }
    if (first === undefined) {
      this.#unindex(group)
      return
    }
    if (renewed) group.metric = first.series.metric
    for (const { slot, series } of group.members.values()) {
      if (complete) this.#unpass(slot)
      else this.#pass(slot, series)
    }
    if (!complete || group.output >= 0) return
    const role = group.total >= 0 ? 'total' : 'none'
    group.output = this.#table.add(new Series(group.metric, retainAttributes(group.attributes), role))
    this.#formed.add(group)
  }

  #unindex(group: ClassicGroup): void {
    const groups = this.#index.get(group.low)?.filter((other) => other !== group) ?? []
    if (groups.length === 0) this.#index.delete(group.low)
    else this.#index.set(group.low, groups)
    releaseAttributes(group.attributes)
  }

  #pass(slot: number, series: Series): void {
    if (this.#passed[slot] !== undefined) return
    retainAttributes(series.attributes)
    this.#passed[slot] = this.#table.add(series)
  }

  #unpass(slot: number): void {
    const output = this.#passed[slot]
    if (output === undefined) return
    this.#passed[slot] = undefined
    this.#table.remove(output)
  }
}
