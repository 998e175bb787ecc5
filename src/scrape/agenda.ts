import type { Clock } from '#src/component/clock.ts'

/** How many calls are made before others get their turn: after a pause of the process all of them are due. */
const slice = 64
const longestDelayMs = 86_400_000

/** Something that is called once, at a time. */
export interface Appointment {
  /** Monotonic milliseconds. */
  due: number
  /** Its place in the agenda; -1 where it has none. Only the agenda writes it. */
  place: number
  call(): void
}

/** Calls many appointments in the order of their times, by one timer: a binary heap, so that 10,000 targets cost little. */
export class Agenda {
  readonly #clock: Clock
  readonly #heap: Appointment[] = []
  #cancel: (() => void) | undefined
  /** What the timer waits for. */
  #armed = Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The number of appointments. */
  get size(): number {
    return this.#heap.length
  }

  /** Puts an appointment in, or moves it to another time. */
  set(appointment: Appointment, due: number): void {
    this.#take(appointment)
    appointment.due = due
    appointment.place = this.#heap.length
    this.#heap.push(appointment)
    this.#rise(appointment)
    this.#arm()
  }

  /** Takes an appointment out; nothing happens where it is not in. */
  remove(appointment: Appointment): void {
    this.#take(appointment)
    if (this.#heap.length === 0) this.#disarm()
  }

  #arm(): void {
    const [first] = this.#heap
    if (first === undefined || first.due >= this.#armed) return
    this.#disarm()
    this.#armed = first.due
    const delay = Math.min(longestDelayMs, Math.max(0, Math.ceil(first.due - this.#clock.monotonic())))
    this.#cancel = this.#clock.after(delay, () => this.#callDue())
  }

  #disarm(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#armed = Infinity
  }

  #callDue(): void {
    this.#disarm()
    const now = this.#clock.monotonic()
    try {
      for (let calls = 0; calls < slice; calls++) {
        const [first] = this.#heap
        if (first === undefined || first.due > now) return
        this.#take(first)
        first.call()
      }
    } finally {
      this.#arm()
    }
  }

  #take(appointment: Appointment): void {
    const { place } = appointment
    if (place < 0) return
    appointment.place = -1
    const last = this.#heap.pop()
    if (last === undefined || last === appointment) return
    last.place = place
    this.#heap[place] = last
    this.#rise(last)
    this.#sink(last)
  }

  #rise(appointment: Appointment): void {
    for (;;) {
      const parent = appointment.place > 0 ? this.#heap[(appointment.place - 1) >> 1] : undefined
      if (parent === undefined || parent.due <= appointment.due) return
      this.#swap(appointment, parent)
    }
  }

  #sink(appointment: Appointment): void {
    for (;;) {
      const left = this.#heap[2 * appointment.place + 1]
      const right = this.#heap[2 * appointment.place + 2]
      const least = right !== undefined && left !== undefined && right.due < left.due ? right : left
      if (least === undefined || least.due >= appointment.due) return
      this.#swap(appointment, least)
    }
  }

  #swap(first: Appointment, second: Appointment): void {
    const { place } = first
    first.place = second.place
    second.place = place
    this.#heap[first.place] = first
    this.#heap[second.place] = second
  }
}
