import { emptyLayout, type Layout } from '#src/model/layout.ts'
import type { Kind, Metric, Series } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import { longer } from './byte-table.ts'
import { LabelSets } from './label-sets.ts'
import type { LabelDictionary } from './label-dictionary.ts'
import { NamingMemo } from './naming-memo.ts'
import type { SeriesNaming } from './series-naming.ts'
import type { SeriesMetadata } from './series-writer.ts'
import { SlotIndex } from './slot-index.ts'

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

/** How the series of a source are numbered and described. */
export interface SeriesTables {
  readonly naming: SeriesNaming
  readonly dictionary: LabelDictionary
  describe(metric: Metric): SeriesMetadata | undefined
}

/** A metric that series of a source belong to. */
interface MetricUse {
  series: number
  metadata: SeriesMetadata | undefined
}

/** After so many new series other work gets its turn. */
const sliceSeries = 1000

/** The series of one source by slot: how remote write names each, and which are not written. */
export class SourceSeries {
  layout: Layout
  /** By slot: the number of the label with its name. */
  names: Int32Array<ArrayBuffer> = new Int32Array(64)
  /** By slot: the number of its label set. */
  sets: Int32Array<ArrayBuffer> = new Int32Array(64)
  /** By slot: what becomes of it, as an index of `slotStates`. */
  states: Uint8Array<ArrayBuffer> = new Uint8Array(64)
  readonly labelSets: LabelSets
  /** The number of slots in each state, by its code. */
  readonly counts: number[] = slotStates.map(() => 0)
  /** The metrics of all its series. */
  readonly metrics = new Map<Metric, MetricUse>()
  /** By slot, where something is said of metrics. */
  readonly #uses: MetricUse[] = []
  readonly #tables: SeriesTables
  readonly #index = new SlotIndex(
    (slot) => this.names[slot] ?? 0,
    (slot) => this.sets[slot] ?? 0,
  )
  /** Slots of the same name and labels as one that is written, by that one. */
  readonly #waiting = new Map<number, number[]>()

  constructor(source: Source, tables: SeriesTables) {
    this.layout = emptyLayout(source)
    this.labelSets = new LabelSets(tables.dictionary)
    this.#tables = tables
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
      if (this.#isWritten(slot)) added.add(slot)
      if (++done % sliceSeries === 0) yield
    }
    this.layout = layout
    return [...added]
  }

  /** Why the points of a slot are dropped; undefined where they are written, or where there is no series. */
  dropReason(slot: number): SlotDrop | undefined {
    const code = this.states[slot] ?? 0
    return code > pointCode ? (slotStates[code] as SlotDrop) : undefined
  }

  /** What is said of the metric of a slot. */
  metadataOf(slot: number): SeriesMetadata | undefined {
    return this.#uses[slot]?.metadata
  }

  /** Looks again at what is said of metrics. @returns whether any of it changed */
  renewMetadata(): boolean {
    let changed = false
    for (const [metric, use] of this.metrics) {
      if (use.metadata?.isCurrent() !== false) continue
      const before = use.metadata
      use.metadata = this.#tables.describe(metric)
      before.release()
      changed = true
    }
    return changed
  }

  /** Gives all labels and what is said of metrics back. */
  dispose(): void {
    for (let slot = 0; slot < this.states.length; slot++) {
      if (this.#isNamed(slot)) this.#tables.dictionary.release(this.names[slot] ?? 0)
    }
    this.labelSets.dispose()
    for (const { metadata } of this.metrics.values()) metadata?.release()
    this.metrics.clear()
  }

  #isWritten(slot: number): boolean {
    const code = this.states[slot] ?? 0
    return code === sampleCode || code === pointCode
  }

  #isNamed(slot: number): boolean {
    const code = this.states[slot] ?? 0
    return code === sampleCode || code === pointCode || code === stateCodes.duplicate_series
  }

  #put(slot: number, state: SlotState): void {
    const code = stateCodes[state]
    const before = this.states[slot] ?? 0
    this.counts[before] = (this.counts[before] ?? 0) - 1
    this.counts[code] = (this.counts[code] ?? 0) + 1
    this.states[slot] = code
  }

  #identify(slot: number, series: Series, memo: NamingMemo): SlotState {
    const { naming, dictionary } = this.#tables
    if (series.metric.descriptor.temporality === 'delta') return 'delta_temporality'
    const state = stateOf(series)
    if (naming.isPlain) this.#namePlainly(slot, series, memo)
    else {
      // The parts of a point are relabeled one by one, when they are written.
      const named = state === 'point' ? naming.translated(series) : naming.of(series)
      if (named === undefined) return 'relabel_dropped'
      this.names[slot] = dictionary.retain('__name__', named.name)
      this.sets[slot] = this.labelSets.retain(named.pairs)
    }
    this.#useMetric(slot, series.metric)
    const first = this.#index.find(this.names[slot] ?? 0, this.sets[slot] ?? 0)
    if (first >= 0) {
      const others = this.#waiting.get(first)
      if (others === undefined) this.#waiting.set(first, [slot])
      else others.push(slot)
      return 'duplicate_series'
    }
    this.#index.add(slot)
    return state
  }

  #useMetric(slot: number, metric: Metric): void {
    let use = this.metrics.get(metric)
    if (use === undefined) {
      use = { series: 0, metadata: this.#tables.describe(metric) }
      this.metrics.set(metric, use)
    }
    use.series++
    if (use.metadata !== undefined) this.#uses[slot] = use
  }

  #disuseMetric(metric: Metric | undefined): void {
    const use = metric === undefined ? undefined : this.metrics.get(metric)
    if (metric === undefined || use === undefined || --use.series > 0) return
    this.metrics.delete(metric)
    use.metadata?.release()
  }

  /** Without relabeling, series of one set share their labels, and those of one metric their name. */
  #namePlainly(slot: number, series: Series, memo: NamingMemo): void {
    const { naming, dictionary } = this.#tables
    const { metric, role, attributes } = series
    const sets = memo.setsOf(metric.scope)
    const names = memo.namesOf(metric)
    const knownSet = sets.get(attributes)
    const knownName = names.get(role)
    if (knownSet !== undefined) this.sets[slot] = this.labelSets.hold(knownSet)
    if (knownName !== undefined) {
      dictionary.hold(knownName)
      this.names[slot] = knownName
    }
    if (knownSet !== undefined && knownName !== undefined) return
    const { name, pairs } = naming.translated(series)
    if (knownSet === undefined) {
      const set = this.labelSets.retain(pairs)
      sets.set(attributes, set)
      this.sets[slot] = set
    }
    if (knownName === undefined) {
      const label = dictionary.retain('__name__', name)
      names.set(role, label)
      this.names[slot] = label
    }
  }

  #remove(slot: number, left: (slot: number) => void, added: Set<number>): void {
    const code = this.states[slot] ?? 0
    if (code === stateCodes.empty) return
    if (this.#isWritten(slot) && !added.delete(slot)) left(slot)
    if (this.#isNamed(slot)) {
      if (code === stateCodes.duplicate_series) this.#stopWaiting(slot)
      else this.#index.remove(slot)
      const heir = code === stateCodes.duplicate_series ? undefined : this.#heirOf(slot)
      this.#tables.dictionary.release(this.names[slot] ?? 0)
      this.labelSets.release(this.sets[slot] ?? 0)
      this.#disuseMetric(this.layout.series[slot]?.metric)
      if (heir !== undefined) added.add(heir)
    }
    this.#put(slot, 'empty')
  }

  /** One that waited takes the place of a slot that leaves: it has the same name and set. */
  #heirOf(slot: number): number | undefined {
    const [heir, ...others] = this.#waiting.get(slot) ?? []
    this.#waiting.delete(slot)
    if (heir === undefined) return undefined
    this.#index.add(heir)
    if (others.length > 0) this.#waiting.set(heir, others)
    const series = this.layout.series[heir]
    this.#put(heir, series === undefined ? 'sample' : stateOf(series))
    return heir
  }

  #stopWaiting(slot: number): void {
    const first = this.#index.find(this.names[slot] ?? 0, this.sets[slot] ?? 0)
    const left = this.#waiting.get(first)?.filter((each) => each !== slot) ?? []
    if (left.length > 0) this.#waiting.set(first, left)
    else this.#waiting.delete(first)
  }

  #grow(length: number): void {
    if (length <= this.states.length) return
    this.names = longer(this.names, length)
    this.sets = longer(this.sets, length)
    const states = new Uint8Array(this.names.length)
    states.set(this.states)
    this.states = states
  }
}

function stateOf({ role, metric }: Series): SlotState {
  return role === 'none' && pointKinds.has(metric.descriptor.kind) ? 'point' : 'sample'
}
