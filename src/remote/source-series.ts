import { emptyLayout, type Layout } from '#src/model/layout.ts'
import type { Scope } from '#src/model/resource.ts'
import type { Kind, Metric, Series } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import type { LabelSets } from './label-sets.ts'
import type { LabelDictionary } from './label-dictionary.ts'
import { NamingMemo } from './naming-memo.ts'
import type { SeriesNaming } from './series-naming.ts'
import type { SeriesMetadata } from './series-writer.ts'
import { SlotIndex, type IndexedSlots } from './slot-index.ts'

/** What becomes of the points of a slot: they are written, as one sample or from a point, or dropped for a reason. */
export const slotStates = [
  'empty',
  'sample',
  'point',
  'delta_temporality',
  'relabel_dropped',
  'duplicate_series',
] as const

export type SlotState = (typeof slotStates)[number]

/** Why the points of a slot are dropped. */
export type SlotDrop = Exclude<SlotState, 'empty' | 'sample' | 'point'>

const stateCodes = Object.fromEntries(slotStates.map((state, code) => [state, code])) as Readonly<
  Record<SlotState, number>
>

/** The code of a slot whose series is written as one sample. */
export const sampleCode = stateCodes.sample
/** The code of a slot whose series is written from a point. */
export const pointCode = stateCodes.point

const pointKinds: ReadonlySet<Kind> = new Set([
  'histogram',
  'exponential_histogram',
  'summary',
  'gauge_histogram',
])

/** How the series of all sources are numbered and described. */
export interface SeriesTables {
  readonly naming: SeriesNaming
  readonly dictionary: LabelDictionary
  readonly labelSets: LabelSets
  /** What is said of a metric's series; undefined where nothing is said of any. */
  readonly describe: ((metric: Metric) => SeriesMetadata) | undefined
}

/** A metric that series of a source belong to. */
interface MetricUse {
  series: number
  metadata: SeriesMetadata
}

/** How many cells of a source's array a slot takes, and what they are. */
const slotCells = 4
/** The number of the label with its name. */
const nameCell = 0
/** The number of its label set. */
const setCell = 1
/** What becomes of it, as an index of `slotStates`. */
const stateCell = 2
/** The number of the unit that it is encoded in, plus one; 0 where it is in none. */
const unitCell = 3

/** After so many new series other work gets its turn. */
const sliceSeries = 1000

/**
 * The series of one source by slot: how remote write names each, and which are not written. There may be ten thousand
 * sources of a dozen series each, so what most have no use for is made when it is needed.
 */
export class SourceSeries implements IndexedSlots {
  layout: Layout
  /** All that is known of a slot, side by side. */
  #cells: Int32Array<ArrayBuffer> = new Int32Array(0)
  /** How many slots are dropped, by the code of their state. */
  #dropped: number[] | undefined
  /** The metrics of all its series, where something is said of metrics. */
  #metrics: Map<Metric, MetricUse> | undefined
  /** The same by slot. */
  #uses: MetricUse[] | undefined
  /** The number of series of each scope whose resource is listed by a series of its own. */
  #scopes: Map<Scope, number> | undefined
  readonly #tables: SeriesTables
  readonly #index = new SlotIndex(this)
  /** Slots of the same name and labels as one that is written, by that one. */
  #waiting: Map<number, number[]> | undefined

  constructor(source: Source, tables: SeriesTables) {
    this.layout = emptyLayout(source)
    this.#tables = tables
  }

  get slotLimit(): number {
    return this.#cells.length / slotCells
  }

  /** The number of the label with the name of a slot. */
  nameOf(slot: number): number {
    return this.#cells[slot * slotCells + nameCell] ?? 0
  }

  /** The number of the label set of a slot. */
  setOf(slot: number): number {
    return this.#cells[slot * slotCells + setCell] ?? 0
  }

  /** What becomes of a slot, as an index of `slotStates`. */
  stateOf(slot: number): number {
    return this.#cells[slot * slotCells + stateCell] ?? 0
  }

  /** The number of the unit that a slot was put into; -1 where it is in none. */
  unitOf(slot: number): number {
    return (this.#cells[slot * slotCells + unitCell] ?? 0) - 1
  }

  setUnit(slot: number, unit: number): void {
    this.#cells[slot * slotCells + unitCell] = unit + 1
  }

  /** Whether a slot is written, as a sample or from a point. */
  isIndexed(slot: number): boolean {
    const code = this.stateOf(slot)
    return code === sampleCode || code === pointCode
  }

  /** Scopes of its series whose resources may be listed by a series of their own; undefined where there never was one. */
  get scopes(): Iterable<Scope> | undefined {
    return this.#scopes?.keys()
  }

  /** Tells how many slots are dropped, and why. */
  eachDrop(tell: (slots: number, reason: SlotDrop) => void): void {
    if (this.#dropped === undefined) return
    for (const [code, slots] of this.#dropped.entries())
      if (slots > 0) tell(slots, slotStates[code] as SlotDrop)
  }

  /**
   * Follows the source to another version of its layout. It yields after some work; before it has ended, nothing else may be
   * done with it.
   *
   * @param left told of slots that are no longer written, or by another series, while their labels still are what they were
   * @returns the slots that are written from now on
   */
  *follow(layout: Layout, left: (slot: number) => void): Generator<void, number[]> {
    const before = this.layout.series
    const changed: number[] = []
    for (const slot of layout.changedSince(this.layout))
      if (layout.series[slot] !== before[slot]) changed.push(slot)
    this.#grow(layout.series.length)
    const added = new Set<number>()
    for (const slot of changed) this.#remove(slot, left, added)
    const memo = new NamingMemo()
    let done = 0
    for (const slot of changed) {
      const series = layout.series[slot]
      if (series === undefined) continue
      this.#put(slot, this.#identify(slot, series, memo))
      if (this.isIndexed(slot)) added.add(slot)
      if (++done % sliceSeries === 0) yield
    }
    this.layout = layout
    return [...added]
  }

  /** Why the points of a slot are dropped; undefined where they are written, or where there is no series. */
  dropReason(slot: number): SlotDrop | undefined {
    const code = this.stateOf(slot)
    return code > pointCode ? (slotStates[code] as SlotDrop) : undefined
  }

  /** What is said of the metric of a slot. */
  metadataOf(slot: number): SeriesMetadata | undefined {
    return this.#uses?.[slot]?.metadata
  }

  /** Looks again at what is said of metrics. @returns whether any of it changed */
  renewMetadata(): boolean {
    const { describe } = this.#tables
    if (this.#metrics === undefined || describe === undefined) return false
    let changed = false
    for (const [metric, use] of this.#metrics) {
      if (use.metadata.isCurrent()) continue
      const before = use.metadata
      use.metadata = describe(metric)
      before.release()
      changed = true
    }
    return changed
  }

  /** Gives all labels and what is said of metrics back. */
  dispose(): void {
    const { dictionary, labelSets } = this.#tables
    for (let slot = 0; slot < this.slotLimit; slot++) {
      if (!this.#isNamed(slot)) continue
      dictionary.release(this.nameOf(slot))
      labelSets.release(this.setOf(slot))
    }
    for (const { metadata } of this.#metrics?.values() ?? []) metadata.release()
    this.#metrics = undefined
    this.#cells = new Int32Array(0)
  }

  #isNamed(slot: number): boolean {
    const code = this.stateOf(slot)
    return code === sampleCode || code === pointCode || code === stateCodes.duplicate_series
  }

  #put(slot: number, state: SlotState): void {
    const code = stateCodes[state]
    const before = this.stateOf(slot)
    if (before > pointCode) this.#countDrop(before, -1)
    if (code > pointCode) this.#countDrop(code, 1)
    this.#cells[slot * slotCells + stateCell] = code
  }

  #countDrop(code: number, more: number): void {
    this.#dropped ??= slotStates.map(() => 0)
    this.#dropped[code] = (this.#dropped[code] ?? 0) + more
  }

  #name(slot: number, name: number): void {
    this.#cells[slot * slotCells + nameCell] = name
  }

  #setSet(slot: number, set: number): void {
    this.#cells[slot * slotCells + setCell] = set
  }

  #identify(slot: number, series: Series, memo: NamingMemo): SlotState {
    const { naming, dictionary, labelSets } = this.#tables
    if (series.metric.descriptor.temporality === 'delta') return 'delta_temporality'
    const state = stateOf(series)
    if (naming.isPlain) this.#namePlainly(slot, series, memo)
    else {
      // The parts of a point are relabeled one by one, when they are written.
      const named = state === 'point' ? naming.translated(series) : naming.of(series)
      if (named === undefined) return 'relabel_dropped'
      this.#name(slot, dictionary.retain('__name__', named.name))
      this.#setSet(slot, labelSets.retain(named.pairs))
    }
    this.#useMetric(slot, series.metric)
    const first = this.#index.find(this.nameOf(slot), this.setOf(slot))
    if (first >= 0) {
      this.#waiting ??= new Map()
      const others = this.#waiting.get(first)
      if (others === undefined) this.#waiting.set(first, [slot])
      else others.push(slot)
      return 'duplicate_series'
    }
    this.#index.add(slot)
    return state
  }

  #useMetric(slot: number, metric: Metric): void {
    const { scope } = metric
    if (!scope.resource.derived) this.#countScope(scope, 1)
    const { describe } = this.#tables
    if (describe === undefined) return
    this.#metrics ??= new Map()
    let use = this.#metrics.get(metric)
    if (use === undefined) {
      use = { series: 0, metadata: describe(metric) }
      this.#metrics.set(metric, use)
    }
    use.series++
    ;(this.#uses ??= [])[slot] = use
  }

  #disuseMetric(metric: Metric | undefined): void {
    if (metric === undefined) return
    const { scope } = metric
    if (!scope.resource.derived) this.#countScope(scope, -1)
    const use = this.#metrics?.get(metric)
    if (use === undefined || --use.series > 0) return
    this.#metrics?.delete(metric)
    use.metadata.release()
  }

  #countScope(scope: Scope, more: number): void {
    this.#scopes ??= new Map()
    const series = (this.#scopes.get(scope) ?? 0) + more
    if (series > 0) this.#scopes.set(scope, series)
    else this.#scopes.delete(scope)
  }

  /** Without relabeling, series of one set share their labels, and those of one metric their name. */
  #namePlainly(slot: number, series: Series, memo: NamingMemo): void {
    const { naming, dictionary, labelSets } = this.#tables
    const { metric, role, attributes } = series
    const sets = memo.setsOf(metric.scope)
    const names = memo.namesOf(metric)
    const knownSet = sets.get(attributes)
    const knownName = names.get(role)
    if (knownSet !== undefined) this.#setSet(slot, labelSets.hold(knownSet))
    if (knownName !== undefined) {
      dictionary.hold(knownName)
      this.#name(slot, knownName)
    }
    if (knownSet !== undefined && knownName !== undefined) return
    const { name, pairs } = naming.translated(series)
    if (knownSet === undefined) {
      const set = labelSets.retain(pairs)
      sets.set(attributes, set)
      this.#setSet(slot, set)
    }
    if (knownName === undefined) {
      const label = dictionary.retain('__name__', name)
      names.set(role, label)
      this.#name(slot, label)
    }
  }

  #remove(slot: number, left: (slot: number) => void, added: Set<number>): void {
    const code = this.stateOf(slot)
    if (code === stateCodes.empty) return
    if (this.isIndexed(slot) && !added.delete(slot)) left(slot)
    const isNamed = this.#isNamed(slot)
    const isDuplicate = code === stateCodes.duplicate_series
    if (isDuplicate) this.#stopWaiting(slot)
    else if (isNamed) this.#index.remove(slot)
    this.#put(slot, 'empty')
    if (!isNamed) return
    const heir = isDuplicate ? undefined : this.#heirOf(slot)
    this.#tables.dictionary.release(this.nameOf(slot))
    this.#tables.labelSets.release(this.setOf(slot))
    this.#disuseMetric(this.layout.series[slot]?.metric)
    if (heir !== undefined) added.add(heir)
  }

  /** One that waited takes the place of a slot that leaves: it has the same name and set. */
  #heirOf(slot: number): number | undefined {
    const [heir, ...others] = this.#waiting?.get(slot) ?? []
    if (heir === undefined) return undefined
    this.#waiting?.delete(slot)
    this.#index.add(heir)
    if (others.length > 0) this.#waiting?.set(heir, others)
    const series = this.layout.series[heir]
    this.#put(heir, series === undefined ? 'sample' : stateOf(series))
    return heir
  }

  #stopWaiting(slot: number): void {
    const first = this.#index.find(this.nameOf(slot), this.setOf(slot))
    const left = this.#waiting?.get(first)?.filter((each) => each !== slot) ?? []
    if (left.length > 0) this.#waiting?.set(first, left)
    else this.#waiting?.delete(first)
  }

  #grow(slots: number): void {
    if (slots <= this.slotLimit) return
    const before = this.slotLimit
    const cells = new Int32Array(Math.max(slots, before + (before >> 1)) * slotCells)
    cells.set(this.#cells)
    this.#cells = cells
  }
}

function stateOf({ role, metric }: Series): SlotState {
  return role === 'none' && pointKinds.has(metric.descriptor.kind) ? 'point' : 'sample'
}
