import type { Clock } from '#src/component/clock.ts'
import type { BodySink } from '#src/http/client/answer-body.ts'
import { ClientError } from '#src/http/client/client-error.ts'
import type { ResponseHead } from '#src/http/client/response-head.ts'

/**
 * Ends a request whose answer falls silent: of a connection whose other end is gone without a word nothing else tells. It is a
 * bound on each wait for bytes, not on the whole, so that what is slow yet comes is not given up.
 */
export class SilenceGuard implements BodySink {
  readonly #sink: BodySink
  readonly #clock: Clock
  readonly #limitMs: () => number
  readonly #controller = new AbortController()
  readonly #stop: AbortSignal
  readonly #abort = (): void => this.#controller.abort(this.#stop.reason)
  #heard: number
  #cancel: (() => void) | undefined
  /** Called when the answer has begun. */
  onBegin: (() => void) | undefined

  /**
   * @param limitMs how long a silence is borne, asked each time
   * @param stop the caller's own signal
   */
  constructor(sink: BodySink, clock: Clock, limitMs: () => number, stop: AbortSignal) {
    this.#sink = sink
    this.#clock = clock
    this.#limitMs = limitMs
    this.#stop = stop
    this.#heard = clock.monotonic()
    if (stop.aborted) this.#abort()
    else stop.addEventListener('abort', this.#abort)
    this.#wait(limitMs())
  }

  /** For the request: aborted with a `timeout` after a silence. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  begin(head: ResponseHead): void {
    this.#heard = this.#clock.monotonic()
    this.onBegin?.()
    this.#sink.begin(head)
  }

  chunk(buffer: Uint8Array, from: number, to: number): void {
    this.#heard = this.#clock.monotonic()
    this.#sink.chunk(buffer, from, to)
  }

  end(): void {
    this.#sink.end()
  }

  dispose(): void {
    this.#cancel?.()
    this.#stop.removeEventListener('abort', this.#abort)
  }

  #wait(delayMs: number): void {
    this.#cancel = this.#clock.after(delayMs, () => {
      // Timers come before sockets: what came while the process was busy or suspended is read first.
      this.#cancel = this.#clock.after(0, () => this.#look())
    })
  }

  #look(): void {
    const limit = this.#limitMs()
    const silent = this.#clock.monotonic() - this.#heard
    if (silent < limit) return this.#wait(limit - silent)
    const seconds = Math.round(limit / 1000)
    this.#controller.abort(new ClientError('timeout', `the API server was silent for ${seconds} s`))
  }
}
