import type { AttributeSet } from './attribute-set.ts'
import type { Layout } from './layout.ts'
import type { Point } from './point.ts'

/** Bits of a batch's flag column. */
export const flag = {
  /** The series has no value any more: encoders write a staleness marker or OTLP's NoRecordedValue, never the value. */
  stale: 1,
  /** The value is an OTLP `int`. */
  integer: 2,
} as const

/** An example behind a value: OTLP's exemplar, Prometheus' exemplar. */
export interface Exemplar {
  readonly slot: number
  readonly value: number | bigint
  /** Unix time in milliseconds; a bigint is in nanoseconds. */
  readonly time: number | bigint
  /** `trace_id` and `span_id` (hex) among them, as Prometheus has it. */
  readonly attributes: AttributeSet
}

/** The columns of a batch. All are indexed by slot and at least as long as the layout, unless said otherwise. */
export interface Columns {
  /** Unix time in milliseconds of all slots that have none of their own. */
  readonly time: number
  /** Unix time in milliseconds by slot, for data that bears its own; NaN where `time` holds. */
  readonly times?: Float64Array | undefined
  /** Unix time in nanoseconds by slot, for data that came with them; overrules both. */
  readonly timesNano?: BigInt64Array | undefined
  /** Unix time in milliseconds since which cumulative values count, for all slots; undefined where it is not known. */
  readonly startTime?: number | undefined
  /** The same by slot; NaN where it is not known. */
  readonly startTimes?: Float64Array | undefined
  readonly startTimesNano?: BigInt64Array | undefined
  readonly values: Float64Array
  /** Exact values of integers beyond 2^53, where the flag `integer` is set; absent where all fit `values`. */
  readonly integers?: BigInt64Array | undefined
  readonly flags?: Uint8Array | undefined
  /** Points of histograms, exponential histograms and summaries. */
  readonly points?: readonly (Point | undefined)[] | undefined
  readonly exemplars?: readonly Exemplar[] | undefined
  /** Makes the batch sparse: only these slots, ascending, are in it. An absent slot is skipped, and is not stale. */
  readonly slots?: Int32Array | undefined
}

/** One sample of each series of a layout, or of some. Immutable once emitted, so that fan-out shares it. */
export class Batch implements Columns {
  readonly layout: Layout
  readonly time: number
  readonly times: Float64Array | undefined
  readonly timesNano: BigInt64Array | undefined
  readonly startTime: number | undefined
  readonly startTimes: Float64Array | undefined
  readonly startTimesNano: BigInt64Array | undefined
  readonly values: Float64Array
  readonly integers: BigInt64Array | undefined
  readonly flags: Uint8Array | undefined
  readonly points: readonly (Point | undefined)[] | undefined
  readonly exemplars: readonly Exemplar[] | undefined
  readonly slots: Int32Array | undefined
  #size = -1

  constructor(layout: Layout, columns: Columns) {
    this.layout = layout
    this.time = columns.time
    this.times = columns.times
    this.timesNano = columns.timesNano
    this.startTime = columns.startTime
    this.startTimes = columns.startTimes
    this.startTimesNano = columns.startTimesNano
    this.values = columns.values
    this.integers = columns.integers
    this.flags = columns.flags
    this.points = columns.points
    this.exemplars = columns.exemplars
    this.slots = columns.slots
  }

  /** The slots to walk: those of the selection, else all live ones. A slot of a selection may be a hole. */
  get walk(): Int32Array {
    return this.slots ?? this.layout.live
  }

  /** The number of data points: of the walked slots that are no holes. */
  get size(): number {
    if (this.slots === undefined) return this.layout.size
    if (this.#size < 0) {
      let size = 0
      for (const slot of this.slots) if (this.layout.series[slot] !== undefined) size++
      this.#size = size
    }
    return this.#size
  }

  /** The same columns over another layout of the same slots. */
  withLayout(layout: Layout): Batch {
    return layout === this.layout ? this : new Batch(layout, this)
  }

  /** The same columns, of which only these slots count. */
  withSlots(slots: Int32Array): Batch {
    return new Batch(this.layout, { ...columnsOf(this), slots })
  }

  /** Whether the series of a slot ended. */
  isStale(slot: number): boolean {
    return this.flags !== undefined && ((this.flags[slot] ?? 0) & flag.stale) !== 0
  }

  /** Unix time of a slot in milliseconds. */
  timeAt(slot: number): number {
    const nano = this.timesNano?.[slot]
    if (nano !== undefined) return Number(nano / 1_000_000n)
    const own = this.times?.[slot]
    return own === undefined || Number.isNaN(own) ? this.time : own
  }

  /** Unix time in milliseconds since which the cumulative value of a slot counts; undefined where it is not known. */
  startTimeAt(slot: number): number | undefined {
    const nano = this.startTimesNano?.[slot]
    if (nano !== undefined) return nano === 0n ? undefined : Number(nano / 1_000_000n)
    const own = this.startTimes?.[slot]
    return own === undefined || Number.isNaN(own) ? this.startTime : own
  }
}

/** The columns of a batch, to make another batch with some of them replaced. */
export function columnsOf(batch: Batch): Columns {
  const { time, times, timesNano, startTime, startTimes, startTimesNano } = batch
  const { values, integers, flags, points, exemplars, slots } = batch
  return {
    time,
    times,
    timesNano,
    startTime,
    startTimes,
    startTimesNano,
    values,
    integers,
    flags,
    points,
    exemplars,
    slots,
  }
}

/** A batch that marks slots of a layout as ended at a time: what a producer emits for series that went. */
export function staleBatch(layout: Layout, slots: Int32Array, time: number): Batch {
  const flags = new Uint8Array(layout.series.length)
  for (const slot of slots) flags[slot] = flag.stale
  return new Batch(layout, { time, values: new Float64Array(layout.series.length), flags, slots })
}
