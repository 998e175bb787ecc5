import { RequestDraft } from '#src/push/request-draft.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
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
  readonly #draft: RequestDraft

  constructor(options: RequestOptions) {
    this.#options = options
    this.#draft = new RequestDraft(options.pool)
  }

  /** Bytes that wait for others to share a request with. */
  get bytes(): number {
    return this.#draft.end
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
    const { end, samples: before } = this.#draft
    if (end + bytes + this.#frame > maxBytes || before + samples > maxPoints) this.flush()
  }

  /**
   * Puts whole `ResourceMetrics` behind those that are there; room was made for them.
   *
   * @param samples the data points in them
   * @param points data points of the pipeline that they stand for
   */
  add(bytes: Buffer, samples: number, intake: Settler, points: number): void {
    const { head, between } = this.#options.form
    const draft = this.#draft
    const before = draft.isBegun ? between : head
    const buffer = draft.reserve(before.length + bytes.length)
    if (before !== '') draft.end += buffer.write(before, draft.end, 'latin1')
    bytes.copy(buffer, draft.end)
    draft.end += bytes.length
    draft.count(samples, intake, points)
  }

  /** Finishes the request, if there is one. */
  flush(): void {
    const draft = this.#draft
    if (!draft.isBegun) return
    const { form, shard, now, done } = this.#options
    const buffer = draft.reserve(form.tail.length)
    if (form.tail !== '') draft.end += buffer.write(form.tail, draft.end, 'latin1')
    done(draft.finish({ shard, format: form.format, queuedAt: now() }, 0, draft.end))
  }
}
