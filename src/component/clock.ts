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

/** A clock whose Unix time is that of another when it is made, and from then on only grows: no leap of the wall clock is in it. */
export function steadyClock(clock: Clock): Clock {
  const start = clock.now() - clock.monotonic()
  return {
    now: () => Math.floor(start + clock.monotonic()),
    monotonic: () => clock.monotonic(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
  }
}
