/** Upper bounds of the latencies of requests, in seconds. */
export const latencyBounds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const

/** Requests of one verb to one resource with one outcome. */
export interface RequestTotals {
  /** `list`, `watch`, `get`, `create`, `update`. */
  readonly verb: string
  readonly resource: string
  /** The status of HTTP, or the word of what failed before there was one. */
  readonly code: string
  count: number
  /** Until the answer was complete; of a watch until it began. */
  seconds: number
  /** Requests by latency: one count for each of `latencyBounds`, one for those above all. */
  readonly buckets: number[]
}

/** How the watch of one scope fares. */
export interface WatchTotals {
  readonly resource: string
  readonly namespace: string
  /** Lists begun. */
  lists: number
  /** How often it was begun anew, by reason. */
  readonly restarts: Map<string, number>
  /** Objects held. */
  objects: number
  /** Events by type: `added`, `modified`, `deleted`, `bookmark`, `ignored`. */
  readonly events: Map<string, number>
  /** Unix milliseconds of the newest event. */
  newestEvent: number | undefined
  synced: boolean
}

/** What the client of one cluster did so far. */
export class ApiStatistics {
  readonly #requests = new Map<string, RequestTotals>()
  readonly watches = new Set<WatchTotals>()
  /** How often somebody found a watch already there that does for him too. */
  sharedWatches = 0

  get requests(): Iterable<RequestTotals> {
    return this.#requests.values()
  }

  request(verb: string, resource: string, code: string, seconds: number): void {
    const key = `${verb} ${resource} ${code}`
    let totals = this.#requests.get(key)
    if (totals === undefined) {
      const buckets = Array.from({ length: latencyBounds.length + 1 }, () => 0)
      totals = { verb, resource, code, count: 0, seconds: 0, buckets }
      this.#requests.set(key, totals)
    }
    totals.count++
    totals.seconds += seconds
    const found = latencyBounds.findIndex((bound) => seconds <= bound)
    const bucket = found < 0 ? latencyBounds.length : found
    totals.buckets[bucket] = (totals.buckets[bucket] ?? 0) + 1
  }

  /** Counters of a watch; it is told by `watches` until it is taken out there. */
  watch(resource: string, namespace: string | undefined): WatchTotals {
    const totals: WatchTotals = {
      resource,
      namespace: namespace ?? '',
      lists: 0,
      restarts: new Map(),
      objects: 0,
      events: new Map(),
      newestEvent: undefined,
      synced: false,
    }
    this.watches.add(totals)
    return totals
  }
}

/** Adds one to a count by name. */
export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
