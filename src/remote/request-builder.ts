import type { Intake } from '#src/queue/intake.ts'
import type { EncodedRequest, Share } from '#src/queue/request-queue.ts'
import type { BufferPool } from '#src/queue/buffer-pool.ts'
import type { RequestSymbols } from './v2/request-symbols.ts'
import { varintLength, writeVarint } from './varint.ts'

/** How large a request gets at most, unless one unit alone is larger. */
export interface RequestLimits {
  /** Bytes of the message, before it is compressed. */
  readonly maxBytes: number
  readonly maxSamples: number
}

/** What is put into requests: series that were encoded together. */
export interface EncodedSeries {
  readonly bytes: Buffer
  /** Where they begin. */
  readonly from: number
  readonly length: number
  /** The length decompressed. */
  readonly raw: number
  readonly samples: number
  readonly intake: Intake
  readonly points: number
}

/** What a builder is told of where its requests go. */
export interface RequestOptions {
  readonly shard: number
  readonly format: string
  readonly limits: RequestLimits
  readonly pool: BufferPool
  /** The table of symbols of each request, for version 2.0. */
  readonly symbols: RequestSymbols | undefined
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Takes each request that is full or flushed. */
  readonly done: (request: EncodedRequest) => void
}

/** A part of a request has no more bytes of labels than this, unless one series alone has. */
const largestPart = 1 << 18

/** Room for the length at the front: a varint of up to five bytes. */
const headRoom = 5

/** Joins encoded series of one shard into requests, each a block of snappy: a length, symbols, then what was encoded. */
export class RequestBuilder {
  readonly #options: RequestOptions
  #buffer: Buffer | undefined
  #end = headRoom
  #raw = 0
  #samples = 0
  #shares: { intake: Intake; points: number }[] = []

  constructor(options: RequestOptions) {
    this.#options = options
  }

  get symbols(): RequestSymbols | undefined {
    return this.#options.symbols
  }

  /** How many bytes of labels are encoded together at most, so that requests can be bounded. */
  get partBytes(): number {
    return Math.min(largestPart, this.#options.limits.maxBytes)
  }

  /** Bytes that wait for others to share a request with. */
  get bytes(): number {
    return this.#buffer === undefined ? 0 : this.#end
  }

  /** Finishes the request that is begun, where so many samples and bytes more are too much for it. */
  makeRoom(samples: number, bytes: number): void {
    const { limits, symbols } = this.#options
    const raw = this.#raw + (symbols?.raw ?? 0)
    if (this.#samples > 0 && (raw + bytes > limits.maxBytes || this.#samples + samples > limits.maxSamples))
      this.flush()
  }

  /** Puts series behind those that are there; room was made before they were encoded. */
  add({ bytes, from, length, raw, samples, intake, points }: EncodedSeries): void {
    const buffer = this.#room(length)
    bytes.copy(buffer, this.#end, from, from + length)
    this.#end += length
    this.#raw += raw
    this.#samples += samples
    const last = this.#shares.at(-1)
    if (last?.intake === intake) last.points += points
    else this.#shares.push({ intake, points })
  }

  /** Finishes the request, if there is one. */
  flush(): void {
    if (this.#buffer === undefined) return
    const { shard, format, pool, symbols, now, done } = this.#options
    const headLength = symbols?.end ?? 0
    const buffer = this.#room(headLength)
    if (symbols !== undefined) {
      buffer.copyWithin(headRoom + headLength, headRoom, this.#end)
      symbols.bytes.copy(buffer, headRoom, 0, headLength)
    }
    const raw = this.#raw + (symbols?.raw ?? 0)
    const start = headRoom - varintLength(raw)
    writeVarint(buffer, raw, start)
    const shares: readonly Share[] = this.#shares
    const samples = this.#samples
    const body = buffer.subarray(start, this.#end + headLength)
    this.#buffer = undefined
    this.#end = headRoom
    this.#raw = 0
    this.#samples = 0
    this.#shares = []
    symbols?.reset()
    done({
      shard,
      format,
      body,
      shares,
      samples,
      queuedAt: now(),
      release: (memory = buffer) => pool.give(memory),
    })
  }

  /** The buffer, with room for so many bytes behind what is in it. */
  #room(length: number): Buffer {
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
