import type { Receipt } from '#src/pipeline/receipt.ts'
import type { Ledger } from '#src/telemetry/ledger.ts'

/**
 * What who brought data points that were given up is told of them: to send them again, since they were lost on our side; that they
 * are rejected, since they can never be delivered; or nothing, where the configuration wants them left out.
 */
export type DropAnswer = 'resend' | 'rejected' | 'none'

/** Where it is told what became of data points: each is told once. */
export interface Settler {
  /** The peer has them. */
  deliver(points: number): void
  /** The peer refused them for good. */
  reject(points: number, reason: string): void
  /** They are given up on our side; who brought them is told to send them again, unless something else is said. */
  drop(points: number, reason: string, answer?: DropAnswer): void
  /** A durable queue has them and goes on with their account: who brought them is told, and is told nothing else of them. */
  keep(points: number): void
}

/**
 * The data points of one call of `consume` on their way: each is settled once, in the ledger, and the receipt is when all
 * are. Until then they count as queued.
 */
export class Intake implements Settler {
  readonly #ledger: Ledger
  readonly #receipt: Receipt | undefined
  readonly #settled: (() => void) | undefined
  #open: number
  #failure: string | undefined
  #rejection: string | undefined
  #rejected = 0

  /**
   * Takes so many data points, one at least.
   *
   * @param settled told when all are settled
   */
  constructor(points: number, ledger: Ledger, receipt: Receipt | undefined, settled?: () => void) {
    this.#open = points
    this.#ledger = ledger
    this.#receipt = receipt?.retain()
    this.#settled = settled
    ledger.queued += points
  }

  /** Data points that are not settled. */
  get open(): number {
    return this.#open
  }

  deliver(points: number): void {
    this.#ledger.delivered += points
    this.#settle(points)
  }

  reject(points: number, reason: string): void {
    this.#ledger.rejected.add(reason, points)
    this.#noteRejection(points, reason)
    this.#settle(points)
  }

  drop(points: number, reason: string, answer: DropAnswer = 'resend'): void {
    this.#ledger.dropped.add(reason, points)
    if (answer === 'rejected') this.#noteRejection(points, reason)
    else if (answer === 'resend' && points > 0) this.#failure ??= reason
    this.#settle(points)
  }

  keep(points: number): void {
    this.#close(points)
  }

  #noteRejection(points: number, reason: string): void {
    if (points === 0) return
    this.#rejection ??= reason
    this.#rejected += points
  }

  #settle(points: number): void {
    this.#ledger.queued -= points
    this.#close(points)
  }

  #close(points: number): void {
    if (points === 0) return
    if (points > this.#open) throw new Error('more data points were settled than were taken')
    this.#open -= points
    if (this.#open > 0) return
    if (this.#failure !== undefined) this.#receipt?.fail(this.#failure)
    else if (this.#rejection !== undefined) this.#receipt?.reject(this.#rejected, this.#rejection)
    else this.#receipt?.settle()
    this.#settled?.()
  }
}

/** Data points that a durable queue has: nobody waits for them, but they are counted. */
export class KeptPoints implements Settler {
  readonly #ledger: Ledger

  /** @param ledger where they count as queued */
  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  deliver(points: number): void {
    this.#ledger.delivered += points
    this.#ledger.queued -= points
  }

  reject(points: number, reason: string): void {
    this.#ledger.rejected.add(reason, points)
    this.#ledger.queued -= points
  }

  drop(points: number, reason: string): void {
    this.#ledger.dropped.add(reason, points)
    this.#ledger.queued -= points
  }

  keep(): void {
    // They are kept already.
  }
}
