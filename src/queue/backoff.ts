/** How long to wait between attempts, in the terms of the Collector's `retry_on_failure`; in milliseconds. */
export interface BackoffOptions {
  readonly initialMs: number
  readonly maxMs: number
  readonly multiplier: number
  /** A share of the wait by which it is longer or shorter at random; with 1 it is anything from 0 to twice as long. */
  readonly randomization: number
}

/** Waits that grow from one attempt to the next, each of a random length, so that many senders do not come at once. */
export class Backoff {
  readonly #options: BackoffOptions
  readonly #random: () => number
  #interval: number

  /** @param random a number from 0 to below 1 */
  constructor(options: BackoffOptions, random: () => number) {
    this.#options = options
    this.#random = random
    this.#interval = options.initialMs
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const { maxMs, multiplier, randomization } = this.#options
    const interval = this.#interval
    this.#interval = Math.min(maxMs, interval * multiplier)
    return interval * (1 - randomization + 2 * randomization * this.#random())
  }
}
