import { join } from 'node:path'
import type { Clock } from '#src/component/clock.ts'
import type { EncodedRequest } from '../request-queue.ts'
import type { Entry } from './entry.ts'
import type { QueueFileSystem } from './file-system.ts'
import { SegmentWriter } from './segment-writer.ts'
import type { Segment } from './segment.ts'

/** When what was written is synced, so that it survives a loss of power. A crash of the process it survives in any case. */
export type SyncPolicy = 'batch' | 'interval' | 'none'

/** How a log writes. */
export interface LogOptions {
  readonly directory: string
  /** A segment that has so many bytes is followed by another. */
  readonly segmentBytes: number
  readonly sync: SyncPolicy
  readonly syncIntervalMs: number
  /** With `interval`: so many bytes are synced at once, since they are in memory until then. */
  readonly maxUnsyncedBytes: number
}

/** Who is told of what happens. */
export interface LogListener {
  /** A segment was begun, behind all others. */
  begun(segment: Segment): void
  /** Nothing is written to a segment any more. */
  ended(segment: Segment): void
  /** Entries are on disk as safely as the policy says; of some it is told again, when they had to be written once more. */
  kept(entries: readonly Entry[]): void
  /** A sync failed: so many entries are written again, to another segment, since nobody knows what the disk has. */
  rewrites(entries: number, error: unknown): void
  /** The disk cannot be written to: entries stay in memory, and are tried again at the next `retry`. */
  failed(error: unknown): void
  /** The disk can be written to again. */
  recovered(): void
  /** The log does not need the request of an entry any more. */
  freed(entry: Entry): void
}

/** What one write has at most, unless one record alone has more. */
const writeBytes = 1 << 22

type Unwritten = readonly [entry: Entry, request: EncodedRequest]

/**
 * Brings entries to disk in their order, many with one write and one sync, while those who put them in go on. One thing is
 * done at a time, in the background.
 */
export class SegmentLog {
  readonly #files: QueueFileSystem
  readonly #clock: Clock
  readonly #options: LogOptions
  readonly #listener: LogListener
  #nextNumber: number
  #nextSequence: number
  /** Entries that wait to be written, the oldest first. */
  #pending: Entry[] = []
  #writer: SegmentWriter | undefined
  /** Whether there is something in its segment, so that others were told. */
  #isBegun = false
  /** Entries that the writer has written and not synced. */
  #unsynced: Entry[] = []
  #unsyncedBytes = 0
  #syncDue = false
  #cancelSync: (() => void) | undefined
  /** Those who wait for the end of a segment. */
  #seals: { readonly segment: Segment; readonly done: () => void }[] = []
  #failing = false
  /** After a failure nothing is tried before the next `retry`. */
  #resting = false
  #isHalted = false
  /** How many syncs in a row failed: the first is answered by writing to another segment at once. */
  #failedSyncs = 0
  #work: Promise<void> | undefined

  /** @param next the number of the first segment that is written, and the sequence of the first entry */
  constructor(
    files: QueueFileSystem,
    clock: Clock,
    options: LogOptions,
    listener: LogListener,
    next: { readonly number: number; readonly sequence: number },
  ) {
    this.#files = files
    this.#clock = clock
    this.#options = options
    this.#listener = listener
    this.#nextNumber = next.number
    this.#nextSequence = next.sequence
  }

  /** Whether the disk could not be written to when it was last tried. */
  get failing(): boolean {
    return this.#failing
  }

  /** Entries that are not on disk, the oldest first. */
  get pending(): readonly Entry[] {
    return this.#pending
  }

  /** Gives up to write; what waits is in memory only, for good. */
  halt(error: unknown): void {
    this.#isHalted = true
    this.#fail(error)
  }

  /** Takes an entry, whose request is in memory. */
  append(entry: Entry): void {
    // One that was on disk before keeps its place in the order.
    if (entry.sequence === 0) entry.sequence = this.#nextSequence++
    this.#pending.push(entry)
    this.#run()
  }

  /** Ends a segment; resolves when all of it can be read. */
  async seal(segment: Segment): Promise<void> {
    if (segment.sealed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#seals.push({ segment, done: resolve })
    this.#run()
    await promise
  }

  /** Tries again what failed. */
  async retry(): Promise<void> {
    this.#resting = this.#isHalted
    this.#run()
    await this.#idle()
  }

  /** Writes and syncs all that it can; returns the entries that could not be brought to disk. */
  async close(): Promise<readonly Entry[]> {
    await this.retry()
    // Where the last sync fails, there is something to write again.
    while (this.#writer !== undefined) {
      await this.seal(this.#writer.segment)
      await this.#idle()
    }
    this.#cancelSync?.()
    return this.#pending.filter(({ settled }) => !settled)
  }

  async #idle(): Promise<void> {
    while (this.#work !== undefined) await this.#work
  }

  #run(): void {
    this.#work ??= this.#workOff().finally(() => {
      this.#work = undefined
      // What came at the last moment saw that work was under way.
      if (this.#hasWork) this.#run()
    })
  }

  get #hasWork(): boolean {
    const toWrite = this.#syncDue || this.#pending.length > 0 || this.#failing
    return this.#seals.length > 0 || (toWrite && !this.#resting)
  }

  async #workOff(): Promise<void> {
    // Whoever brings an entry may bring more of them.
    await Promise.resolve()
    while (this.#hasWork) {
      if (this.#seals.length > 0) await this.#sealAll()
      else if (this.#syncDue) await this.#sync()
      else await this.#commit()
    }
  }

  async #sealAll(): Promise<void> {
    const seals = this.#seals
    this.#seals = []
    if (seals.some(({ segment }) => segment === this.#writer?.segment)) await this.#endWriter()
    for (const { done } of seals) done()
  }

  /** Writes the oldest entries; where there are none, only tries whether it could. */
  async #commit(): Promise<void> {
    // What failed is tried on a new file: on a full disk there may be room in the last block of the old one.
    const shards = this.#pending[0]?.shards ?? this.#writer?.segment.shards ?? 0
    const isOver = this.#failing || this.#writer?.segment.shards !== shards
    // It comes first: where its sync fails, what it had is written again before what waits.
    if (isOver) await this.#endWriter()
    if (this.#resting) return
    const batch = this.#takeBatch(shards)
    if (batch.length === 0 && !this.#failing) return
    try {
      await this.#write(batch, shards)
    } catch (error) {
      this.#pending.unshift(...batch.map(([entry]) => entry))
      await this.#writer?.cutBack().catch(() => undefined)
      await this.#endWriter()
      this.#fail(error)
      return
    }
    this.#unsynced.push(...batch.map(([entry]) => entry))
    for (const [, { body }] of batch) this.#unsyncedBytes += body.length
    const { sync } = this.#options
    if (sync === 'none') this.#letGoUnsynced()
    else if (sync === 'batch' && !(await this.#sync())) return
    else if (sync === 'interval') this.#armSync()
    this.#recover()
    this.#listener.kept(batch.map(([entry]) => entry))
    // At once: one that is settled goes only when nothing more is written to it, and a full queue may take nothing more.
    if ((this.#writer?.end ?? 0) >= this.#options.segmentBytes) await this.#endWriter()
  }

  /** The oldest entries, as many as go into one write; those that were settled meanwhile are not written. */
  #takeBatch(shards: number): Unwritten[] {
    const batch: Unwritten[] = []
    const most = Math.min(writeBytes, this.#options.segmentBytes)
    let bytes = 0
    let taken = 0
    for (const entry of this.#pending) {
      const { request, settled } = entry
      if (!settled && request !== undefined) {
        const isTooMuch = batch.length > 0 && bytes + request.body.length > most
        if (isTooMuch || entry.shards !== shards) break
        bytes += request.body.length
        batch.push([entry, request])
      } else {
        this.#listener.freed(entry)
      }
      taken++
    }
    this.#pending.splice(0, taken)
    return batch
  }

  async #write(batch: readonly Unwritten[], shards: number): Promise<void> {
    const writer = this.#writer ?? (await this.#begin(shards))
    await writer.append(batch)
    if (this.#isBegun) return
    this.#isBegun = true
    this.#listener.begun(writer.segment)
  }

  async #begin(shards: number): Promise<SegmentWriter> {
    const { directory } = this.#options
    const number = this.#nextNumber++
    const description = { number, shards, createdAt: this.#clock.now() }
    this.#writer = await SegmentWriter.create(this.#files, directory, description)
    this.#isBegun = false
    return this.#writer
  }

  #armSync(): void {
    const { maxUnsyncedBytes } = this.#options
    if (this.#unsyncedBytes > maxUnsyncedBytes) this.#forgetSettled()
    if (this.#unsyncedBytes > maxUnsyncedBytes) this.#syncDue = true
    this.#cancelSync ??= this.#clock.after(this.#options.syncIntervalMs, () => {
      this.#cancelSync = undefined
      this.#syncDue = true
      this.#run()
    })
  }

  /** What was settled since it was written would be no loss: it is not synced, and not held for that. */
  #forgetSettled(): void {
    const written = this.#unsynced
    this.#unsynced = []
    this.#unsyncedBytes = 0
    for (const entry of written) {
      if (entry.settled) this.#listener.freed(entry)
      else {
        this.#unsynced.push(entry)
        this.#unsyncedBytes += entry.request?.body.length ?? 0
      }
    }
  }

  /** Whether everything that was written and is not settled is synced now. */
  async #sync(): Promise<boolean> {
    this.#syncDue = false
    const writer = this.#writer
    if (writer === undefined || writer.isSynced) return true
    this.#forgetSettled()
    // While the receiver keeps up, the disk is not forced to anything.
    if (this.#unsynced.length === 0) return true
    try {
      await writer.sync()
    } catch (error) {
      await this.#abandon(writer, error)
      return false
    }
    this.#failedSyncs = 0
    this.#letGoUnsynced()
    return true
  }

  #letGoUnsynced(): void {
    for (const entry of this.#unsynced) this.#listener.freed(entry)
    this.#unsynced = []
    this.#unsyncedBytes = 0
  }

  /** After a sync that failed: its entries are written again elsewhere. */
  async #abandon(writer: SegmentWriter, error: unknown): Promise<void> {
    const again = this.#unsynced.filter(({ settled }) => !settled)
    for (const entry of this.#unsynced) {
      if (entry.settled) this.#listener.freed(entry)
      else entry.doubt()
    }
    this.#unsynced = []
    this.#unsyncedBytes = 0
    this.#pending.unshift(...again)
    writer.giveUpUnsynced()
    await this.#close(writer)
    this.#listener.rewrites(again.length, error)
    if (++this.#failedSyncs > 1) this.#fail(error)
  }

  /** Ends the segment that is written to, if there is one. */
  async #endWriter(): Promise<void> {
    const writer = this.#writer
    if (writer === undefined) return
    const syncs = this.#options.sync !== 'none' && this.#isBegun
    if (syncs && !(await this.#sync())) return
    await this.#close(writer)
  }

  async #close(writer: SegmentWriter): Promise<void> {
    this.#writer = undefined
    const { segment } = writer
    segment.sealed = true
    await writer.close().catch(() => undefined)
    if (this.#isBegun) this.#listener.ended(segment)
    else await this.#files.unlink(join(this.#options.directory, segment.name)).catch(() => undefined)
  }

  #fail(error: unknown): void {
    this.#failing = true
    this.#resting = true
    this.#listener.failed(error)
  }

  #recover(): void {
    if (!this.#failing) return
    this.#failing = false
    this.#listener.recovered()
  }
}
