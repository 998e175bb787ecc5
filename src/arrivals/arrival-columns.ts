import { Batch, flag, type Exemplar } from '#src/model/batch.ts'
import type { Layout } from '#src/model/layout.ts'
import type { Point } from '#src/model/point.ts'

/** What arrived for the slots of one layout, at most one point for each. Columns that few requests need are made when needed. */
export class ArrivalColumns {
  readonly #time: number
  #values: Float64Array<ArrayBuffer>
  #slots: number[] = []
  #ascending = true
  #times: Float64Array<ArrayBuffer> | undefined
  #timesNano: BigInt64Array<ArrayBuffer> | undefined
  #startTimes: Float64Array<ArrayBuffer> | undefined
  #startTimesNano: BigInt64Array<ArrayBuffer> | undefined
  #integers: BigInt64Array<ArrayBuffer> | undefined
  #flags: Uint8Array<ArrayBuffer> | undefined
  #points: (Point | undefined)[] | undefined
  #exemplars: Exemplar[] | undefined

  /** @param time of the first point, Unix milliseconds */
  constructor(length: number, time: number) {
    this.#values = new Float64Array(length)
    this.#time = time
  }

  /** The slots that have a point, in the order in which they came. */
  get slots(): readonly number[] {
    return this.#slots
  }

  /** Adds the point of a slot that has none yet. @param time Unix milliseconds */
  add(slot: number, value: number, time: number): void {
    if (slot >= this.#values.length) this.#grow(slot + 1 + (slot >> 1))
    const last = this.#slots.at(-1)
    if (last !== undefined && last > slot) this.#ascending = false
    this.#slots.push(slot)
    this.#values[slot] = value
    if (time !== this.#time) {
      this.#times ??= new Float64Array(this.#values.length).fill(Number.NaN)
      this.#times[slot] = time
    }
  }

  /** Sets the time in nanoseconds; in a request where one point has it, all need it. */
  setTimeNano(slot: number, time: bigint): void {
    this.#timesNano ??= new BigInt64Array(this.#values.length)
    this.#timesNano[slot] = time
  }

  setStartTime(slot: number, time: number): void {
    this.#startTimes ??= new Float64Array(this.#values.length).fill(Number.NaN)
    this.#startTimes[slot] = time
  }

  setStartTimeNano(slot: number, time: bigint): void {
    this.#startTimesNano ??= new BigInt64Array(this.#values.length)
    this.#startTimesNano[slot] = time
  }

  /** Says that the value is an OTLP `int`; `exact` where a double does not hold it. */
  setInteger(slot: number, exact?: bigint): void {
    this.#flag(slot, flag.integer)
    if (exact === undefined) {
      if (this.#integers !== undefined) this.#integers[slot] = BigInt(this.#values[slot] ?? 0)
      return
    }
    this.#integers ??= BigInt64Array.from(this.#values, (value) =>
      Number.isInteger(value) ? BigInt.asIntN(64, BigInt(value)) : 0n,
    )
    this.#integers[slot] = exact
  }

  setStale(slot: number): void {
    this.#flag(slot, flag.stale)
  }

  setPoint(slot: number, point: Point): void {
    ;(this.#points ??= [])[slot] = point
  }

  addExemplar(exemplar: Exemplar): void {
    ;(this.#exemplars ??= []).push(exemplar)
  }

  /** The batch of all that was added; sparse where not every series of the layout is in it. */
  batch(layout: Layout): Batch {
    const { length } = layout.series
    if (this.#values.length < length) this.#grow(length)
    const slots = Int32Array.from(this.#slots)
    if (!this.#ascending) slots.sort()
    return new Batch(layout, {
      time: this.#time,
      times: this.#times,
      timesNano: this.#timesNano,
      startTimes: this.#startTimes,
      startTimesNano: this.#startTimesNano,
      values: this.#values,
      integers: this.#integers,
      flags: this.#flags,
      points: this.#points,
      exemplars: this.#exemplars,
      slots: slots.length === layout.size ? undefined : slots,
    })
  }

  #flag(slot: number, bit: number): void {
    this.#flags ??= new Uint8Array(this.#values.length)
    this.#flags[slot] = (this.#flags[slot] ?? 0) | bit
  }

  #grow(length: number): void {
    this.#values = longer(this.#values, new Float64Array(length))
    if (this.#times !== undefined)
      this.#times = longer(this.#times, new Float64Array(length).fill(Number.NaN))
    if (this.#startTimes !== undefined)
      this.#startTimes = longer(this.#startTimes, new Float64Array(length).fill(Number.NaN))
    if (this.#flags !== undefined) this.#flags = longer(this.#flags, new Uint8Array(length))
    if (this.#timesNano !== undefined) this.#timesNano = longer(this.#timesNano, new BigInt64Array(length))
    if (this.#integers !== undefined) this.#integers = longer(this.#integers, new BigInt64Array(length))
    if (this.#startTimesNano !== undefined)
      this.#startTimesNano = longer(this.#startTimesNano, new BigInt64Array(length))
  }
}

/** Copies a column to the beginning of a longer one. */
function longer<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from)
  return to
}
