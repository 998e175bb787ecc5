import type { Clock } from '#src/component/clock.ts'
import type { PipelineContext } from '#src/component/define.ts'
import type { Answer } from '#src/http/client/http-client.ts'
import { Backoff, type BackoffOptions } from '#src/queue/backoff.ts'
import { pointsOf, type EncodedRequest, type RequestQueue } from '#src/queue/request-queue.ts'
import { verdictOf, type Verdict } from './verdict.ts'

/** How requests are sent; times in milliseconds. */
export interface SenderOptions {
  readonly shards: number
  /** Undefined where nothing is tried twice. */
  readonly backoff: BackoffOptions | undefined
  /** How long after it was queued a request is tried again; 0 is for ever. */
  readonly maxElapsedMs: number
  readonly random: () => number
}

/** Sends a body once. Its memory is not touched any more when the promise settles. */
export type Post = (
  body: Buffer,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<Answer>

/** How much of what a peer says about a refusal is told. */
const excerptBytes = 256

/** Brings requests from the queue to the peer: one at a time in each shard, again after failures, in their order. */
export class Sender {
  readonly #options: SenderOptions
  readonly #queue: RequestQueue
  readonly #post: Post
  readonly #context: PipelineContext
  /** By shard, while it has something to send. */
  readonly #running = new Map<number, Promise<void>>()
  readonly #abort = new AbortController()
  #failing = false

  constructor(options: SenderOptions, queue: RequestQueue, post: Post, context: PipelineContext) {
    this.#options = options
    this.#queue = queue
    this.#post = post
    this.#context = context
    queue.onEnqueued((shard) => this.#wake(shard))
  }

  /** Sends what waits until the deadline, then gives up what is in flight. */
  async drain(deadline: AbortSignal): Promise<void> {
    const abort = (): void => this.#abort.abort()
    if (deadline.aborted) abort()
    deadline.addEventListener('abort', abort, { once: true })
    await Promise.all(this.#running.values())
    deadline.removeEventListener('abort', abort)
    abort()
    for (let shard = 0; shard < this.#options.shards; shard++) {
      for (let request = this.#queue.take(shard); request !== undefined; request = this.#queue.take(shard))
        this.#drop(request, 'shutdown')
    }
  }

  #wake(shard: number): void {
    if (this.#abort.signal.aborted) return
    if (!this.#running.has(shard)) this.#running.set(shard, this.#run(shard))
  }

  async #run(shard: number): Promise<void> {
    const { signal } = this.#abort
    // Whoever put the request in goes on first.
    await Promise.resolve()
    for (let request = this.#queue.take(shard); request !== undefined; request = this.#queue.take(shard)) {
      await this.#deliver(request, signal)
      if (signal.aborted) break
    }
    this.#running.delete(shard)
  }

  async #deliver(request: EncodedRequest, signal: AbortSignal): Promise<void> {
    const { backoff, random } = this.#options
    const waits = backoff === undefined ? undefined : new Backoff(backoff, random)
    for (let attempt = 0; ; attempt++) {
      const verdict = await this.#attempt(request, attempt, signal)
      if (verdict.kind === 'delivered') {
        this.#delivered(request)
        return
      }
      if (verdict.kind !== 'retry') {
        this.#settle(request, (share) => share.intake.reject(share.points, verdict.reason))
        return
      }
      if (signal.aborted) {
        this.#drop(request, 'shutdown')
        return
      }
      if (waits === undefined || this.#isExpired(request)) {
        this.#drop(request, waits === undefined ? verdict.reason : 'retry_expired')
        return
      }
      await pause(this.#context.clock, Math.max(waits.next(), verdict.afterMs ?? 0), signal)
    }
  }

  async #attempt(request: EncodedRequest, attempt: number, signal: AbortSignal): Promise<Verdict> {
    const { clock, logger } = this.#context
    try {
      const answer = await this.#post(
        request.body,
        attempt === 0 ? {} : { 'Retry-Attempt': String(attempt) },
        signal,
      )
      const verdict = verdictOf(answer, clock.now())
      if (verdict.kind === 'delivered') {
        this.#works()
        return verdict
      }
      const fields = { status: answer.status, answer: answer.excerpt.slice(0, excerptBytes) }
      if (verdict.kind === 'retry') this.#fails('the receiver cannot take data now: it is sent again', fields)
      else logger.error('the receiver refused data: it is dropped', { ...fields, points: pointsOf(request) })
      return verdict
    } catch (error) {
      if (!signal.aborted) this.#fails('the receiver cannot be reached: data is sent again', { error })
      return { kind: 'retry', reason: 'unreachable' }
    }
  }

  #delivered(request: EncodedRequest): void {
    this.#settle(request, ({ intake, points }) => intake.deliver(points))
  }

  #drop(request: EncodedRequest, reason: string): void {
    this.#settle(request, ({ intake, points }) => intake.drop(points, reason))
  }

  #settle(request: EncodedRequest, each: (share: EncodedRequest['shares'][number]) => void): void {
    this.#queue.settled(request)
    for (const share of request.shares) each(share)
    request.release()
  }

  #isExpired({ queuedAt }: EncodedRequest): boolean {
    const { maxElapsedMs } = this.#options
    return maxElapsedMs > 0 && this.#context.clock.monotonic() - queuedAt > maxElapsedMs
  }

  #works(): void {
    if (!this.#failing) return
    this.#failing = false
    this.#context.report('ok')
  }

  #fails(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#context.logger.warn(message, fields)
    this.#failing = true
    this.#context.report(
      'recoverable_error',
      fields['error'] ?? new Error(`HTTP status ${String(fields['status'])}`),
    )
  }
}

/** Waits so long, or until the signal aborts. */
async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = (): void => resolve()
  const cancel = clock.after(delayMs, end)
  signal.addEventListener('abort', end)
  await promise
  signal.removeEventListener('abort', end)
  cancel()
}
