import type { Clock } from '#src/component/clock.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { Entry, Place } from './entry.ts'
import type { HeldMemory } from './held-memory.ts'
import { queuedAt, type QueueStore } from './queue-store.ts'
import type { ReadRecord } from './record-reader.ts'
import type { ShardLine } from './shard-line.ts'

/** How often a record is tried that cannot be read before it is given up. */
const mostFailures = 3

/** What a fetch works with. */
export interface FetchTools {
  readonly store: QueueStore
  readonly memory: HeldMemory
  readonly clock: Clock
  readonly logger: Logger
  /** Told when a shard has something to take, or something to give up. */
  readonly ready: (shard: number) => void
}

/** Reads requests back from disk, before they are needed where there is room. */
export class EntryFetch {
  readonly #tools: FetchTools

  constructor(tools: FetchTools) {
    this.#tools = tools
  }

  /** Reads the request of an entry, unless that is under way. What cannot be read is lost, and says why. */
  fetch(entry: Entry, shard: number): void {
    const { place } = entry
    if (place === undefined || entry.reading || entry.lost !== undefined) return
    entry.reading = true
    void this.#read(entry, place, shard)
  }

  /** Reads the first entries of a line. */
  fetchAhead({ first }: ShardLine, shard: number): void {
    for (const entry of [first, first?.next]) {
      if (entry !== undefined && entry.request === undefined && this.#tools.memory.hasRoomAhead)
        this.fetch(entry, shard)
    }
  }

  async #read(entry: Entry, place: Place, shard: number): Promise<void> {
    const { store, logger, ready } = this.#tools
    let isOver = true
    try {
      this.#fetched(entry, shard, await store.read(place))
    } catch (error) {
      logger.error('a request of the queue cannot be read', { file: place.segment.name, error })
      isOver = ++entry.failures >= mostFailures
      if (isOver) entry.lost = 'unreadable'
    }
    entry.reading = false
    if (isOver && !entry.settled) ready(shard)
  }

  #fetched(entry: Entry, shard: number, record: ReadRecord | undefined): void {
    const { memory, clock } = this.#tools
    if (entry.settled) record?.release()
    else if (record === undefined) entry.lost = 'corrupt'
    else {
      const at = queuedAt(entry.enqueuedAt, clock)
      entry.request = { ...record, shard, shares: [], queuedAt: at }
      memory.countRead(entry)
    }
  }
}
