import { RequestDraft } from '#src/push/request-draft.ts'
import type { Intake } from '#src/queue/intake.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
import type { BufferPool } from '#src/queue/buffer-pool.ts'
import type { RequestSymbols } from './v2/request-symbols.ts'
import type { SymbolPlan } from './v2/symbol-plan.ts'
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
  readonly #draft: RequestDraft
  #raw = 0

  constructor(options: RequestOptions) {
    this.#options = options
    this.#draft = new RequestDraft(options.pool, headRoom)
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
    return this.#draft.isBegun ? this.#draft.end : 0
  }

  /** Finishes the request that is begun, where so many samples and bytes more are too much for it. */
  makeRoom(samples: number, bytes: number): void {
    const { limits, symbols } = this.#options
    const raw = this.#raw + (symbols?.raw ?? 0)
    const { samples: before } = this.#draft
    if (before > 0 && (raw + bytes > limits.maxBytes || before + samples > limits.maxSamples)) this.flush()
  }

  /** Begins a request, in which nothing is, with the first of some tables of symbols that leaves room for so many bytes. */
  adopt(plans: readonly (SymbolPlan | undefined)[], bytes: number): void {
    const { limits, symbols } = this.#options
    if (this.#draft.isBegun || symbols === undefined) return
    const plan = plans.find((each) => each !== undefined && each.raw + bytes <= limits.maxBytes)
    if (plan !== undefined) symbols.adopt(plan)
  }

  /** Puts series behind those that are there; room was made before they were encoded. */
  add({ bytes, from, length, raw, samples, intake, points }: EncodedSeries): void {
    const draft = this.#draft
    bytes.copy(draft.reserve(length), draft.end, from, from + length)
    draft.end += length
    draft.count(samples, intake, points)
    this.#raw += raw
  }

  /** Finishes the request, if there is one. */
  flush(): void {
    const draft = this.#draft
    if (!draft.isBegun) return
    const { shard, format, symbols, now, done } = this.#options
    const plan = symbols?.plan
    const headLength = plan?.end ?? 0
    const buffer = draft.reserve(headLength)
    if (plan !== undefined) {
      buffer.copyWithin(headRoom + headLength, headRoom, draft.end)
      plan.bytes.copy(buffer, headRoom, 0, headLength)
    }
    const raw = this.#raw + (plan?.raw ?? 0)
    const start = headRoom - varintLength(raw)
    writeVarint(buffer, raw, start)
    this.#raw = 0
    symbols?.reset(draft.samples)
    done(draft.finish({ shard, format, queuedAt: now() }, start, draft.end + headLength))
  }
}
