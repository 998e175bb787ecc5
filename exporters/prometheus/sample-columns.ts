import type { Batch, Exemplar } from '#src/model/batch.ts'
import type { Point } from '#src/model/point.ts'

/**
 * The latest samples of one source, by slot, as a scrape reads them. Whoever reads calls `capture` first: what was
 * captured does not change any more.
 */
export interface SampleColumns {
  readonly values: Float64Array
  /** 1 where a slot has a sample to show; undefined where all have one. */
  readonly shown: Uint8Array | undefined
  readonly points: readonly (Point | undefined)[] | undefined
  /** Unix time in milliseconds. */
  timeAt(slot: number): number
  /** Unix time in milliseconds since which a cumulative value counts; undefined where it is not known. */
  startTimeAt(slot: number): number | undefined
  exemplarsAt(slot: number): readonly Exemplar[]
  readonly hasExemplars: boolean
  /** Monotonic milliseconds at which the sample came. */
  collectedAt(slot: number): number
}

const none: readonly Exemplar[] = []

/** Exemplars by slot, in the order in which they came. */
export function exemplarsBySlot(exemplars: readonly Exemplar[] | undefined): Map<number, Exemplar[]> {
  const bySlot = new Map<number, Exemplar[]>()
  for (const exemplar of exemplars ?? []) {
    const others = bySlot.get(exemplar.slot)
    if (others === undefined) bySlot.set(exemplar.slot, [exemplar])
    else others.push(exemplar)
  }
  return bySlot
}

/** The columns of one batch that has a sample for every slot: nothing is copied. */
export class BatchColumns implements SampleColumns {
  readonly batch: Batch
  readonly values: Float64Array
  readonly shown: Uint8Array | undefined
  readonly points: readonly (Point | undefined)[] | undefined
  readonly collected: number
  #exemplars: Map<number, Exemplar[]> | undefined

  constructor(batch: Batch, collected: number, shown: Uint8Array | undefined) {
    this.batch = batch
    this.values = batch.values
    this.points = batch.points
    this.shown = shown
    this.collected = collected
  }

  /** The same without some slots. */
  without(slots: Iterable<number>): BatchColumns {
    const { length } = this.batch.layout.series
    const shown = this.shown === undefined ? new Uint8Array(length).fill(1) : this.shown.slice()
    for (const slot of slots) shown[slot] = 0
    return new BatchColumns(this.batch, this.collected, shown)
  }

  timeAt(slot: number): number {
    return this.batch.timeAt(slot)
  }

  startTimeAt(slot: number): number | undefined {
    return this.batch.startTimeAt(slot)
  }

  exemplarsAt(slot: number): readonly Exemplar[] {
    if (this.batch.exemplars === undefined) return none
    this.#exemplars ??= exemplarsBySlot(this.batch.exemplars)
    return this.#exemplars.get(slot) ?? none
  }

  get hasExemplars(): boolean {
    return this.batch.exemplars !== undefined && this.batch.exemplars.length > 0
  }

  collectedAt(): number {
    return this.collected
  }
}

/** Columns of its own, into which sparse batches are folded. */
export class FoldedColumns implements SampleColumns {
  readonly values: Float64Array
  readonly shown: Uint8Array
  readonly points: (Point | undefined)[]
  readonly times: Float64Array
  /** NaN where it is not known. */
  readonly starts: Float64Array
  readonly collected: Float64Array
  readonly exemplars: Map<number, readonly Exemplar[]>
  /** Whether someone reads it: it is then copied before it changes. */
  captured = false

  /** Takes over the samples that were there before. */
  constructor(length: number, before: SampleColumns | undefined) {
    this.values = new Float64Array(length)
    this.shown = new Uint8Array(length)
    this.points = []
    this.times = new Float64Array(length)
    this.starts = new Float64Array(length).fill(Number.NaN)
    this.collected = new Float64Array(length)
    this.exemplars = new Map()
    if (before !== undefined) this.#takeOver(before, Math.min(length, before.values.length))
  }

  timeAt(slot: number): number {
    return this.times[slot] ?? 0
  }

  startTimeAt(slot: number): number | undefined {
    const start = this.starts[slot]
    return start === undefined || Number.isNaN(start) ? undefined : start
  }

  exemplarsAt(slot: number): readonly Exemplar[] {
    return this.exemplars.get(slot) ?? none
  }

  get hasExemplars(): boolean {
    return this.exemplars.size > 0
  }

  collectedAt(slot: number): number {
    return this.collected[slot] ?? 0
  }

  #takeOver(before: SampleColumns, length: number): void {
    for (let slot = 0; slot < length; slot++) {
      if (before.shown !== undefined && before.shown[slot] !== 1) continue
      this.shown[slot] = 1
      this.values[slot] = before.values[slot] ?? 0
      this.times[slot] = before.timeAt(slot)
      this.starts[slot] = before.startTimeAt(slot) ?? Number.NaN
      this.collected[slot] = before.collectedAt(slot)
      const point = before.points?.[slot]
      if (point !== undefined) this.points[slot] = point
      const exemplars = before.exemplarsAt(slot)
      if (exemplars.length > 0) this.exemplars.set(slot, exemplars)
    }
  }
}
