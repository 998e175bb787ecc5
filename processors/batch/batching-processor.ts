import type { ProcessorContext, StatefulProcessor } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { Receipt } from '#src/pipeline/receipt.ts'
import { cutBatch } from './cut.ts'

/** When held batches are handed on. */
export interface BatchingOptions {
  /** Data points that trigger; 0 hands on at once. */
  readonly size: number
  /** Data points of one call at most; 0 is no limit. */
  readonly maxSize: number
  /** Milliseconds that a data point is held at most; 0 hands on at once. */
  readonly timeoutMs: number
}

/** A batch that waits, and the receipt of those who sent it: one reference is ours until the batch is handed on. */
interface Held {
  readonly batch: Batch
  readonly receipt: Receipt | undefined
}

/**
 * Holds references to batches, in the order in which they came, and hands them on as one list. Batches stay what they
 * are: layouts are never merged. What is held is bounded: less than `size` data points and as many batches between two
 * calls, for as long as `timeoutMs`; the next consumer is called synchronously and takes or refuses at once.
 */
export class BatchingProcessor implements StatefulProcessor {
  readonly #options: BatchingOptions
  readonly #context: ProcessorContext
  #held: Held[] = []
  #points = 0
  #cancelTimer: (() => void) | undefined

  constructor(options: BatchingOptions, context: ProcessorContext) {
    this.#options = options
    this.#context = context
  }

  /** Always accepts: who comes later refuses to this processor, not to the sender. */
  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    for (const batch of batches) {
      this.#held.push({ batch, receipt: receipt?.retain() })
      this.#points += batch.size
    }
    const { size, timeoutMs } = this.#options
    if (size === 0 || timeoutMs === 0) this.#flush()
    else while (this.#points >= size || this.#held.length >= size) this.#handOn()
    if (this.#held.length > 0) {
      this.#cancelTimer ??= this.#context.clock.after(timeoutMs, () => {
        this.#cancelTimer = undefined
        this.#flush()
      })
    }
    return true
  }

  /** What is held of the source goes on first, so that nothing of it comes after. */
  forget(source: Source): void {
    if (this.#held.some(({ batch }) => batch.layout.source === source)) this.#flush()
    this.#context.next.forget(source)
  }

  stop(): void {
    this.#flush()
  }

  #flush(): void {
    while (this.#held.length > 0) this.#handOn()
  }

  /** Hands on one list: all that is held, or the first `maxSize` points. */
  #handOn(): void {
    const taken = this.#take()
    if (this.#held.length === 0) {
      this.#cancelTimer?.()
      this.#cancelTimer = undefined
    }
    const batches = taken.map(({ batch }) => batch)
    const points = batches.reduce((sum, { size }) => sum + size, 0)
    const receipt = combinedReceipt(taken)
    if (this.#accepted(batches, receipt)) {
      receipt?.settle()
    } else {
      this.#context.ledger.dropped.add('refused_downstream', points)
      receipt?.fail('refused after the batch processor')
    }
  }

  #accepted(batches: readonly Batch[], receipt: Receipt | undefined): boolean {
    try {
      return this.#context.next.consume(batches, receipt)
    } catch (error) {
      this.#context.logger.error('the next component failed on batches', { error })
      return false
    }
  }

  #take(): Held[] {
    const { maxSize } = this.#options
    if (maxSize === 0 || this.#points <= maxSize) {
      const all = this.#held
      this.#held = []
      this.#points = 0
      return all
    }
    let points = 0
    let count = 0
    for (; points < maxSize; count++) {
      const held = this.#held[count]
      if (held === undefined) break
      const { batch, receipt } = held
      if (points + batch.size > maxSize) {
        const [head, tail] = cutBatch(batch, maxSize - points)
        this.#held.splice(count, 1, { batch: head, receipt }, { batch: tail, receipt: receipt?.retain() })
      }
      points += this.#held[count]?.batch.size ?? 0
    }
    this.#points -= points
    return this.#held.splice(0, count)
  }
}

/**
 * One receipt for a list: when it settles, so do those of the senders. What the peer rejected is told to each sender
 * up to the number of its own points, since nobody knows whose they were.
 */
function combinedReceipt(taken: readonly Held[]): Receipt | undefined {
  const ours = taken.filter(({ receipt }) => receipt !== undefined)
  if (ours.length === 0) return undefined
  return new Receipt(({ delivered, reason = 'not delivered', rejected }) => {
    for (const { receipt, batch } of ours) {
      if (!delivered) receipt?.fail(reason)
      else if (rejected > 0) receipt?.reject(Math.min(rejected, batch.size), reason)
      else receipt?.settle()
    }
  })
}
