import type { ZoneOffset } from './zone-offset.ts'

/** A moment, and what clocks in a time zone show then. */
export class WallClock {
  readonly #offset: ZoneOffset
  /** Unix time in milliseconds. */
  #time: number
  #shown: Date
  #moved = false

  constructor(offset: ZoneOffset, time: number) {
    this.#offset = offset
    this.#time = time
    this.#shown = new Date(time + offset(time))
  }

  get time(): number {
    return this.#time
  }

  get second(): number {
    return this.#shown.getUTCSeconds()
  }

  get minute(): number {
    return this.#shown.getUTCMinutes()
  }

  get hour(): number {
    return this.#shown.getUTCHours()
  }

  get day(): number {
    return this.#shown.getUTCDate()
  }

  /** 0 is Sunday. */
  get weekday(): number {
    return this.#shown.getUTCDay()
  }

  /** From 1. */
  get month(): number {
    return this.#shown.getUTCMonth() + 1
  }

  get year(): number {
    return this.#shown.getUTCFullYear()
  }

  /** Goes on by an amount of time, whatever clocks show then. */
  advance(milliseconds: number): void {
    this.#moved = true
    this.#time += milliseconds
    this.#shown = new Date(this.#time + this.#offset(this.#time))
  }

  /** Goes on to the next hour; from where the present one began, if nothing has moved it yet. */
  advanceHour(): void {
    if (!this.#moved) this.#show(this.year, this.month, this.day, this.hour)
    this.advance(3_600_000)
  }

  /** Goes on to the next day; from midnight, if nothing has moved it yet. */
  advanceDay(): void {
    if (!this.#moved) this.#show(this.year, this.month, this.day)
    this.#show(this.year, this.month, this.day + 1, this.hour, this.minute)
  }

  /** Goes on to the next month; from where the present one began, if nothing has moved it yet. */
  advanceMonth(): void {
    if (!this.#moved) this.#show(this.year, this.month, 1)
    this.#show(this.year, this.month + 1, this.day, this.hour, this.minute)
  }

  /** Moves to when clocks show this. What they skip is as early or late as they are off. */
  #show(year: number, month: number, day: number, hour = 0, minute = 0): void {
    const wall = Date.UTC(year, month - 1, day, hour, minute)
    // The offset is asked for where it is about that of the moment, and again there: what Go's time.Date does.
    const near = this.#offset(wall)
    this.advance(wall - this.#offset(wall - near) - this.#time)
  }
}
