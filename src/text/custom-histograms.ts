import type { HistogramPoint } from '#src/model/point.ts'
import type { SampleDetails } from './exposed-series.ts'
import { groupKey } from './created-times.ts'

/** A part of a classic histogram: NaN for the bound of a sum or a count. */
interface Part {
  readonly role: 'bucket' | 'sum' | 'count'
  readonly bound: number
}

/** One histogram: its series, and the lines that it is assembled from. */
export interface CustomHistogram {
  readonly key: string
  readonly family: string
  readonly labels: readonly string[]
  /** The slot of its series; -1 where a rule drops it, or another line has it. */
  readonly slot: number
  readonly parts: Map<number, Part>
  /** What the body at hand says, by row; empty where it says nothing. */
  readonly values: Map<number, number>
  /** Of the line that came first. */
  details: SampleDetails | undefined
}

/**
 * The classic histograms of a target that are read as native ones with custom buckets: which lines are parts of which, and
 * what the body at hand says of them. As Prometheus' `convert_classic_histograms_to_nhcb`.
 */
export class CustomHistograms {
  readonly #byKey = new Map<string, CustomHistogram>()
  readonly #ofRow = new Map<number, CustomHistogram>()
  readonly #slots = new Set<number>()
  /** Those that the body at hand has. */
  readonly #told = new Set<CustomHistogram>()
  /** Slots of histograms whose last line went. */
  #ended: number[] = []

  /** The histogram that a line with these labels is a part of, if another line has made it. */
  find(family: string, labels: readonly string[]): CustomHistogram | undefined {
    return this.#byKey.get(groupKey(family, labels))
  }

  /** Adds a histogram; it goes with its last line. */
  add(family: string, labels: readonly string[], slot: number): CustomHistogram {
    const key = groupKey(family, labels)
    const made = { key, family, labels, slot, parts: new Map(), values: new Map(), details: undefined }
    this.#byKey.set(key, made)
    if (slot >= 0) this.#slots.add(slot)
    return made
  }

  addRow(row: number, histogram: CustomHistogram, role: Part['role'], bound: number): void {
    histogram.parts.set(row, { role, bound })
    this.#ofRow.set(row, histogram)
  }

  /** Whether a line is a part of one. */
  has(row: number): boolean {
    return this.#ofRow.has(row)
  }

  /** Whether a slot is that of one. */
  isSlot(slot: number): boolean {
    return this.#slots.has(slot)
  }

  /** All that there are. */
  all(): Iterable<CustomHistogram> {
    return this.#byKey.values()
  }

  /** Takes the value of a line of this body. Returns the slot of its histogram, and whether the body had none of it before. */
  tell(
    row: number,
    value: number,
    details: SampleDetails,
  ): { readonly slot: number; readonly first: boolean } | undefined {
    const histogram = this.#ofRow.get(row)
    if (histogram === undefined) return undefined
    histogram.values.set(row, value)
    const first = !this.#told.has(histogram)
    if (first) histogram.details = details
    this.#told.add(histogram)
    return { slot: histogram.slot, first }
  }

  /** What the body says: a point for each histogram with a slot; undefined where its parts make none. */
  *points(): Generator<readonly [CustomHistogram, HistogramPoint | undefined]> {
    for (const histogram of this.#told) if (histogram.slot >= 0) yield [histogram, pointOf(histogram)]
  }

  /** Takes a line out. Returns what the body said of it. */
  removeRow(row: number): number | undefined {
    const histogram = this.#ofRow.get(row)
    if (histogram === undefined) return undefined
    const value = histogram.values.get(row)
    this.#ofRow.delete(row)
    histogram.parts.delete(row)
    histogram.values.delete(row)
    if (histogram.parts.size > 0) return value
    this.#byKey.delete(histogram.key)
    this.#told.delete(histogram)
    if (this.#slots.delete(histogram.slot)) this.#ended.push(histogram.slot)
    return value
  }

  /** The slots of histograms that have gone since this was asked last. */
  takeEnded(): readonly number[] {
    const ended = this.#ended
    this.#ended = []
    return ended
  }

  /** The body is through. */
  settle(): void {
    for (const histogram of this.#told) {
      histogram.values.clear()
      histogram.details = undefined
    }
    this.#told.clear()
    this.#ended = []
  }
}

/** As Prometheus has it: the bucket `+Inf` is the count, which stands for it where it is missing; counts never fall. */
function pointOf({ parts, values }: CustomHistogram): HistogramPoint | undefined {
  const buckets: { readonly bound: number; readonly value: number }[] = []
  let sum: number | undefined
  let count: number | undefined
  for (const [row, value] of values) {
    const { role, bound } = parts.get(row) ?? { role: 'sum', bound: Number.NaN }
    if (role === 'bucket') buckets.push({ bound, value })
    else if (role === 'sum') sum = value
    else count = value
  }
  buckets.sort((first, second) => first.bound - second.bound)
  if (buckets.at(-1)?.bound !== Infinity) {
    if (count === undefined) return undefined
    buckets.push({ bound: Infinity, value: count })
  }
  const counts: number[] = []
  let below = 0
  for (const { value } of buckets) {
    if (!Number.isSafeInteger(value) || value < below) return undefined
    counts.push(value - below)
    below = value
  }
  const bounds = buckets.slice(0, -1).map(({ bound }) => bound)
  return {
    kind: 'histogram',
    count: below,
    sum,
    min: undefined,
    max: undefined,
    bounds,
    counts,
    isNative: true,
  }
}
