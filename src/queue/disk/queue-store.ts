import { join } from 'node:path'
import type { Clock } from '#src/component/clock.ts'
import { codeOf } from '#src/host/write-failure.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import { Entry, type Place } from './entry.ts'
import type { QueueFileSystem } from './file-system.ts'
import { takeInventory, type UnfinishedRecord } from './inventory.ts'
import { Quarantine, type QuarantineCounts } from './quarantine.ts'
import { RecordReader, type Memory, type ReadRecord } from './record-reader.ts'
import { recordBytes } from './segment-format.ts'
import { SegmentLog, type LogListener, type SyncPolicy } from './segment-log.ts'
import { SegmentRemoval } from './segment-removal.ts'
import { scanSegment } from './segment-scan.ts'
import type { Segment } from './segment.ts'

/** How a queue is kept on disk. */
export interface StoreOptions {
  readonly directory: string
  readonly maxDiskBytes: number
  /** A segment that has so many bytes is followed by another. */
  readonly segmentBytes: number
  readonly sync: SyncPolicy
  readonly syncIntervalMs: number
  /** What waits in memory to be synced at most. */
  readonly maxUnsyncedBytes: number
}

/** The ownership of a directory. */
export interface Lock {
  /** Shows that the owner lives; false where somebody else has taken the directory. */
  show(): Promise<boolean>
  release(): Promise<void>
}

/** What was found in a directory. */
export interface Found {
  readonly segments: readonly Segment[]
  /** Requests in memory, that are being written. */
  readonly entries: readonly Entry[]
}

/** What a store works with. */
export interface StoreTools {
  readonly files: QueueFileSystem
  readonly clock: Clock
  readonly logger: Logger
  readonly memory: Memory
  /** Takes the directory, once it is there; rejects where somebody else has it. */
  readonly lock: (directory: string) => Promise<Lock>
}

const leastSegmentBytes = 1 << 16
const mostSegmentBytes = 1 << 25
/** How many segments the bytes on disk are spread over: what is evicted at a time is one of them. */
const segmentsAtMost = 32
/** Which part of the bytes on disk the quarantine may have. */
const quarantinePart = 16
/** How often a segment is tried that cannot be read before it is given up. */
const mostFailures = 3

/** The queue on disk: it writes entries, reads them back, and removes what is settled. */
export class QueueStore {
  readonly #options: StoreOptions
  readonly #tools: StoreTools
  readonly #listener: LogListener
  readonly #quarantine: Quarantine
  readonly #reader: RecordReader
  readonly #removal: SegmentRemoval
  readonly #failures = new Map<Segment, number>()
  #log: SegmentLog | undefined
  #lock: Lock | undefined
  /** Entries that came before it was open. */
  #early: Entry[] = []

  /** @param live the segments that there are, whenever it is called */
  constructor(
    options: StoreOptions,
    tools: StoreTools,
    listener: LogListener,
    live: () => Iterable<Segment>,
  ) {
    const { directory, maxDiskBytes, sync } = options
    const { files, logger, memory } = tools
    this.#options = options
    this.#tools = tools
    this.#listener = listener
    this.#quarantine = new Quarantine(files, directory, Math.ceil(maxDiskBytes / quarantinePart), logger)
    this.#reader = new RecordReader(files, directory, memory)
    this.#removal = new SegmentRemoval(files, directory, sync !== 'none', live, logger)
  }

  /** Whether the disk cannot be written to now, or not yet. */
  get failing(): boolean {
    return this.#log?.failing ?? true
  }

  get isOpen(): boolean {
    return this.#log !== undefined
  }

  /** What was found to be damaged since the start. */
  get quarantined(): QuarantineCounts {
    return this.#quarantine.counts
  }

  /** Entries that are not on disk, the oldest first. */
  get pending(): readonly Entry[] {
    return this.#log?.pending ?? this.#early
  }

  /** Whether one of them is in a line. */
  get hasLined(): boolean {
    return this.pending.some(({ lined }) => lined)
  }

  /**
   * Takes possession of the directory, which it makes where there is none.
   *
   * @returns segments with something unsettled, the oldest first, and what is to be written to disk once more
   */
  async open(): Promise<Found> {
    const { directory } = this.#options
    const { files, clock, logger, lock } = this.#tools
    await files.makeDirectory(directory)
    this.#lock = await lock(directory)
    try {
      const syncs = this.#options.sync !== 'none'
      const tools = { files, directory, logger, quarantine: this.#quarantine, syncs }
      const { segments, settled, unfinished, nextNumber, nextSequence } = await takeInventory(tools)
      const least = numberOf(clock)
      const next = { number: Math.max(nextNumber, least), sequence: Math.max(nextSequence, least) }
      this.#log = new SegmentLog(files, clock, this.#options, this.#listener, next)
      for (const segment of settled) this.#removal.remove(segment)
      const entries = await this.#readUnfinished(unfinished)
      for (const entry of entries) this.#log.append(entry)
      for (const entry of this.#early.splice(0)) if (!entry.settled) this.#log.append(entry)
      return { segments, entries }
    } catch (error) {
      await this.#lock.release().catch(() => undefined)
      this.#lock = undefined
      throw error
    }
  }

  /** Reads what is to be written once more; its segment stays until that is done. */
  async #readUnfinished(unfinished: readonly UnfinishedRecord[]): Promise<Entry[]> {
    const entries: Entry[] = []
    for (const { segment, record } of unfinished) {
      const read = await this.read({ ...record, segment })
      if (read === undefined) continue
      const { shard, enqueuedAt } = record
      const { clock } = this.#tools
      const entry = new Entry(record, segment.shards, {
        ...read,
        shard,
        shares: [],
        queuedAt: queuedAt(enqueuedAt, clock),
      })
      entry.stored = true
      entry.kept = true
      entry.doubtfulIn = segment
      segment.doubtful++
      entries.push(entry)
    }
    return entries
  }

  /** Takes an entry to be written. */
  append(entry: Entry): void {
    if (this.#log === undefined) this.#early.push(entry)
    else this.#log.append(entry)
  }

  async seal(segment: Segment): Promise<void> {
    await this.#log?.seal(segment)
  }

  /** Reads which entries of a segment are not settled; undefined where that has to be tried again. */
  async load(segment: Segment): Promise<readonly Entry[] | undefined> {
    try {
      const scan = await this.#reader.use(
        segment,
        async (file) => await scanSegment(file, segment.bytes, segment.marker, false),
      )
      this.#failures.delete(segment)
      return scan.records
        .filter((record) => segment.isOpen(record))
        .map((record) => Entry.onDisk(record, segment))
    } catch (error) {
      const failures = (this.#failures.get(segment) ?? 0) + 1
      this.#failures.set(segment, failures)
      const file = join(this.#options.directory, segment.name)
      this.#tools.logger.error('a segment of the queue cannot be read', { file, failures, error })
      if (failures < mostFailures) return undefined
      this.#failures.delete(segment)
      await this.#quarantine.move(segment.name, segment.bytes, `it cannot be read: ${codeOf(error)}`)
      return []
    }
  }

  /** Reads a record; undefined where it is damaged, and was put into quarantine. */
  async read(place: Place): Promise<ReadRecord | undefined> {
    const record = await this.#reader.read(place)
    if (record !== undefined) return record
    const { segment, offset } = place
    await this.#reader.use(segment, async (file) => {
      await this.#quarantine.copy(
        file,
        segment.name,
        offset,
        recordBytes(place),
        'the checksum of a record is wrong',
      )
    })
    return undefined
  }

  /** Removes a segment that is settled or given up. */
  remove(segment: Segment): void {
    this.#removal.remove(segment)
  }

  /** Notes that something was settled. */
  touchCursor(): void {
    this.#removal.touchCursor()
  }

  /** Once a second: shows that it lives, writes down how far it is settled, and tries again what failed. */
  async tick(): Promise<void> {
    const log = this.#log
    if (log === undefined) return
    const isOwner = await this.#lock?.show().catch(() => true)
    if (isOwner === false) {
      log.halt(
        new Error(`the queue directory was removed, or taken by another process: ${this.#options.directory}`),
      )
      return
    }
    await this.#removal.flush()
    if (log.failing) await log.retry()
  }

  /** Tries at once to write what could not be, after files have gone. */
  async retry(): Promise<void> {
    await this.#removal.flush()
    await this.#log?.retry()
  }

  /** Writes all that it can; returns the entries that are not on disk. */
  async close(): Promise<readonly Entry[]> {
    const left = this.#log === undefined ? this.#early : await this.#log.close()
    return left.filter(({ settled }) => !settled)
  }

  /** Gives the directory free; what is settled by now will not come again. */
  async release(): Promise<void> {
    if (this.#log !== undefined) await this.#removal.flush()
    await this.#reader.close()
    await this.#lock?.release().catch(() => undefined)
  }
}

/** The monotonic time of a time of the wall clock, which a former process may have noted. */
export function queuedAt(enqueuedAt: number, clock: Clock): number {
  return clock.monotonic() - (clock.now() - enqueuedAt)
}

/** The size of segments of a queue that has so many bytes on disk at most. */
export function segmentBytesFor(maxDiskBytes: number): number {
  return Math.min(mostSegmentBytes, Math.max(leastSegmentBytes, Math.ceil(maxDiskBytes / segmentsAtMost)))
}

/**
 * Larger than every number and every sequence of former times, also where no file of then is left: 2^11 a millisecond, which is
 * enough until the year 2109. So a file that comes back after a loss of power is known to be old.
 */
function numberOf(clock: Clock): number {
  return clock.now() * 2 ** 11
}
