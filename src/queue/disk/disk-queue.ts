import { codeOf } from '#src/host/write-failure.ts'
import type { Ledger } from '#src/telemetry/ledger.ts'
import type { QueueStatus } from '#src/telemetry/queue-status.ts'
import { KeptPoints } from '../intake.ts'
import {
  pointsOf,
  type EncodedRequest,
  type RequestQueue,
  type Share,
  type SinkLimits,
} from '../request-queue.ts'
import { Backlog } from './backlog.ts'
import { isShortOfSpace, mayPass, QueueDirectoryError } from './disk-failure.ts'
import { EntryFetch } from './entry-fetch.ts'
import { Entry } from './entry.ts'
import { QueueStore, type Found, type StoreOptions, type StoreTools } from './queue-store.ts'
import { HeldMemory } from './held-memory.ts'
import { Retention, type RetentionLimits } from './retention.ts'
import type { LogListener } from './segment-log.ts'
import type { Segment } from './segment.ts'
import type { ShardLine } from './shard-line.ts'

/** How much waits, for how long, and what happens where that is not enough. */
export interface DiskQueueOptions
  extends SinkLimits, RetentionLimits, Omit<StoreOptions, 'maxUnsyncedBytes'> {
  readonly shards: number
  /** What there is in memory at most. */
  readonly maxBytes: number
  /**
   * What happens while the disk cannot be written to: new data is refused, or is kept in memory; with `drop_oldest` it is kept
   * in memory too, and on a full disk the oldest makes room.
   */
  readonly whenDiskFails: 'refuse' | 'drop_oldest' | 'memory_only'
}

/** What a queue works with. */
export interface DiskQueueTools extends StoreTools {
  readonly ledger: Ledger
  /** Told the error while the disk cannot be written to, and undefined when it can be again. */
  readonly report: (error: Error | undefined) => void
}

/** Which part of the memory requests on disk may have, so that they are not read. */
const cachePart = 4
const tickMs = 1000

/**
 * A queue that survives the process: what was put in is on disk before it is given out, and stays there until it is settled.
 * While the disk cannot be written to it works in memory, and goes on on disk when it can.
 */
export class DiskQueue implements RequestQueue {
  readonly isDurable = true
  readonly limits: DiskQueueOptions
  readonly #tools: DiskQueueTools
  readonly #account: KeptPoints
  readonly #store: QueueStore
  readonly #backlog: Backlog
  readonly #inFlight = new Map<EncodedRequest, Entry>()
  #listener: (shard: number) => void = () => undefined
  readonly #memory: HeldMemory
  readonly #fetcher: EntryFetch
  readonly #retention: Retention
  #isFailing = false
  /** Whether all that waits to be written is in lines, since the disk fails. */
  #isExposed = false
  #cancelTick: (() => void) | undefined
  #ticking: Promise<void> | undefined

  constructor(options: DiskQueueOptions, tools: DiskQueueTools) {
    this.limits = options
    this.#tools = tools
    this.#account = new KeptPoints(tools.ledger)
    this.#backlog = new Backlog(options.shards, {
      seal: async (segment) => await this.#store.seal(segment),
      load: async (segment) => await this.#load(segment),
      ready: (shard) => this.#listener(shard),
    })
    this.#memory = new HeldMemory(options.maxBytes / cachePart)
    const storeOptions = { ...options, maxUnsyncedBytes: options.maxBytes / cachePart }
    this.#store = new QueueStore(storeOptions, tools, this.#logListener(), () => this.#backlog.segments)
    const parts = { ...tools, store: this.#store, memory: this.#memory, backlog: this.#backlog }
    this.#fetcher = new EntryFetch({ ...parts, ready: (shard) => this.#listener(shard) })
    this.#retention = new Retention(options, { ...parts, account: this.#account })
  }

  /**
   * Opens the directory. Where the disk fails now, but may do again, it works in memory until then.
   *
   * @throws {QueueInUseError} where another process has the directory
   * @throws {QueueDirectoryError} where it is of no use until a person mends it
   */
  async open(): Promise<void> {
    try {
      this.#restore(await this.#store.open())
    } catch (error) {
      if (!mayPass(error)) {
        const inUse = codeOf(error) === 'ERR_QUEUE_IN_USE'
        throw inUse ? error : new QueueDirectoryError(this.limits.directory, error)
      }
      this.#fail(error)
    }
    this.#armTick()
  }

  get status(): QueueStatus {
    const { directory, maxDiskBytes, sync, syncIntervalMs } = this.limits
    const { damages, bytes: damagedBytes } = this.#store.quarantined
    const windows = { batch: 0, interval: syncIntervalMs / 1000, none: undefined }
    return {
      memoryBytes: this.#memory.bytes,
      oldest: this.#oldest,
      disk: {
        directory,
        bytes: this.#retention.diskBytes,
        maxBytes: maxDiskBytes,
        lossWindowSeconds: windows[sync],
        writable: !this.#store.failing,
        damages,
        damagedBytes,
      },
    }
  }

  /** When the oldest request was put in that is not settled, in Unix milliseconds; undefined where there is none. */
  get #oldest(): number | undefined {
    const first = this.#backlog.lines.flatMap((line) => line.first ?? [])
    const pending = this.#store.pending.find(({ settled }) => !settled)
    const known = [...first, ...this.#inFlight.values(), ...(pending === undefined ? [] : [pending])]
    const times = known.map(({ enqueuedAt }) => enqueuedAt)
    // What is not in lines is behind what is; of a segment only the oldest record is known, settled or not.
    const unknown = this.#backlog.segments.filter(({ records }) => records > 0)
    if (times.length === 0) times.push(...unknown.map(({ oldest }) => oldest))
    return times.length === 0 ? undefined : Math.min(...times)
  }

  get isEmpty(): boolean {
    const waits = this.#store.pending.some(({ settled }) => !settled)
    return !waits && this.#inFlight.size === 0 && this.#backlog.segments.every(({ records }) => records === 0)
  }

  get bytes(): number {
    return this.#memory.bytes + this.#retention.diskBytes
  }

  admits(bytes: number): boolean {
    const { maxBytes, whenFull, whenDiskFails } = this.limits
    if (this.#memory.bytes > 0 && this.#memory.bytes + bytes > maxBytes) return false
    if (this.#store.failing) return whenDiskFails !== 'refuse'
    const retention = this.#retention
    if (whenFull === 'refuse') return !retention.isFull(bytes)
    while (retention.isFull(bytes) && retention.dropOldest());
    return !retention.isFull(bytes) || !retention.canDrop
  }

  enqueue(request: EncodedRequest): void {
    const { shard } = request
    const enqueuedAt = this.#tools.clock.now()
    const record = { sequence: 0, shard, points: pointsOf(request), enqueuedAt }
    const entry = new Entry(record, this.limits.shards, request)
    entry.hold('log')
    entry.hold('line')
    this.#memory.count(request.body.length)
    this.#store.append(entry)
    if (!this.#isExposed) this.#expose()
    else this.#backlog.put(entry)
  }

  take(shard: number): EncodedRequest | undefined {
    const line = this.#backlog.lines[shard]
    const part = line?.parts.shift()
    if (line === undefined || part !== undefined) return part
    for (let entry = line.first; entry !== undefined; entry = line.first) {
      const reason = entry.lost ?? (this.#retention.isExpired(entry.enqueuedAt) ? 'expired' : undefined)
      if (reason !== undefined) {
        this.#backlog.shift(line)
        this.#giveUp(entry, line, reason)
      } else if (entry.request === undefined) {
        this.#fetcher.fetch(entry, shard)
        return undefined
      } else {
        this.#backlog.shift(line)
        this.#fetcher.fetchAhead(line, shard)
        return this.#giveOut(entry, entry.request, shard)
      }
    }
    this.#backlog.want(shard)
    return undefined
  }

  settled(request: EncodedRequest, instead: readonly EncodedRequest[] = []): void {
    const entry = this.#inFlight.get(request)
    const line = this.#backlog.lines[request.shard]
    if (entry === undefined || line === undefined) return
    this.#inFlight.delete(request)
    // The memory of the whole is given back by who has it in flight.
    if (entry.isCut) this.#memory.count(-request.body.length)
    entry.isCut ||= instead.length > 0
    entry.pieces += instead.length - 1
    for (const part of instead) {
      this.#inFlight.set(part, entry)
      this.#memory.count(part.body.length)
    }
    line.parts.unshift(...instead)
    if (entry.stored && instead.length === 0) this.#tools.ledger.stored -= pointsOf(request)
    if (entry.pieces === 0) this.#settle(entry, line)
  }

  putBack(request: EncodedRequest): void {
    const entry = this.#inFlight.get(request)
    const line = this.#backlog.lines[request.shard]
    if (entry === undefined || line === undefined) return
    if (entry.isCut) {
      line.parts.unshift(request)
      return
    }
    this.#inFlight.delete(request)
    entry.fly(false)
    if (entry.place?.segment.gone === true) {
      this.#giveUp(entry, line, 'queue_full')
      return
    }
    if (entry.stored) this.#tellKept(entry)
    this.#backlog.putBack(line, entry)
  }

  onReady(listener: (shard: number) => void): void {
    this.#listener = listener
  }

  /** Brings to disk what is not there yet, and gives the directory free. What cannot be brought there is dropped. */
  async close(): Promise<void> {
    this.#cancelTick?.()
    await this.#ticking
    await this.#backlog.close()
    for (const entry of await this.#store.close()) {
      // It was written once, and may be found again: that is better than to give it up.
      if (entry.kept && entry.doubtfulIn !== undefined) continue
      const line = this.#backlog.lines[entry.shard % this.limits.shards]
      if (line !== undefined) this.#giveUp(entry, line, 'shutdown')
    }
    const { ledger, logger } = this.#tools
    if (ledger.stored > 0)
      logger.info('data waits in the queue on disk: it is sent after the next start', {
        points: ledger.stored,
        directory: this.limits.directory,
      })
    await this.#store.release()
  }

  #logListener(): LogListener {
    return {
      begun: (segment) => this.#backlog.begin(segment, this.#store.hasLined),
      ended: (segment) => this.#removeIfSettled(segment),
      kept: (entries) => {
        for (const entry of entries) if (!entry.settled) this.#keep(entry)
      },
      rewrites: (entries, error) =>
        this.#tools.logger.error('the disk did not take what was written: it is written again elsewhere', {
          directory: this.limits.directory,
          requests: entries,
          error,
        }),
      failed: (error) => this.#fail(error),
      recovered: () => this.#recover(),
      freed: (entry) => this.#memory.letGo(entry, 'log'),
    }
  }

  #restore({ segments, entries }: Found): void {
    const { ledger, logger } = this.#tools
    const points = [...segments, ...entries].reduce((sum, each) => sum + each.points, 0)
    for (const entry of entries) this.#memory.count(entry.request?.body.length ?? 0)
    ledger.restored += points
    ledger.queued += points
    ledger.stored += points
    if (points > 0)
      logger.info('data from before the start is sent first', { points, segments: segments.length })
    this.#backlog.restore(segments)
    this.#recover()
  }

  /** An entry is on disk. */
  #keep(entry: Entry): void {
    const { ledger } = this.#tools
    if (!entry.stored) ledger.stored += entry.points
    entry.stored = true
    if (!entry.inFlight) this.#tellKept(entry)
    this.#removeIfSettled(entry.forgetCopy())
    if (!this.#backlog.put(entry)) this.#memory.letGo(entry, 'line')
    else if (!entry.inFlight && !entry.cached && !entry.settled) this.#memory.cache(entry)
  }

  #tellKept(entry: Entry): void {
    if (entry.kept) return
    entry.kept = true
    for (const { intake, points } of entry.request?.shares ?? []) intake.keep(points)
  }

  #giveOut(entry: Entry, request: EncodedRequest, shard: number): EncodedRequest {
    this.#memory.uncache(entry)
    entry.hold('line')
    entry.fly(true)
    const given: EncodedRequest = {
      ...request,
      shard,
      shares: entry.kept ? [{ intake: this.#account, points: entry.points }] : request.shares,
      release: () => this.#memory.letGo(entry, 'line'),
    }
    this.#inFlight.set(given, entry)
    return given
  }

  /** Drops an entry that left its line. */
  #giveUp(entry: Entry, line: ShardLine, reason: string): void {
    if (entry.stored) this.#tools.ledger.stored -= entry.points
    for (const { intake, points } of this.#sharesOf(entry)) intake.drop(points, reason)
    this.#settle(entry, line)
    this.#memory.letGo(entry, 'line')
    this.#memory.letGo(entry, 'log')
  }

  /** Whose points an entry has, as far as they are not settled. */
  #sharesOf(entry: Entry): readonly Share[] {
    if (entry.isCut)
      return [...this.#inFlight].filter(([, whole]) => whole === entry).flatMap(([part]) => part.shares)
    return entry.kept ? [{ intake: this.#account, points: entry.points }] : (entry.request?.shares ?? [])
  }

  #settle(entry: Entry, line: ShardLine): void {
    if (entry.inFlight) entry.fly(false)
    entry.settled = true
    line.advance()
    this.#removeIfSettled(entry.forgetCopy())
    const segment = entry.place?.segment
    if (segment === undefined) return
    // It is written, and would not be written again.
    this.#memory.letGo(entry, 'log')
    if (segment.gone) return
    segment.remove(entry)
    this.#store.touchCursor()
    this.#removeIfSettled(segment)
  }

  #removeIfSettled(segment: Segment | undefined): void {
    if (segment?.sealed !== true || segment.records > 0 || segment.doubtful > 0 || segment.gone) return
    this.#backlog.remove(segment)
    this.#store.remove(segment)
  }

  async #load(segment: Segment): Promise<readonly Entry[] | undefined> {
    const entries = await this.#store.load(segment)
    if (entries === undefined || segment.gone) return entries
    // What was found before, and is not any more.
    const lost = segment.points - entries.reduce((sum, { points }) => sum + points, 0)
    if (lost === 0 && segment.records === entries.length) return entries
    segment.records = entries.length
    segment.points -= lost
    this.#tools.ledger.stored -= lost
    this.#account.drop(lost, 'corrupt')
    this.#removeIfSettled(segment)
    return entries
  }

  #fail(error: unknown): void {
    this.#isFailing = true
    const { whenDiskFails } = this.limits
    this.#expose()
    if (whenDiskFails === 'drop_oldest' && isShortOfSpace(error) && this.#retention.dropOldest()) {
      void this.#store.retry()
      return
    }
    this.#tools.report(error instanceof Error ? error : new Error(String(error)))
  }

  #recover(): void {
    if (!this.#isFailing) return
    this.#isFailing = false
    this.#isExposed = false
    this.#tools.report(undefined)
  }

  /** While the disk cannot be written to, what waits to be written is given out too. */
  #expose(): void {
    if (!this.#store.failing || !this.#backlog.isKnown) return
    // What came from a former process waits for its turn.
    if (!this.#store.pending.every(({ shards }) => shards === this.limits.shards)) return
    this.#isExposed = true
    for (const entry of this.#store.pending) if (!entry.settled) this.#backlog.put(entry)
  }

  #armTick(): void {
    this.#cancelTick = this.#tools.clock.after(tickMs, () => {
      this.#ticking = this.#tick().finally(() => this.#armTick())
    })
  }

  async #tick(): Promise<void> {
    if (!this.#store.isOpen) await this.#openLate()
    await this.#store.tick()
    await this.#retention.expire()
    this.#expose()
    this.#backlog.retry()
    for (const [shard, { first }] of this.#backlog.lines.entries()) {
      if (first !== undefined && first.failures > 0) this.#listener(shard)
    }
  }

  async #openLate(): Promise<void> {
    try {
      this.#restore(await this.#store.open())
    } catch (error) {
      this.#fail(error)
    }
  }
}
