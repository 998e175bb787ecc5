/** Requests of one verb to one resource with one outcome. */
export interface RequestTotals {
  /** `list`, `watch`, `get`, `create`, `update`. */
  readonly verb: string
  readonly resource: string
  /** The status of HTTP, or the word of what failed before there was one. */
  readonly code: string
  count: number
  /** Until the answers were complete, all together; of watches until they began. */
  seconds: number
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
      totals = { verb, resource, code, count: 0, seconds: 0 }
      this.#requests.set(key, totals)
    }
    totals.count++
    totals.seconds += seconds
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

/** Of all clusters that this thread uses. */
export const clusterStatistics: Set<ApiStatistics> = new Set()
