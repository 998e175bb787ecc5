import { performance, type EventLoopUtilization } from 'node:perf_hooks'
import type { Clock } from '#src/component/clock.ts'

/** How many scrapes of one kind may be under way, and begin. */
interface LaneBounds {
  /** At a time while the thread is busy. */
  readonly whileBusy: number
  /** In one window while it is not: whether it will be shows later. */
  readonly perWindow: number
}

/**
 * A scrape that makes its series costs some sixteen times the CPU time of one that finds them (measured: 9 and 0.5 µs a
 * series), so each kind has bounds of its own, and those that find theirs need not wait for the others. Of those that make them one at a
 * time has the thread, so that it ends before its timeout: two would make each other late. While its body is on its way
 * the thread is not busy, and others begin.
 */
const laneBounds = {
  making: { whileBusy: 1, perWindow: 8 },
  /** Of those that ran out of time when they made theirs, never two at a time. */
  remaking: { whileBusy: 1, perWindow: 0 },
  finding: { whileBusy: 32, perWindow: 128 },
} as const satisfies Record<string, LaneBounds>

/** The part of its time from which on a thread counts as busy. */
const busyFrom = 0.9

/** How long a thread is looked at before it is judged, and how often those who wait are. Milliseconds. */
const windowMs = 20

/** How long a target may be silent before its scrape counts for nothing: it needs no CPU time. Milliseconds. */
const patienceMs = 250

/** Someone who scrapes one target. */
export interface TurnTaker {
  /** Whether the scrape makes all its series anew. */
  readonly makesSeries: boolean
  /** Whether the last scrape made series and ran out of time over it. */
  readonly ranOut: boolean
  /** Whether the target has begun to answer. */
  readonly answered: boolean
  /** His turn has come. He scrapes, and then says that it ended. */
  takeTurn(): void
}

/** The part of its time, from 0 to 1, that the thread was busy since it was asked last. */
export type Utilization = () => number

/**
 * Says when scrapes begin: at once while the thread has time to spare, else a few at a time, in the order in which they
 * were due. Without that, scrapes which together take longer than their timeouts would all fail, and again the next time.
 */
export class ScrapeTurns {
  readonly #clock: Clock
  readonly #utilization: Utilization
  readonly #making = new Lane(laneBounds.making)
  readonly #finding = new Lane(laneBounds.finding)
  readonly #remaking = new Lane(laneBounds.remaking)
  readonly #lanes = [this.#finding, this.#remaking, this.#making]
  #windowBegan: number
  #busy = false
  #cancelCheck: (() => void) | undefined

  constructor(clock: Clock, utilization: Utilization = threadUtilization()) {
    this.#clock = clock
    this.#utilization = utilization
    this.#windowBegan = clock.monotonic()
  }

  /** The number of those who wait. */
  get waiting(): number {
    return this.#lanes.reduce((sum, { waiting }) => sum + waiting.size, 0)
  }

  /** Lets someone scrape: now, or when it is his turn. */
  request(taker: TurnTaker): void {
    const making = taker.ranOut ? this.#remaking : this.#making
    const lane = taker.makesSeries ? making : this.#finding
    lane.waiting.add(taker)
    this.#admit()
  }

  /** His scrape has ended, or he does not wait any longer. */
  end(taker: TurnTaker): void {
    for (const lane of this.#lanes) lane.remove(taker)
    this.#admit()
  }

  #admit(): void {
    const now = this.#clock.monotonic()
    if (now - this.#windowBegan >= windowMs) {
      this.#windowBegan = now
      this.#busy = this.#utilization() >= busyFrom
      for (const lane of this.#lanes) lane.beginWindow()
    }
    for (const lane of this.#lanes) lane.admit(this.#busy, now)
    if (this.waiting > 0) this.#cancelCheck ??= this.#clock.after(windowMs, () => this.#check())
    else {
      this.#cancelCheck?.()
      this.#cancelCheck = undefined
    }
  }

  #check(): void {
    this.#cancelCheck = undefined
    const since = this.#clock.monotonic() - patienceMs
    for (const lane of this.#lanes) lane.discount(since)
    this.#admit()
  }
}

/** Those of one kind. */
class Lane {
  readonly #bounds: LaneBounds
  /** In the order in which they came. */
  readonly waiting = new Set<TurnTaker>()
  /** Since when each scrapes, monotonic milliseconds. */
  readonly #running = new Map<TurnTaker, number>()
  /** Those of them whose targets are silent for long. */
  readonly #silent = new Set<TurnTaker>()
  /** How many began in this window. */
  #begun = 0

  constructor(bounds: LaneBounds) {
    this.#bounds = bounds
  }

  beginWindow(): void {
    this.#begun = 0
  }

  admit(busy: boolean, now: number): void {
    const { whileBusy, perWindow } = this.#bounds
    for (const taker of this.waiting) {
      const few = this.#running.size - this.#silent.size < whileBusy
      if (!few && (busy || this.#begun >= perWindow)) return
      this.waiting.delete(taker)
      this.#running.set(taker, now)
      this.#begun++
      taker.takeTurn()
    }
  }

  /** Those who began before a time and have no answer yet are not counted until they have. */
  discount(since: number): void {
    for (const [taker, began] of this.#running) {
      if (taker.answered) this.#silent.delete(taker)
      else if (began <= since) this.#silent.add(taker)
    }
  }

  remove(taker: TurnTaker): void {
    this.waiting.delete(taker)
    this.#running.delete(taker)
    this.#silent.delete(taker)
  }
}

function threadUtilization(): Utilization {
  let last: EventLoopUtilization | undefined
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = last === undefined ? now : performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}
