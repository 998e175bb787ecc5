import type { BufferPool } from '#src/queue/buffer-pool.ts'
import type { Settler } from '#src/queue/intake.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'

/** A request that is being put together in memory of a pool, and whose data points it carries. */
export class RequestDraft {
  readonly #pool: BufferPool
  readonly #start: number
  #buffer: Buffer | undefined
  #shares: { intake: Settler; points: number }[] = []
  /** Where the next bytes go. */
  end: number
  /** How many samples are in it. */
  samples = 0

  /** @param start where the first bytes go: room before them is for what is known at the end */
  constructor(pool: BufferPool, start = 0) {
    this.#pool = pool
    this.#start = start
    this.end = start
  }

  /** Whether something was put in. */
  get isBegun(): boolean {
    return this.#buffer !== undefined
  }

  /** The buffer, with room for so many bytes behind what is in it. */
  reserve(length: number): Buffer {
    const before = this.#buffer
    const needed = this.end + length
    if (before !== undefined && needed <= before.length) return before
    const buffer = this.#pool.take(before === undefined ? needed : Math.max(needed, before.length + 1))
    if (before !== undefined) {
      before.copy(buffer, 0, 0, this.end)
      this.#pool.give(before)
    }
    this.#buffer = buffer
    return buffer
  }

  /** Notes samples that were put in, and the data points of a call that they stand for. */
  count(samples: number, intake: Settler, points: number): void {
    this.samples += samples
    const last = this.#shares.at(-1)
    if (last?.intake === intake) last.points += points
    else this.#shares.push({ intake, points })
  }

  /** The request, of the bytes between two places; another can be begun. */
  finish(
    head: Pick<EncodedRequest, 'shard' | 'format' | 'queuedAt'>,
    from: number,
    end: number,
  ): EncodedRequest {
    const buffer = this.reserve(0)
    const pool = this.#pool
    const request: EncodedRequest = {
      ...head,
      body: buffer.subarray(from, end),
      shares: this.#shares,
      samples: this.samples,
      release: (memory = buffer) => pool.give(memory),
    }
    this.#buffer = undefined
    this.#shares = []
    this.end = this.#start
    this.samples = 0
    return request
  }
}
