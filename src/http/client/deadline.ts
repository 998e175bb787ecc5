import type { Clock } from '#src/component/clock.ts'
import { ClientError } from './client-error.ts'

/** Timers take no longer ones. */
const longestMs = 2 ** 31 - 1

/** The time that a request has in all, whatever it is spent on. */
export class Deadline {
  /** Aborted when the time is up, with a `timeout`, or when the caller gives up, with his reason. */
  readonly signal: AbortSignal
  /** What the request is at, for the error: `while the answer was awaited`. */
  stage: () => string = () => 'before it was sent'
  readonly #dispose: () => void

  /**
   * @param timeoutMs 0 is no limit
   * @param outer the caller's own signal
   */
  constructor(timeoutMs: number, clock: Clock, outer: AbortSignal | undefined) {
    const controller = new AbortController()
    this.signal = controller.signal
    const timeOut = (): void =>
      controller.abort(new ClientError('timeout', `timed out after ${timeoutMs / 1000} s, ${this.stage()}`))
    let cancel: (() => void) | undefined
    // Timers come before sockets: what came while the thread was busy is read first.
    const readFirst = (): void => void (cancel = clock.after(0, timeOut))
    if (timeoutMs > 0) cancel = clock.after(Math.min(timeoutMs, longestMs), readFirst)
    const abort = (): void => controller.abort(outer?.reason)
    outer?.addEventListener('abort', abort)
    this.#dispose = () => {
      cancel?.()
      outer?.removeEventListener('abort', abort)
    }
  }

  dispose(): void {
    this.#dispose()
  }
}
