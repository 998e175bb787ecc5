import type { Intake } from '#src/queue/intake.ts'
import type { EncodedRequest, Share } from '#src/queue/request-queue.ts'
import type { BufferPool } from './buffer-pool.ts'
import { varintLength, writeVarint } from './label-table.ts'

/** How large a request gets at most, unless one unit alone is larger. */
export interface RequestLimits {
  /** Bytes of the message, before it is compressed. */
  readonly maxBytes: number
  readonly maxSamples: number
}

/** What is put into requests: series that were encoded together. */
export interface EncodedSeries {
  readonly bytes: Buffer
  readonly length: number
  /** The length decompressed. */
  readonly raw: number
  /** Samples, histograms counted as one. */
  readonly samples: number
  readonly intake: Intake
  readonly points: number
}

/** Room for the length at the front: a varint of up to five bytes. */
const headRoom = 5

/** Joins encoded series of one shard into requests, each a block of snappy: a length, then what was encoded. */
export class RequestBuilder {
  readonly #shard: number
  readonly #format: string
  readonly #limits: RequestLimits
  readonly #pool: BufferPool
  readonly #now: () => number
  readonly #done: (request: EncodedRequest) => void
  #buffer: Buffer | undefined
  #end = headRoom
  #raw = 0
  #samples = 0
  #shares: { intake: Intake; points: number }[] = []

  /** @param now monotonic milliseconds; @param done takes each request that is full or flushed */
  constructor(
    shard: number,
    format: string,
    limits: RequestLimits,
    pool: BufferPool,
    now: () => number,
    done: (request: EncodedRequest) => void,
  ) {
    this.#shard = shard
    this.#format = format
    this.#limits = limits
    this.#pool = pool
    this.#now = now
    this.#done = done
  }

  /** Bytes that wait for others to share a request with. */
  get bytes(): number {
    return this.#buffer === undefined ? 0 : this.#end
  }

  /** Puts series behind those that are there, or into a new request. */
  add({ bytes, length, raw, samples, intake, points }: EncodedSeries): void {
    const { maxBytes, maxSamples } = this.#limits
    if (this.#raw > 0 && (this.#raw + raw > maxBytes || this.#samples + samples > maxSamples)) this.flush()
    const buffer = this.#room(length)
    bytes.copy(buffer, this.#end, 0, length)
    this.#end += length
    this.#raw += raw
    this.#samples += samples
    const last = this.#shares.at(-1)
    if (last?.intake === intake) last.points += points
    else this.#shares.push({ intake, points })
  }

  /** Finishes the request, if there is one. */
  flush(): void {
    const buffer = this.#buffer
    if (buffer === undefined) return
    const start = headRoom - varintLength(this.#raw)
    writeVarint(buffer, this.#raw, start)
    const shares: readonly Share[] = this.#shares
    const pool = this.#pool
    const request: EncodedRequest = {
      shard: this.#shard,
      format: this.#format,
      body: buffer.subarray(start, this.#end),
      shares,
      queuedAt: this.#now(),
      release: () => pool.give(buffer),
    }
    this.#buffer = undefined
    this.#end = headRoom
    this.#raw = 0
    this.#samples = 0
    this.#shares = []
    this.#done(request)
  }

  #room(length: number): Buffer {
    const before = this.#buffer
    if (before !== undefined && this.#end + length <= before.length) return before
    const buffer = this.#pool.take(
      before === undefined ? headRoom + length : Math.max(this.#end + length, before.length + 1),
    )
    if (before !== undefined) {
      before.copy(buffer, 0, 0, this.#end)
      this.#pool.give(before)
    }
    this.#buffer = buffer
    return buffer
  }
}
