import type { Clock } from '#src/component/clock.ts'

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #wall: number
  #monotonic = 0
  readonly #timers = new Set<{ readonly due: number; readonly callback: () => void }>()

  /** @param wall Unix time in milliseconds at the start */
  constructor(wall = 1_700_000_000_000) {
    this.#wall = wall
  }

  now(): number {
    return Math.floor(this.#wall)
  }

  monotonic(): number {
    return this.#monotonic
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { due: this.#monotonic + delayMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** The number of timers that wait. */
  get waiting(): number {
    return this.#timers.size
  }

  /** Moves the wall clock alone, as an administrator does. */
  setWall(wall: number): void {
    this.#wall = wall
  }

  /** Time passes and nothing runs, as while a process is suspended: what was due is then late. */
  skip(milliseconds: number): void {
    this.#moveTo(this.#monotonic + milliseconds)
  }

  /** Moves time on; timers run in order of their due time, and what they promise settles between them. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#monotonic + milliseconds
    await settle()
    for (;;) {
      const next = [...this.#timers].filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due)[0]
      if (next === undefined) break
      this.#timers.delete(next)
      this.#moveTo(Math.max(next.due, this.#monotonic))
      next.callback()
      await settle()
    }
    this.#moveTo(end)
  }

  #moveTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic
    this.#monotonic = monotonic
  }
}

/** Lets promises that are ready run their continuations. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
