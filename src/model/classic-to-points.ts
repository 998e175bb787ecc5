import { flag, type Batch, type Exemplar } from './batch.ts'
import { ClassicColumns } from './classic-columns.ts'
import { ClassicGroups, type ClassicGroup } from './classic-groups.ts'
import { subtractCounts } from './count.ts'
import type { Point } from './point.ts'
import type { Kind } from './series.ts'
import type { Source } from './source.ts'

/** A batch of wholes, and what became of the data points of the batch before: `size` = all `weights` + the rest. */
export interface Converted {
  readonly batch: Batch
  /** How many data points of the input each output slot stands for. */
  readonly weights: Uint32Array
  /** Data points left out because their group makes no point: counts that fall, are no counts, miss or come twice. */
  readonly malformed: number
  /** Stale markers of parts whose whole goes on, and creation times that came alone. */
  readonly absorbed: number
}

const classicKinds: ReadonlySet<Kind> = new Set(['histogram', 'gauge_histogram', 'summary', 'sum'])

/** What a batch says of a slot. */
const absent = 0
const live = 1
const stale = 2

/**
 * Turns the parts of classic histograms and summaries into points, for formats that have them: one for each source. A
 * histogram's series is its family, without `le`. The rest stays as it is, and so do parts that make no whole: buckets
 * with neither `+Inf` nor a count, quantiles without sum or count, an unreadable `le`.
 *
 * - The bucket `+Inf` is the count, and the count stands for a missing `+Inf`.
 * - `created` is no series of its own but the start time, also for counters (`total`).
 * - A whole is stale when all its parts are. A part that ends alone just leaves it.
 * - Where the groups change so that parts stop to be a whole, or begin to be one, no stale markers are made.
 *
 * While the layout is steady it only computes: groups and their order are kept.
 */
export class ClassicToPoints {
  readonly #groups: ClassicGroups

  /** `kinds` of families to convert; the others keep their parts. */
  constructor(source: Source, kinds: ReadonlySet<Kind> = classicKinds) {
    this.#groups = new ClassicGroups(source, kinds)
  }

  /** Converts a batch. Batches of the source come in order. */
  convert(batch: Batch): Converted {
    const layout = this.#groups.follow(batch.layout)
    const { length } = layout.series
    const columns = new ClassicColumns(batch, length)
    const weights = new Uint32Array(length)
    const states = new Uint8Array(batch.layout.series.length)
    let malformed = 0
    let absorbed = 0

    for (const group of this.#begin(batch, states, columns, weights)) {
      const { output, slots, duplicates } = group
      let alive = 0
      let ended = 0
      for (const slot of slots) {
        if (states[slot] === live) alive++
        else if (states[slot] === stale) ended++
      }
      if (group.total >= 0 ? states[group.total] === stale : ended === slots.length) {
        columns.copyTimes(slots[0] ?? 0, output)
        columns.setStale(output)
        weights[output] = alive + ended
      } else if (alive === 0 || (group.total >= 0 && states[group.total] === absent)) {
        absorbed += alive + ended
      } else if (writeGroup(group, batch, states, columns)) {
        const repeated = duplicates.size === 0 ? 0 : countLive(duplicates, states)
        malformed += repeated
        weights[output] = alive + ended - repeated
      } else {
        malformed += alive
        absorbed += ended
      }
    }
    return { batch: columns.finish(layout, this.#exemplars(batch)), weights, malformed, absorbed }
  }

  /** Gives everything back, at the end of the source. */
  dispose(): void {
    this.#groups.dispose()
  }

  /** Notes what the batch says of each slot, copies what stays as it is, and names the wholes that it has a part of. */
  #begin(
    batch: Batch,
    states: Uint8Array,
    columns: ClassicColumns,
    weights: Uint32Array,
  ): ReadonlySet<ClassicGroup> {
    const named = new Set<ClassicGroup>()
    const sparse = batch.slots !== undefined
    for (const slot of batch.walk) {
      states[slot] = batch.isStale(slot) ? stale : live
      const to = this.#groups.passedAt(slot)
      if (to !== undefined) {
        columns.copy(slot, to)
        weights[to] = 1
      } else if (sparse) {
        const whole = this.#groups.wholeAt(slot)
        if (whole !== undefined) named.add(whole)
      }
    }
    return sparse ? named : this.#groups.formed
  }

  #exemplars({ exemplars }: Batch): Exemplar[] | undefined {
    return exemplars?.flatMap((exemplar) => {
      const slot = this.#groups.passedAt(exemplar.slot) ?? this.#groups.wholeAt(exemplar.slot)?.output
      return slot === undefined ? [] : [{ ...exemplar, slot }]
    })
  }
}

function countLive(slots: ReadonlySet<number>, states: Uint8Array): number {
  let count = 0
  for (const slot of slots) if (states[slot] === live) count++
  return count
}

/** Writes the whole into its slot; false where its live parts make no point. */
function writeGroup(group: ClassicGroup, batch: Batch, states: Uint8Array, columns: ClassicColumns): boolean {
  const { output, created, count, infinite, total } = group
  if (total >= 0) {
    columns.copy(total, output)
  } else {
    const point =
      group.kind === 'summary' ? summaryOf(group, batch, states) : histogramOf(group, batch, states)
    if (point === undefined) return false
    columns.copyTimes(states[count] === live ? count : infinite, output)
    columns.setPoint(output, point)
  }
  if (states[created] === live) {
    const seconds = batch.values[created] ?? Number.NaN
    if (Number.isFinite(seconds) && seconds > 0) columns.setStart(output, seconds * 1000)
  }
  return true
}

function histogramOf(group: ClassicGroup, batch: Batch, states: Uint8Array): Point | undefined {
  const all = states[group.infinite] === live ? group.infinite : group.count
  const count = states[all] === live ? countAt(batch, all) : undefined
  if (count === undefined) return undefined
  const counts: (number | bigint)[] = []
  let { bounds } = group
  let below: number | bigint = 0
  for (const { slot } of group.bounded) {
    if (states[slot] !== live) continue
    const cumulative = countAt(batch, slot)
    if (cumulative === undefined || cumulative < below) return undefined
    counts.push(subtractCounts(cumulative, below))
    below = cumulative
  }
  if (count < below) return undefined
  if (counts.length < bounds.length) {
    bounds = group.bounded.filter(({ slot }) => states[slot] === live).map(({ bound }) => bound)
  }
  counts.push(subtractCounts(count, below))
  const sum = states[group.sum] === live ? batch.values[group.sum] : undefined
  return { kind: 'histogram', count, sum, min: undefined, max: undefined, bounds, counts }
}

function summaryOf(group: ClassicGroup, batch: Batch, states: Uint8Array): Point | undefined {
  if (states[group.count] !== live || states[group.sum] !== live) return undefined
  const count = countAt(batch, group.count)
  if (count === undefined) return undefined
  const quantiles = group.bounded
    .filter(({ slot }) => states[slot] === live)
    .map(({ slot, bound }) => ({ quantile: bound, value: batch.values[slot] ?? Number.NaN }))
  return { kind: 'summary', count, sum: batch.values[group.sum] ?? Number.NaN, quantiles }
}

/** The value of a slot as a count; undefined where it is none: negative, broken, not finite. */
function countAt(batch: Batch, slot: number): number | bigint | undefined {
  const value = batch.values[slot] ?? Number.NaN
  if (!Number.isInteger(value) || value < 0) return undefined
  if (value <= Number.MAX_SAFE_INTEGER) return value
  const exact = ((batch.flags?.[slot] ?? 0) & flag.integer) === 0 ? undefined : batch.integers?.[slot]
  return exact ?? BigInt(value)
}
