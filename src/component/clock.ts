/** Time, passed to every component so that tests can hold it. */
export interface Clock {
  /** Unix time in milliseconds, whole. */
  now(): number
  /** Milliseconds that only grow, whatever happens to the wall clock; fractional. */
  monotonic(): number
  /** Calls back once after a delay in milliseconds; the function that it returns cancels that. */
  after(delayMs: number, callback: () => void): () => void
}

/** The clock of the machine. Its timers keep the process alive only where something else does. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
