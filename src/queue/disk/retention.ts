import type { Clock } from '#src/component/clock.ts'
import type { Ledger } from '#src/telemetry/ledger.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { Settler } from '../intake.ts'
import type { Backlog } from './backlog.ts'
import type { HeldMemory } from './held-memory.ts'
import type { QueueStore } from './queue-store.ts'
import type { Segment } from './segment.ts'

/** How much is kept on disk, and for how long. */
export interface RetentionLimits {
  readonly directory: string
  readonly maxDiskBytes: number
  /** What is older is given up; 0 keeps it for ever. In milliseconds. */
  readonly maxAgeMs: number
}

/** What retention works with. */
export interface RetentionTools {
  readonly backlog: Backlog
  readonly store: QueueStore
  readonly memory: HeldMemory
  readonly clock: Clock
  readonly logger: Logger
  readonly ledger: Ledger
  /** Where it is told what is given up. */
  readonly account: Settler
}

/** Gives up what is too much, or too old: whole segments, the oldest first. */
export class Retention {
  readonly #limits: RetentionLimits
  readonly #tools: RetentionTools

  constructor(limits: RetentionLimits, tools: RetentionTools) {
    this.#limits = limits
    this.#tools = tools
  }

  /** The length of all segments. */
  get diskBytes(): number {
    return this.#tools.backlog.segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Whether there is a segment that can be given up. */
  get canDrop(): boolean {
    return this.#oldest !== undefined
  }

  /** Whether so many bytes more are too much. */
  isFull(bytes: number): boolean {
    const { pending } = this.#tools.store
    const waiting = pending.reduce((sum, { request }) => sum + (request?.body.length ?? 0), 0)
    const used = this.diskBytes + waiting
    return used > 0 && used + bytes > this.#limits.maxDiskBytes
  }

  /** Whether what was put in at some time, in Unix milliseconds, is too old. */
  isExpired(enqueuedAt: number): boolean {
    const { maxAgeMs } = this.#limits
    return maxAgeMs > 0 && this.#tools.clock.now() - enqueuedAt > maxAgeMs
  }

  /** Gives up the oldest segment; whether there was one. */
  dropOldest(): boolean {
    const segment = this.#oldest
    if (segment === undefined) return false
    this.#drop(segment, 'queue_full')
    const { directory } = this.#limits
    this.#tools.logger.warn('the queue is full: the oldest data is dropped', { directory })
    return true
  }

  /** Gives up segments of which all is too old. */
  async expire(): Promise<void> {
    for (const segment of this.#tools.backlog.segments) {
      if (segment.records === 0 || !this.isExpired(segment.newest)) continue
      if (segment.sealed) this.#drop(segment, 'expired')
      else await this.#tools.store.seal(segment)
    }
  }

  get #oldest(): Segment | undefined {
    return this.#tools.backlog.segments.find(({ sealed }) => sealed)
  }

  /** Gives up a segment, but for what is in flight. */
  #drop(segment: Segment, reason: string): void {
    const { backlog, store, memory, ledger, account } = this.#tools
    const points = segment.points - segment.inFlightPoints
    for (const entry of backlog.remove(segment)) {
      entry.settled = true
      memory.letGo(entry, 'line')
    }
    ledger.stored -= points
    account.drop(points, reason)
    store.remove(segment)
  }
}
