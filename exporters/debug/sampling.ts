import type { Clock } from '#src/component/clock.ts'

const windowMs = 1000

/** Which deliveries are shown: the first of each second, then each so many-th, as zap's sampler counts. */
export class Sampling {
  readonly #initial: number
  readonly #thereafter: number
  readonly #clock: Clock
  #windowEnd = Number.NEGATIVE_INFINITY
  #count = 0

  constructor(initial: number, thereafter: number, clock: Clock) {
    this.#initial = initial
    this.#thereafter = thereafter
    this.#clock = clock
  }

  /** Counts a delivery; whether it is shown. */
  take(): boolean {
    const now = this.#clock.monotonic()
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + windowMs
      this.#count = 0
    }
    const behind = ++this.#count - this.#initial
    return behind <= 0 || (this.#thereafter > 0 && behind % this.#thereafter === 0)
  }
}
