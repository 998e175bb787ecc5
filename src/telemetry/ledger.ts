/** Numbers of data points by reason. */
export class ReasonCounts {
  readonly #counts = new Map<string, number>()

  add(reason: string, points: number): void {
    if (points > 0) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + points)
  }

  get total(): number {
    let total = 0
    for (const count of this.#counts.values()) total += count
    return total
  }

  get(reason: string): number {
    return this.#counts.get(reason) ?? 0
  }

  clear(): void {
    this.#counts.clear()
  }

  [Symbol.iterator](): IterableIterator<[reason: string, points: number]> {
    return this.#counts.entries()
  }
}

const totals = ['accepted', 'refused', 'restored', 'delivered', 'queued', 'stored'] as const

/** What a ledger says at one moment, as plain data: what crosses threads. */
export interface LedgerCounts extends Readonly<Record<(typeof totals)[number], number>> {
  readonly rejected: readonly (readonly [reason: string, points: number])[]
  readonly dropped: readonly (readonly [reason: string, points: number])[]
}

/**
 * What became of the data points that one component took, each settled once. For an exporter the conservation law
 * holds at every moment: accepted + restored = delivered + rejected + dropped + queued. For a receiver `accepted`
 * and `refused` count what the pipelines answered; for a processor `dropped` is what it left out.
 * Plain numbers, so that the data path only adds; own telemetry reads them when it is collected.
 */
export class Ledger {
  /** Points that were taken. */
  accepted = 0
  /** Points that were not taken: the sender still has them, or skipped a cycle. */
  refused = 0
  /** Points found in a durable queue at the start. */
  restored = 0
  /** Points that the peer has, or that a pulling exporter put where the peer finds them. */
  delivered = 0
  /** Points taken and not settled yet, in flight included. */
  queued = 0
  /** Of them, those that a durable queue has: they are sent after a restart, if not before. */
  stored = 0
  /** Points that the peer refused for good. */
  readonly rejected = new ReasonCounts()
  /** Points given up on our side. */
  readonly dropped = new ReasonCounts()

  /** What the law says is missing: 0 for an exporter that settles every point once. */
  get imbalance(): number {
    return (
      this.accepted + this.restored - this.delivered - this.rejected.total - this.dropped.total - this.queued
    )
  }

  /** What it says now. */
  counts(): LedgerCounts {
    const { accepted, refused, restored, delivered, queued, stored } = this
    return {
      accepted,
      refused,
      restored,
      delivered,
      queued,
      stored,
      rejected: [...this.rejected],
      dropped: [...this.dropped],
    }
  }

  /** Adds what another one says. */
  add(counts: LedgerCounts): void {
    for (const name of totals) this[name] += counts[name]
    for (const [reason, points] of counts.rejected) this.rejected.add(reason, points)
    for (const [reason, points] of counts.dropped) this.dropped.add(reason, points)
  }

  /** Makes it say nothing. */
  clear(): void {
    for (const name of totals) this[name] = 0
    this.rejected.clear()
    this.dropped.clear()
  }
}
