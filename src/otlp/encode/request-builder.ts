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

/** How a request is put together of parts that are whole `ResourceMetrics`. */
export interface RequestForm {
  /** How such requests are called in a queue. */
  readonly format: string
  readonly head: string
  readonly between: string
  readonly tail: string
}

/** A message of protobuf is the messages that it is made of, one after the other. */
export const protobufForm: RequestForm = { format: 'proto', head: '', between: '', tail: '' }

export const jsonForm: RequestForm = {
  format: 'json',
  head: '{"resourceMetrics":[',
  between: ',',
  tail: ']}',
}

/** What a builder is told of its requests, and of where they go. */
export interface RequestOptions {
  readonly form: RequestForm
  readonly shard: number
  readonly limits: RequestLimits
  readonly pool: BufferPool
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Takes each request that is full or flushed. */
  readonly done: (request: EncodedRequest) => void
}

/** Joins what was encoded for one shard, of any batches, into requests. */
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

  /** Bytes that a request has beside its parts at most. */
  get #frame(): number {
    const { head, between, tail } = this.#options.form
    return head.length + between.length + tail.length
  }

  /** Whether a part of so many bytes can be in a request at all. */
  holds(bytes: number): boolean {
    return bytes + this.#frame <= this.#options.limits.maxBytes
  }

  /** Finishes the request that is begun, where so many data points and bytes more are too much for it. */
  makeRoom(samples: number, bytes: number): void {
    const { maxBytes, maxPoints } = this.#options.limits
    if (this.#end + bytes + this.#frame > maxBytes || this.#samples + samples > maxPoints) this.flush()
  }

  /**
   * Puts whole `ResourceMetrics` behind those that are there; room was made for them.
   *
   * @param samples the data points in them
   * @param points data points of the pipeline that they stand for
   */
  add(bytes: Buffer, samples: number, intake: Settler, points: number): void {
    const { head, between } = this.#options.form
    const before = this.#buffer === undefined ? head : between
    const buffer = this.#reserve(before.length + bytes.length)
    if (before !== '') this.#end += buffer.write(before, this.#end, 'latin1')
    bytes.copy(buffer, this.#end)
    this.#end += bytes.length
    this.#samples += samples
    const last = this.#shares.at(-1)
    if (last?.intake === intake) last.points += points
    else this.#shares.push({ intake, points })
  }

  /** Finishes the request, if there is one. */
  flush(): void {
    if (this.#buffer === undefined) return
    const { form, shard, pool, now, done } = this.#options
    const buffer = this.#reserve(form.tail.length)
    if (form.tail !== '') this.#end += buffer.write(form.tail, this.#end, 'latin1')
    const shares: readonly Share[] = this.#shares
    const samples = this.#samples
    const body = buffer.subarray(0, this.#end)
    this.#buffer = undefined
    this.#end = 0
    this.#samples = 0
    this.#shares = []
    done({
      shard,
      format: form.format,
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
