import type { Share, EncodedRequest } from '#src/queue/request-queue.ts'
import type { Settler } from '#src/queue/intake.ts'
import type { BufferPool } from '#src/queue/buffer-pool.ts'

/** How large a request gets at most, unless one data point alone is larger. */
export interface RequestLimits {
  /** Bytes of the message, before it is compressed. */
  readonly maxBytes: number
  /** Data points. */
  readonly maxPoints: number
}

/** What a builder is told of where its requests go. */
export interface RequestOptions {
  readonly shard: number
  readonly limits: RequestLimits
  readonly pool: BufferPool
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Takes each request that is full or flushed. */
  readonly done: (request: EncodedRequest) => void
}

/** How requests of protobuf are called in a queue. */
export const protobufFormat = 'proto'

/**
 * Joins what was encoded for one shard into requests. A message of protobuf is the messages that it is made of, one after the
 * other: so whole `ResourceMetrics` of any batches make an ExportMetricsServiceRequest.
 */
export class RequestBuilder {
  readonly #options: RequestOptions
  #buffer: Buffer | undefined
  #end = 0
  #samples = 0
  #shares: { intake: Settler; points: number }[] = []

  constructor(options: RequestOptions) {
    this.#options = options
  }

  /** Bytes that wait for others to share a request with. */
  get bytes(): number {
    return this.#end
  }

  /** Data points that fit the request at hand. */
  get room(): number {
    return this.#options.limits.maxPoints - this.#samples
  }

  /** Bytes that fit the request at hand. */
  get roomBytes(): number {
    return this.#options.limits.maxBytes - this.#end
  }

  get isEmpty(): boolean {
    return this.#end === 0
  }

  /**
   * Puts whole `ResourceMetrics` behind those that are there.
   *
   * @param samples the data points in them
   * @param points data points of the pipeline that they stand for
   */
  add(bytes: Buffer, samples: number, intake: Settler, points: number): void {
    const buffer = this.#reserve(bytes.length)
    bytes.copy(buffer, this.#end)
    this.#end += bytes.length
    this.#samples += samples
    const last = this.#shares.at(-1)
    if (last?.intake === intake) last.points += points
    else this.#shares.push({ intake, points })
  }

  /** Finishes the request, if there is one. */
  flush(): void {
    const buffer = this.#buffer
    if (buffer === undefined) return
    const { shard, pool, now, done } = this.#options
    const shares: readonly Share[] = this.#shares
    const samples = this.#samples
    const body = buffer.subarray(0, this.#end)
    this.#buffer = undefined
    this.#end = 0
    this.#samples = 0
    this.#shares = []
    done({
      shard,
      format: protobufFormat,
      body,
      shares,
      samples,
      queuedAt: now(),
      release: (memory = buffer) => pool.give(memory),
    })
  }

  /** The buffer, with room for so many bytes behind what is in it. */
  #reserve(length: number): Buffer {
    const { pool } = this.#options
    const before = this.#buffer
    const needed = this.#end + length
    if (before !== undefined && needed <= before.length) return before
    const buffer = pool.take(before === undefined ? needed : Math.max(needed, before.length + 1))
    if (before !== undefined) {
      before.copy(buffer, 0, 0, this.#end)
      pool.give(before)
    }
    this.#buffer = buffer
    return buffer
  }
}
