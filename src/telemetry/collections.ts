/** What one collection cycle of a source was like. */
export interface Collection {
  /** The source's part in its receiver: a scraper, a target. */
  readonly source: string
  readonly durationMs: number
  /** Why it failed, in one word (`permission_denied`, `timeout`); undefined where it did not. */
  readonly error?: string | undefined
}

/** Running totals over the collections of one source, or of several that are shown as one. */
export interface CollectionTotals {
  collections: number
  durationMs: number
  lastDurationMs: number
  readonly errors: Map<string, number>
  /** Live series now. */
  series: number
  /** Series that came or went, in all. */
  churn: number
  /** Cycles that were left out because the process did not get to them: it was suspended, or far too slow. */
  missed: number
  /** Sources that are counted here: one, unless several share a name. */
  sources: number
}

/** The collections of one receiver, by source. */
export class Collections {
  readonly bySource = new Map<string, CollectionTotals>()
  /** Milliseconds between two cycles, where the receiver has a schedule and says so: readiness measures silence by it. */
  intervalMs: number | undefined = undefined

  /** The totals of a source, made where there are none. */
  of(source: string): CollectionTotals {
    let totals = this.bySource.get(source)
    if (totals === undefined) {
      totals = {
        collections: 0,
        durationMs: 0,
        lastDurationMs: 0,
        errors: new Map(),
        series: 0,
        churn: 0,
        missed: 0,
        sources: 0,
      }
      this.bySource.set(source, totals)
    }
    return totals
  }

  /** Adds one cycle. */
  record({ source, durationMs, error }: Collection): void {
    const totals = this.of(source)
    totals.collections++
    totals.durationMs += durationMs
    totals.lastDurationMs = durationMs
    if (error !== undefined) totals.errors.set(error, (totals.errors.get(error) ?? 0) + 1)
  }

  /** A source is gone, which had so many series; with the last one of a name all of that name is. */
  forget(source: string, series = 0): void {
    const totals = this.bySource.get(source)
    if (totals === undefined) return
    totals.series -= series
    if (--totals.sources <= 0) this.bySource.delete(source)
  }
}
