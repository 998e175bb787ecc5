import type { ReceiverContext } from '#src/component/define.ts'
import { Duration } from '#src/config/schema.ts'
import type { Batch } from '#src/model/batch.ts'
import { pointsIn } from '#src/pipeline/consumer.ts'
import { Receipt, type Settlement } from '#src/pipeline/receipt.ts'

/** How long a sender is asked to wait where nothing is taken just now, in milliseconds. */
const retryDelayMs = 5000
/** Requests that wait at a time until exporters have their data. */
const mostWaiting = 10_000

/** The options of receivers that answer when what was sent is where it survives. */
export const deliveryProperties = {
  delivery_timeout: Duration({
    description:
      'How long a request waits until the exporters have its data where it survives. Then it is answered as unavailable, and its sender sends again.',
    default: '20s',
    minimum: '1ms',
  }),
}

/** Data that is not taken just now: its sender is to send it again. The message is a sentence for the sender. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  readonly retryDelayMs = retryDelayMs
}

/** Data that is where it survives, but for what was rejected. */
export interface Delivered {
  /** Data points that no repetition brings through. */
  readonly rejected: number
  /** Why; empty where none were. */
  readonly message: string
}

/** Hands on what senders who wait for an answer brought, and waits until it is where it survives. */
export class Deliveries {
  readonly #context: Pick<ReceiverContext, 'emit' | 'clock'>
  readonly #timeoutMs: number
  /** What gives up each delivery. */
  readonly #waiting = new Set<() => void>()

  constructor(timeoutMs: number, context: Pick<ReceiverContext, 'emit' | 'clock'>) {
    this.#timeoutMs = timeoutMs
    this.#context = context
  }

  /**
   * Asks before anything is read: what is read changes series.
   *
   * @throws {Unavailable} where so many wait that no more is taken
   */
  checkRoom(): void {
    if (this.#waiting.size >= mostWaiting) throw new Unavailable('too many requests wait for their delivery')
  }

  /**
   * Emits batches, none or several, and waits for their exporters.
   *
   * @throws {Unavailable} where they are to be sent again: a branch took nothing or lost some, or it took too long
   */
  async deliver(batches: readonly Batch[]): Promise<Delivered> {
    const nothing: Delivered = { rejected: 0, message: '' }
    if (batches.length === 0) return nothing
    const { promise, resolve } = Promise.withResolvers<Settlement | undefined>()
    const receipt = new Receipt(resolve)
    if (!this.#context.emit(batches, receipt)) throw new Unavailable('the pipelines take nothing just now')
    receipt.settle()
    const settlement = await this.#settled(promise, resolve)
    if (settlement === undefined) throw new Unavailable('its delivery takes longer than it may')
    const { delivered, rejected, reason = '' } = settlement
    if (!delivered) throw new Unavailable(`it could not be delivered: ${reason}`)
    // Several exporters may have rejected the same.
    return rejected === 0 ? nothing : { rejected: Math.min(rejected, pointsIn(batches)), message: reason }
  }

  /** Nobody waits any longer: those who do are told to send again. */
  giveUp(): void {
    for (const end of this.#waiting) end()
  }

  /** @returns undefined where it is given up */
  async #settled(
    promise: Promise<Settlement | undefined>,
    resolve: (settlement: undefined) => void,
  ): Promise<Settlement | undefined> {
    const giveUp = (): void => resolve(undefined)
    const cancel = this.#context.clock.after(this.#timeoutMs, giveUp)
    this.#waiting.add(giveUp)
    try {
      return await promise
    } finally {
      cancel()
      this.#waiting.delete(giveUp)
    }
  }
}
