import type { Clock } from '#src/component/clock.ts'
import type { QueueStatus } from '#src/telemetry/queue-status.ts'
import type { EncodedRequest, RequestQueue, SinkLimits } from './request-queue.ts'

/** How much waits at most, and what happens then. */
export interface QueueLimits extends SinkLimits {
  readonly maxRequests: number
}

/** A queue that is gone with the process. */
export class MemoryQueue implements RequestQueue {
  readonly limits: QueueLimits
  readonly isDurable = false
  readonly #clock: Clock
  readonly #dropped: (request: EncodedRequest, reason: 'queue_full' | 'shutdown') => void
  /** By shard, the oldest first; one that is in flight is no longer among them. */
  readonly #shards: EncodedRequest[][]
  readonly #inFlight = new Set<EncodedRequest>()
  #listener: (shard: number) => void = () => undefined
  #bytes = 0
  #requests = 0

  /** @param dropped told of a request that made room for newer ones, or that waited at the end */
  constructor(
    shards: number,
    limits: QueueLimits,
    clock: Clock,
    dropped: (request: EncodedRequest, reason: 'queue_full' | 'shutdown') => void,
  ) {
    this.limits = limits
    this.#clock = clock
    this.#dropped = dropped
    this.#shards = Array.from({ length: shards }, () => [])
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The number of requests, those in flight included. */
  get requests(): number {
    return this.#requests
  }

  get status(): QueueStatus {
    return { memoryBytes: this.#bytes, oldest: this.#oldest, disk: undefined }
  }

  get #oldest(): number | undefined {
    if (this.isEmpty) return undefined
    const first = [...this.#shards.flatMap((shard) => shard[0] ?? []), ...this.#inFlight]
    const queuedAt = Math.min(...first.map((request) => request.queuedAt))
    return this.#clock.now() - (this.#clock.monotonic() - queuedAt)
  }

  get isEmpty(): boolean {
    return this.#requests === 0
  }

  async open(): Promise<void> {
    // It is ready as it is.
  }

  admits(bytes: number): boolean {
    const { maxBytes, maxRequests, whenFull } = this.limits
    const full = (): boolean =>
      this.#requests > 0 && (this.#bytes + bytes > maxBytes || this.#requests >= maxRequests)
    if (whenFull === 'drop_oldest') while (full() && this.#dropOldest());
    return !full()
  }

  enqueue(request: EncodedRequest): void {
    this.#shards[request.shard]?.push(request)
    this.#count(request, 1)
    this.#listener(request.shard)
  }

  take(shard: number): EncodedRequest | undefined {
    const request = this.#shards[shard]?.shift()
    if (request !== undefined) this.#inFlight.add(request)
    return request
  }

  settled(request: EncodedRequest, instead: readonly EncodedRequest[] = []): void {
    this.#inFlight.delete(request)
    this.#count(request, -1)
    for (const each of instead) this.#count(each, 1)
    this.#shards[request.shard]?.unshift(...instead)
  }

  putBack(request: EncodedRequest): void {
    this.#inFlight.delete(request)
    this.#shards[request.shard]?.unshift(request)
  }

  onReady(listener: (shard: number) => void): void {
    this.#listener = listener
  }

  async close(): Promise<void> {
    for (const request of this.#shards.flatMap((shard) => shard.splice(0))) {
      this.#count(request, -1)
      this.#dropped(request, 'shutdown')
    }
  }

  #count({ body }: EncodedRequest, sign: 1 | -1): void {
    this.#bytes += sign * body.length
    this.#requests += sign
  }

  /** Drops the request that has waited longest; one in flight stays. */
  #dropOldest(): boolean {
    let oldest: EncodedRequest[] | undefined
    for (const shard of this.#shards) {
      const first = shard[0]
      if (first !== undefined && first.queuedAt < (oldest?.[0]?.queuedAt ?? Infinity)) oldest = shard
    }
    const request = oldest?.shift()
    if (request === undefined) return false
    this.#count(request, -1)
    this.#dropped(request, 'queue_full')
    return true
  }
}
