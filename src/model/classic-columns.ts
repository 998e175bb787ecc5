import { Batch, flag, type Columns, type Exemplar } from './batch.ts'
import type { Layout } from './layout.ts'
import type { Point } from './point.ts'

/** Unix time in milliseconds as whole nanoseconds, exact to the microsecond. */
export function nanoseconds(milliseconds: number): bigint {
  return Number.isSafeInteger(milliseconds)
    ? BigInt(milliseconds) * 1_000_000n
    : BigInt(Math.round(milliseconds * 1000)) * 1000n
}

/** The columns of a batch on their way to other slots, of another layout. */
export class ClassicColumns {
  readonly #from: Batch
  readonly #values: Float64Array
  readonly #flags: Uint8Array
  readonly #times: Float64Array | undefined
  readonly #timesNano: BigInt64Array | undefined
  #startTimes: Float64Array | undefined
  readonly #startTimesNano: BigInt64Array | undefined
  #integers: BigInt64Array | undefined
  readonly #points: (Point | undefined)[]
  readonly #slots: number[] = []

  constructor(from: Batch, length: number) {
    this.#from = from
    this.#values = new Float64Array(length)
    this.#flags = new Uint8Array(length)
    this.#points = Array.from<Point | undefined>({ length })
    this.#times = from.times && new Float64Array(length).fill(Number.NaN)
    this.#timesNano = from.timesNano && new BigInt64Array(length)
    this.#startTimes = from.startTimes && new Float64Array(length).fill(Number.NaN)
    this.#startTimesNano = from.startTimesNano && new BigInt64Array(length)
    this.#integers = from.integers && new BigInt64Array(length)
  }

  /** Copies all that a slot has. */
  copy(from: number, to: number): void {
    this.copyTimes(from, to)
    this.#values[to] = this.#from.values[from] ?? Number.NaN
    this.#flags[to] = this.#from.flags?.[from] ?? 0
    this.#points[to] = this.#from.points?.[from]
    if (this.#integers === undefined) return
    this.#integers[to] = this.#from.integers?.[from] ?? wholePart(this.#values[to] ?? 0)
  }

  /** Copies time and start time alone; the slot is in the batch from here on. */
  copyTimes(from: number, to: number): void {
    const { times, timesNano, startTimes, startTimesNano } = this.#from
    this.#slots.push(to)
    if (this.#times !== undefined) this.#times[to] = times?.[from] ?? Number.NaN
    if (this.#timesNano !== undefined) this.#timesNano[to] = timesNano?.[from] ?? 0n
    if (this.#startTimes !== undefined) this.#startTimes[to] = startTimes?.[from] ?? Number.NaN
    if (this.#startTimesNano !== undefined) this.#startTimesNano[to] = startTimesNano?.[from] ?? 0n
  }

  setPoint(slot: number, point: Point): void {
    this.#points[slot] = point
  }

  setStale(slot: number): void {
    this.#flags[slot] = flag.stale
  }

  /** Sets a number; one that a double cannot hold exactly keeps its digits beside it. */
  setValue(slot: number, value: number | bigint): void {
    this.#values[slot] = Number(value)
    if (typeof value === 'number' || value > largestInteger) return
    this.#flags[slot] = flag.integer
    this.#integers ??= BigInt64Array.from(this.#values, wholePart)
    this.#integers[slot] = value
  }

  /** Sets since when a slot counts, in Unix milliseconds. */
  setStart(slot: number, milliseconds: number): void {
    if (this.#startTimesNano !== undefined) this.#startTimesNano[slot] = nanoseconds(milliseconds)
    this.#startTimes ??= new Float64Array(this.#values.length).fill(Number.NaN)
    this.#startTimes[slot] = milliseconds
  }

  /** The batch over the new layout; sparse where not every slot was written. */
  finish(layout: Layout, exemplars: readonly Exemplar[] | undefined): Batch {
    const { time, startTime } = this.#from
    const columns: Columns = {
      time,
      times: this.#times,
      timesNano: this.#timesNano,
      startTime,
      startTimes: this.#startTimes,
      startTimesNano: this.#startTimesNano,
      values: this.#values,
      integers: this.#integers,
      flags: this.#flags,
      points: this.#points,
      exemplars,
      slots: this.#slots.length === layout.size ? undefined : Int32Array.from(this.#slots).toSorted(),
    }
    return new Batch(layout, columns)
  }
}

const largestInteger = 2n ** 63n - 1n

function wholePart(value: number): bigint {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n
}
