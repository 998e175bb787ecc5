import type { Clock } from '#src/component/clock.ts'
import { ClientError } from './client-error.ts'
import type { Interruption } from './interruption.ts'

/** Timers take no longer ones. */
const longestMs = 2 ** 31 - 1

/**
 * The time that a request has in all, whatever it is spent on. It is ended with a `timeout` when that is over, or with the
 * caller's reason when he gives up. Who only waits listens to it as he would to a signal: making one for each of 1,000
 * requests a second costs more than their timers.
 */
export class Deadline implements Interruption {
  /** What the request is at, for the error: `while the answer was awaited`. */
  stage: () => string = () => 'before it was sent'
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #outer: AbortSignal | undefined
  readonly #listeners: (() => void)[] = []
  #controller: AbortController | undefined
  #cancel: (() => void) | undefined
  #ended = false
  #reason: unknown

  /**
   * @param timeoutMs 0 is no limit
   * @param outer the caller's own signal
   */
  constructor(timeoutMs: number, clock: Clock, outer: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs
    this.#clock = clock
    this.#outer = outer
    if (timeoutMs > 0) this.#cancel = clock.after(Math.min(timeoutMs, longestMs), () => this.#readFirst())
    outer?.addEventListener('abort', this)
  }

  /** A signal that is aborted when it ends, for who needs one. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#ended) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  get reason(): unknown {
    return this.#reason
  }

  throwIfAborted(): void {
    if (this.#ended) throw this.#reason
  }

  addEventListener(_: 'abort', listener: () => void): void {
    this.#listeners.push(listener)
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    const index = this.#listeners.indexOf(listener)
    if (index >= 0) this.#listeners.splice(index, 1)
  }

  /** The caller has given up. */
  handleEvent(): void {
    this.#end(this.#outer?.reason)
  }

  dispose(): void {
    this.#cancel?.()
    this.#outer?.removeEventListener('abort', this)
  }

  /** Timers come before sockets: what came while the thread was busy is read before the time is up. */
  #readFirst(): void {
    this.#cancel = this.#clock.after(0, () => {
      const seconds = this.#timeoutMs / 1000
      this.#end(new ClientError('timeout', `timed out after ${seconds} s, ${this.stage()}`))
    })
  }

  #end(reason: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#reason = reason
    this.#controller?.abort(reason)
    for (const listener of this.#listeners.splice(0)) listener()
  }
}
