import type { AttributeSet } from '#src/model/attribute-set.ts'
import { Batch, flag, type Columns, type Exemplar } from '#src/model/batch.ts'
import type { Layout } from '#src/model/layout.ts'
import type { Point } from '#src/model/point.ts'

/** A second sample of a series in one body, at another time. */
interface LaterSample {
  readonly slot: number
  readonly value: number
  readonly time: number
}

/** How many samples of one series a body may have beside the first: each round is a batch of its own. */
const mostLater = 16

/** An exemplar of a line; without a time it has that of the scrape. */
export interface LineExemplar {
  readonly value: number
  /** Unix time in milliseconds. */
  readonly time: number | undefined
  readonly attributes: AttributeSet
}

/** The numbers of one body, by slot. Columns that few bodies need are made when the first line needs them. */
export class SampleColumns {
  /** Replaced when it grows, like the others. */
  values: Float64Array<ArrayBuffer>
  /** Unix times in milliseconds that lines bear; NaN where they bear none. */
  times: Float64Array<ArrayBuffer> | undefined
  #startTimes: Float64Array<ArrayBuffer> | undefined
  #flags: Uint8Array<ArrayBuffer> | undefined
  #points: (Point | undefined)[] | undefined
  #exemplars: { slot: number; exemplar: LineExemplar }[] | undefined
  /** By slot. */
  #later: Map<number, LaterSample[]> | undefined

  constructor(slots: number) {
    this.values = new Float64Array(slots)
  }

  /** Makes room for a slot. */
  reserve(slot: number): void {
    if (slot < this.values.length) return
    const length = Math.max(16, slot + 1 + (slot >> 1))
    this.values = resizedColumn(this.values, length, 0)
    if (this.times !== undefined) this.times = resizedColumn(this.times, length, Number.NaN)
    if (this.#startTimes !== undefined) this.#startTimes = resizedColumn(this.#startTimes, length, Number.NaN)
    if (this.#flags !== undefined) {
      const flags = new Uint8Array(length)
      flags.set(this.#flags)
      this.#flags = flags
    }
  }

  /** The column of times, made where there is none. */
  needTimes(): Float64Array<ArrayBuffer> {
    this.times ??= new Float64Array(this.values.length).fill(Number.NaN)
    return this.times
  }

  /** Since when the value of a slot counts, in Unix milliseconds. */
  setStartTime(slot: number, time: number): void {
    this.#startTimes ??= new Float64Array(this.values.length).fill(Number.NaN)
    this.#startTimes[slot] = time
  }

  /** Marks a slot as ended: the target itself sent a staleness marker. */
  setStale(slot: number): void {
    this.#flags ??= new Uint8Array(this.values.length)
    this.#flags[slot] = flag.stale
  }

  setPoint(slot: number, point: Point): void {
    ;(this.#points ??= [])[slot] = point
  }

  addExemplar(slot: number, exemplar: LineExemplar): void {
    ;(this.#exemplars ??= []).push({ slot, exemplar })
  }

  /**
   * Adds another sample of a slot that has one. Returns false where it is not younger than the last, as a store would
   * refuse it, and where there are too many.
   */
  addLater(slot: number, value: number, time: number): boolean {
    const later = (this.#later ??= new Map<number, LaterSample[]>())
    const samples = later.get(slot) ?? []
    const last = samples.at(-1)?.time ?? this.times?.[slot] ?? Number.NaN
    if (!(time > last) || samples.length === mostLater) return false
    samples.push({ slot, value, time })
    later.set(slot, samples)
    return true
  }

  /** Moves what a slot has to another. */
  move(from: number, to: number): void {
    this.reserve(to)
    this.values[to] = this.values[from] ?? 0
    if (this.times !== undefined) this.times[to] = this.times[from] ?? Number.NaN
    if (this.#startTimes !== undefined) this.#startTimes[to] = this.#startTimes[from] ?? Number.NaN
    if (this.#flags !== undefined) this.#flags[to] = this.#flags[from] ?? 0
    if (this.#points !== undefined) this.#points[to] = this.#points[from]
    this.#exemplars = this.#exemplars?.map((entry) => (entry.slot === from ? { ...entry, slot: to } : entry))
    const later = this.#later?.get(from)
    if (later !== undefined)
      this.#later?.set(
        to,
        later.map((sample) => ({ ...sample, slot: to })),
      )
    this.#later?.delete(from)
  }

  /**
   * The batches of a scrape: one of all series, and one more for each time that series were sampled again, in the
   * order of the body.
   */
  batches(layout: Layout, time: number): Batch[] {
    const exemplars = this.#exemplars?.map(({ slot, exemplar }): Exemplar => ({
      slot,
      value: exemplar.value,
      time: exemplar.time ?? time,
      attributes: exemplar.attributes,
    }))
    const columns: Columns = {
      time,
      times: this.times,
      startTimes: this.#startTimes,
      values: this.values,
      flags: this.#flags,
      points: this.#points,
      exemplars,
    }
    return [new Batch(layout, columns), ...this.#laterBatches(layout, time)]
  }

  #laterBatches(layout: Layout, time: number): Batch[] {
    const rounds: LaterSample[][] = []
    for (const samples of this.#later?.values() ?? []) {
      for (const [round, sample] of samples.entries()) (rounds[round] ??= []).push(sample)
    }
    return rounds.map((samples) => sparseBatch(layout, time, samples, this.#startTimes))
  }
}

/** Those of a target that no body is read of. */
export const noColumns: SampleColumns = new SampleColumns(0)

function sparseBatch(
  layout: Layout,
  time: number,
  samples: readonly LaterSample[],
  startTimes: Float64Array | undefined,
): Batch {
  const { length } = layout.series
  const values = new Float64Array(length)
  const times = new Float64Array(length).fill(Number.NaN)
  for (const sample of samples) {
    values[sample.slot] = sample.value
    times[sample.slot] = sample.time
  }
  const slots = Int32Array.from(samples, ({ slot }) => slot).toSorted()
  return new Batch(layout, { time, times, startTimes, values, slots })
}

function resizedColumn(column: Float64Array, length: number, filling: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length)
  copy.set(column)
  if (filling !== 0) copy.fill(filling, column.length)
  return copy
}
