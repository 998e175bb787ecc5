import type { PipelineContext } from '#src/component/define.ts'
import { Backoff, type BackoffOptions } from '#src/queue/backoff.ts'
import { pause } from '#src/queue/pause.ts'
import { pointsOf, type EncodedRequest, type RequestQueue } from '#src/queue/request-queue.ts'
import type { QueueStatus } from '#src/telemetry/queue-status.ts'
import { longestWaitMs, type Answered, type Peer } from './peer.ts'

/** How requests are sent; times in milliseconds. */
export interface SenderOptions {
  /** Undefined where nothing is tried twice. */
  readonly backoff: BackoffOptions | undefined
  /** How long after it was queued a request is tried again; 0 is for ever. */
  readonly maxElapsedMs: number
  readonly random: () => number
}

/** Brings requests from the queue to the peer: one at a time in each shard, again after failures, in their order. */
export class Sender {
  readonly #options: SenderOptions
  readonly #queue: RequestQueue
  readonly #peer: Peer
  readonly #context: PipelineContext
  /** By shard, while it has something to send. */
  readonly #running = new Map<number, Promise<void>>()
  readonly #abort = new AbortController()
  #failing = false
  /** Told at a stop when nothing is left, or nothing more is to be sent. */
  #drained: (() => void) | undefined

  constructor(options: SenderOptions, queue: RequestQueue, peer: Peer, context: PipelineContext) {
    this.#options = options
    this.#queue = queue
    this.#peer = peer
    this.#context = context
    queue.onReady((shard) => this.#wake(shard))
  }

  get queueStatus(): QueueStatus {
    return this.#queue.status
  }

  /** Makes the queue ready: what it has from before is sent from now on. */
  async start(): Promise<void> {
    await this.#queue.open()
  }

  /**
   * Sends what waits until the deadline, then leaves it to the queue, and ends the connection. Where the queue is durable, a
   * peer that fails is not waited for.
   */
  async drain(deadline: AbortSignal): Promise<void> {
    const queue = this.#queue
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
    this.#peer.close()
  }

  #wake(shard: number): void {
    if (this.#abort.signal.aborted || this.#running.has(shard)) return
    this.#running.set(shard, this.#run(shard))
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
    if (this.#queue.isEmpty) this.#drained?.()
  }

  async #deliver(request: EncodedRequest, signal: AbortSignal): Promise<void> {
    const { backoff, random } = this.#options
    const waits = backoff === undefined ? undefined : new Backoff(backoff, random)
    for (let retries = 0; ;) {
      if (signal.aborted) {
        this.#queue.putBack(request)
        return
      }
      const answered = await this.#attempt(request, retries, signal)
      if (answered.kind === 'changed') continue
      if (answered.kind !== 'retry') {
        this.#end(request, answered)
        return
      }
      if (signal.aborted) continue
      const reason = this.#reasonToGiveUp(request, answered.reason)
      if (reason !== undefined || waits === undefined) {
        this.#drop(request, reason ?? answered.reason)
        return
      }
      retries++
      await pause(this.#context.clock, Math.max(waits.next(), answered.afterMs), signal)
    }
  }

  async #attempt(request: EncodedRequest, retries: number, signal: AbortSignal): Promise<Answered> {
    try {
      const answered = await this.#peer.send(request, retries, signal)
      if (answered.kind !== 'retry') return answered
      this.#fails('the receiver cannot take data now: it is sent again', answered.error, answered.said)
      return { ...answered, afterMs: Math.min(answered.afterMs, longestWaitMs) }
    } catch (error) {
      if (!signal.aborted) this.#fails('the receiver cannot be reached: data is sent again', error)
      return { kind: 'retry', reason: 'unreachable', error: new Error(String(error)), afterMs: 0 }
    }
  }

  /** Ends a request whose attempt was the last one. */
  #end(request: EncodedRequest, answered: Exclude<Answered, { readonly kind: 'retry' | 'changed' }>): void {
    const { logger } = this.#context
    if (answered.kind === 'unsendable') {
      const { error } = answered
      logger.error('a request could not be brought into another form: it is dropped', { error })
      this.#drop(request, 'encoding_failed')
      return
    }
    this.#works()
    if (answered.kind === 'delivered') this.#settle(request, request.samples, '')
    else if (answered.kind === 'too_large') this.#cut(request, answered.reason)
    else {
      const { reason, written, said } = answered
      const message =
        written === undefined
          ? 'the receiver refused data: it is dropped'
          : 'the receiver did not take all data: the rest is dropped'
      const { samples } = request
      logger.error(message, { reason, ...said, points: pointsOf(request), samples, written })
      this.#settle(request, written ?? 0, reason)
    }
  }

  #reasonToGiveUp({ queuedAt }: EncodedRequest, reason: string): string | undefined {
    const { maxElapsedMs, backoff } = this.#options
    if (backoff === undefined) return reason
    const isOld = maxElapsedMs > 0 && this.#context.clock.monotonic() - queuedAt > maxElapsedMs
    return isOld ? 'retry_expired' : undefined
  }

  /** Puts the halves of a request in its place. */
  #cut(request: EncodedRequest, reason: string): void {
    const parts = this.#peer.cutInTwo(request)
    if (parts === undefined) {
      this.#context.logger.error('the receiver refuses a series alone as too large: it is dropped', {
        bytes: request.body.length,
      })
      this.#settle(request, 0, reason)
      return
    }
    this.#queue.settled(request, parts)
    request.release()
  }

  /** Settles a request of which the peer took so many samples. */
  #settle(request: EncodedRequest, written: number, reason: string): void {
    const { samples, shares } = request
    const points = pointsOf(request)
    const missing = Math.max(0, samples - written)
    // A data point may be several samples; then the share of samples is that of points.
    let left = samples === 0 ? 0 : Math.min(points, Math.ceil((points * missing) / samples))
    this.#queue.settled(request)
    for (const share of shares.toReversed()) {
      const rejected = Math.min(share.points, left)
      left -= rejected
      if (rejected > 0) share.intake.reject(rejected, reason)
      share.intake.deliver(share.points - rejected)
    }
    request.release()
  }

  #drop(request: EncodedRequest, reason: string): void {
    this.#queue.settled(request)
    for (const { intake, points } of request.shares) intake.drop(points, reason)
    request.release()
  }

  #works(): void {
    if (!this.#failing) return
    this.#failing = false
    this.#context.report('ok')
  }

  #fails(message: string, error: unknown, said: Answered['said'] = {}): void {
    this.#context.logger.warn(message, { error, ...said })
    this.#failing = true
    this.#context.report('recoverable_error', error)
    if (this.#queue.isDurable) this.#drained?.()
  }
}
