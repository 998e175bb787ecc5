import type { PipelineContext } from '#src/component/define.ts'
import type { Answer } from '#src/http/client/http-client.ts'
import { Backoff, type BackoffOptions } from '#src/queue/backoff.ts'
import { pause } from '#src/queue/pause.ts'
import { pointsOf, type EncodedRequest, type RequestQueue } from '#src/queue/request-queue.ts'
import type { QueueStatus } from '#src/telemetry/queue-status.ts'
import type { Excerpt } from './excerpt.ts'
import type { PreparedBody, Protocol } from './protocol.ts'
import { cutInTwo } from './request-halves.ts'
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
export type Post = (prepared: PreparedBody, signal: AbortSignal) => Promise<Answer>

/** What a sender works with. */
export interface SenderParts {
  readonly queue: RequestQueue
  readonly protocol: Protocol
  readonly post: Post
  readonly excerpt: Excerpt
}

/** What became of one attempt; of samples that were rejected or written in part, how many the receiver has. */
type Attempt = (Verdict | { readonly kind: 'again' }) & { readonly written?: number | undefined }

/** Brings requests from the queue to the peer: one at a time in each shard, again after failures, in their order. */
export class Sender {
  readonly #options: SenderOptions
  readonly #parts: SenderParts
  readonly #context: PipelineContext
  /** By shard, while it has something to send. */
  readonly #running = new Map<number, Promise<void>>()
  readonly #abort = new AbortController()
  #failing = false
  /** Told at a stop when nothing is left, or nothing more is to be sent. */
  #drained: (() => void) | undefined

  constructor(options: SenderOptions, parts: SenderParts, context: PipelineContext) {
    this.#options = options
    this.#parts = parts
    this.#context = context
    parts.queue.onReady((shard) => this.#wake(shard))
  }

  get queueStatus(): QueueStatus {
    return this.#parts.queue.status
  }

  /** Makes the queue ready: what it has from before is sent from now on. */
  async start(): Promise<void> {
    await this.#parts.queue.open()
  }

  /**
   * Sends what waits until the deadline, then leaves it to the queue. Where that is durable, a receiver that fails is not
   * waited for.
   */
  async drain(deadline: AbortSignal): Promise<void> {
    const { queue } = this.#parts
    const { promise: drained, resolve } = Promise.withResolvers<void>()
    const end = (): void => resolve()
    this.#drained = end
    deadline.addEventListener('abort', end, { once: true })
    if (queue.isEmpty || deadline.aborted || (queue.isDurable && this.#failing)) end()
    await drained
    deadline.removeEventListener('abort', end)
    this.#abort.abort()
    await Promise.all(this.#running.values())
    await queue.close()
  }

  #wake(shard: number): void {
    if (this.#abort.signal.aborted || this.#running.has(shard)) return
    this.#running.set(shard, this.#run(shard))
  }

  async #run(shard: number): Promise<void> {
    const { queue } = this.#parts
    const { signal } = this.#abort
    // Whoever put the request in goes on first.
    await Promise.resolve()
    for (let request = queue.take(shard); request !== undefined; request = queue.take(shard)) {
      await this.#deliver(request, signal)
      if (signal.aborted) break
    }
    this.#running.delete(shard)
    if (queue.isEmpty) this.#drained?.()
  }

  async #deliver(request: EncodedRequest, signal: AbortSignal): Promise<void> {
    const { backoff, random } = this.#options
    const waits = backoff === undefined ? undefined : new Backoff(backoff, random)
    for (let retries = 0; ;) {
      const attempt = await this.#attempt(request, retries, signal)
      if (attempt.kind === 'again') continue
      if (attempt.kind === 'delivered') {
        this.#settle(request, attempt.written, 'not_written')
        return
      }
      if (attempt.kind === 'rejected') {
        this.#settle(request, attempt.written ?? 0, attempt.reason)
        return
      }
      if (attempt.kind === 'too_large') {
        this.#cut(request, attempt.reason)
        return
      }
      if (signal.aborted) {
        this.#parts.queue.putBack(request)
        return
      }
      const reason = this.#reasonToGiveUp(request, attempt.reason)
      if (reason !== undefined || waits === undefined) {
        this.#drop(request, reason ?? attempt.reason)
        return
      }
      retries++
      await pause(this.#context.clock, Math.max(waits.next(), attempt.afterMs), signal)
    }
  }

  async #attempt(request: EncodedRequest, retries: number, signal: AbortSignal): Promise<Attempt> {
    const { protocol, post } = this.#parts
    if (signal.aborted) return { kind: 'retry', reason: 'aborted', afterMs: 0 }
    let prepared: PreparedBody
    try {
      prepared = await protocol.prepare(request)
    } catch (error) {
      this.#context.logger.error('a request could not be brought into another form: it is dropped', { error })
      return { kind: 'rejected', reason: 'encoding_failed' }
    }
    const { body, headers } = prepared
    const retry = retries === 0 ? {} : { 'Retry-Attempt': String(retries) }
    let answer: Answer
    try {
      answer = await post({ body, headers: { ...headers, ...retry } }, signal)
    } catch (error) {
      if (!signal.aborted) this.#fails('the receiver cannot be reached: data is sent again', error, {})
      return { kind: 'retry', reason: 'unreachable', afterMs: 0 }
    }
    const spoken = protocol.judge(answer, request, prepared)
    if (spoken.kind === 'changed') return { kind: 'again' }
    const verdict = verdictOf(answer)
    this.#tell(verdict, answer, request, spoken.written)
    return { ...verdict, written: spoken.written }
  }

  /** Logs what is wrong, and reports how the exporter fares. */
  #tell(verdict: Verdict, answer: Answer, request: EncodedRequest, written: number | undefined): void {
    const { logger } = this.#context
    const points = pointsOf(request)
    const fields = { status: answer.status, answer: this.#parts.excerpt(answer.excerpt) }
    if (verdict.kind === 'retry') {
      this.#fails(
        'the receiver cannot take data now: it is sent again',
        new Error(`the receiver answered with HTTP status ${answer.status}`),
        fields,
      )
      return
    }
    this.#works()
    if (verdict.kind === 'rejected')
      logger.error('the receiver refused data: it is dropped', { ...fields, points, written })
    else if (verdict.kind === 'delivered' && written !== undefined && written < request.samples)
      logger.error('the receiver did not write all data', { ...fields, samples: request.samples, written })
  }

  #reasonToGiveUp({ queuedAt }: EncodedRequest, reason: string): string | undefined {
    const { maxElapsedMs, backoff } = this.#options
    if (backoff === undefined) return reason
    const isOld = maxElapsedMs > 0 && this.#context.clock.monotonic() - queuedAt > maxElapsedMs
    return isOld ? 'retry_expired' : undefined
  }

  /** Puts the halves of a request in its place. */
  #cut(request: EncodedRequest, reason: string): void {
    const parts = cutInTwo(request)
    if (parts === undefined) {
      this.#context.logger.error('the receiver refuses a series alone as too large: it is dropped', {
        bytes: request.body.length,
      })
      this.#settle(request, 0, reason)
      return
    }
    this.#parts.queue.settled(request, parts)
    request.release()
  }

  /** Settles a request of which the receiver took so many samples, all where it did not say. */
  #settle(request: EncodedRequest, written: number | undefined, reason: string): void {
    const { samples, shares } = request
    const points = pointsOf(request)
    const missing = written === undefined ? 0 : Math.max(0, samples - written)
    // A data point may be several samples; then the share of samples is that of points.
    let left = samples === 0 ? 0 : Math.min(points, Math.ceil((points * missing) / samples))
    this.#parts.queue.settled(request)
    for (const share of shares.toReversed()) {
      const rejected = Math.min(share.points, left)
      left -= rejected
      if (rejected > 0) share.intake.reject(rejected, reason)
      share.intake.deliver(share.points - rejected)
    }
    request.release()
  }

  #drop(request: EncodedRequest, reason: string): void {
    this.#parts.queue.settled(request)
    for (const { intake, points } of request.shares) intake.drop(points, reason)
    request.release()
  }

  #works(): void {
    if (!this.#failing) return
    this.#failing = false
    this.#context.report('ok')
  }

  #fails(message: string, error: unknown, fields: Readonly<Record<string, unknown>>): void {
    this.#context.logger.warn(message, { error, ...fields })
    this.#failing = true
    this.#context.report('recoverable_error', error)
    if (this.#parts.queue.isDurable) this.#drained?.()
  }
}
