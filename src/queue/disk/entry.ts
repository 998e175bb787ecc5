import type { EncodedRequest } from '../request-queue.ts'
import type { PlacedRecord } from './segment-scan.ts'
import type { Segment } from './segment.ts'

/** Where a record is. */
export interface Place {
  readonly segment: Segment
  readonly offset: number
  readonly metadataLength: number
  readonly bodyLength: number
  readonly checksum: number
}

/** Who needs the request of an entry in memory: the log until it is on disk, the line to give it out. */
export type Holder = 'log' | 'line'

/** A request of the queue: in memory, on disk, or both. */
export class Entry {
  /** Its place in the order of all; 0 until it is given one. */
  sequence: number
  /** The shard it was put into, out of so many; another number of shards may be there today. */
  readonly shard: number
  readonly shards: number
  readonly points: number
  /** Unix time in milliseconds. */
  readonly enqueuedAt: number
  /** Where it is on disk; undefined while it is in memory only. */
  place: Place | undefined
  /** Where a copy of it may be, which is to go when there is another one. */
  doubtfulIn: Segment | undefined
  request: EncodedRequest | undefined
  /** Whether it is, or was, in a line. */
  lined = false
  /** The one behind it in its line. */
  next: Entry | undefined
  /** Whether its request is in memory only to spare reading it. */
  cached = false
  /** Whether it is being read. */
  reading = false
  /** How often it could not be read. */
  failures = 0
  /** Why it cannot be given out any more. */
  lost: string | undefined
  /** Whether it was given to the sender, and is not back or settled. */
  inFlight = false
  /** Whether others took the place of its request. */
  isCut = false
  /** Requests that are still to be settled: more than one where it was cut. */
  pieces = 1
  /** Whether its points count as stored. */
  stored = false
  /** Whether those who brought it were told that it is kept. */
  kept = false
  settled = false
  readonly #holders = new Set<Holder>()

  constructor(
    record: Pick<PlacedRecord, 'sequence' | 'shard' | 'points' | 'enqueuedAt'>,
    shards: number,
    request?: EncodedRequest,
  ) {
    this.shards = shards
    this.sequence = record.sequence
    this.shard = record.shard
    this.points = record.points
    this.enqueuedAt = record.enqueuedAt
    this.request = request
  }

  /** An entry that is on disk only. */
  static onDisk(record: PlacedRecord, segment: Segment): Entry {
    const entry = new Entry(record, segment.shards)
    entry.place = { ...record, segment }
    entry.stored = true
    entry.kept = true
    return entry
  }

  /** It is on disk from now on. */
  putTo(place: Place): void {
    this.place = place
    // What was settled while it was written is nothing to wait for.
    if (!this.settled) place.segment.add(this)
    if (this.inFlight) place.segment.inFlightPoints += this.points
  }

  /** Nobody knows whether it is on disk: it does not count there any more. */
  doubt(): void {
    const segment = this.place?.segment
    if (segment === undefined) return
    this.place = undefined
    this.forgetCopy()
    this.doubtfulIn = segment
    segment.doubtful++
    segment.remove(this)
    if (this.inFlight) segment.inFlightPoints -= this.points
  }

  /** The copy that may be elsewhere is not needed any more; returns the segment that it is in. */
  forgetCopy(): Segment | undefined {
    const segment = this.doubtfulIn
    if (segment !== undefined) segment.doubtful--
    this.doubtfulIn = undefined
    return segment
  }

  /** It is given to the sender, or is back. */
  fly(inFlight: boolean): void {
    this.inFlight = inFlight
    const segment = this.place?.segment
    if (segment !== undefined) segment.inFlightPoints += inFlight ? this.points : -this.points
  }

  hold(holder: Holder): void {
    this.#holders.add(holder)
  }

  /** Gives the request's memory back when nobody else needs it; returns how many bytes that are. */
  letGo(holder: Holder): number {
    this.#holders.delete(holder)
    const { request } = this
    if (this.#holders.size > 0 || request === undefined) return 0
    this.request = undefined
    request.release()
    return request.body.length
  }
}
