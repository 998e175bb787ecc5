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

/** Who needs the request of an entry in memory. */
export type Holder = 'log' | 'line'

/** A request of the queue: in memory, on disk, or both. */
export class Entry {
  readonly sequence: number
  /** The shard it was put into; another number of shards may be there today. */
  readonly shard: number
  readonly points: number
  /** Unix time in milliseconds. */
  readonly enqueuedAt: number
  /** Where it is on disk; undefined while it is in memory only. */
  place: Place | undefined
  request: EncodedRequest | undefined
  /** Whether it was given to the sender, and is not back or settled. */
  inFlight = false
  settled = false
  /** Whether who brought it knows that it is kept. */
  kept = false
  /** The one behind it in its line. */
  next: Entry | undefined
  readonly #holders = new Set<Holder>()

  constructor(
    record: Pick<PlacedRecord, 'sequence' | 'shard' | 'points' | 'enqueuedAt'>,
    request?: EncodedRequest,
  ) {
    this.sequence = record.sequence
    this.shard = record.shard
    this.points = record.points
    this.enqueuedAt = record.enqueuedAt
    this.request = request
  }

  /** An entry that is on disk only. */
  static onDisk(record: PlacedRecord, segment: Segment): Entry {
    const entry = new Entry(record)
    entry.place = { ...record, segment }
    entry.kept = true
    return entry
  }

  /** It is on disk from now on. */
  putTo(place: Place): void {
    this.place = place
    place.segment.add(this)
    if (this.inFlight) place.segment.inFlightPoints += this.points
  }

  /** It is no longer on disk, or does not count there any more. */
  takeFromDisk(): void {
    const segment = this.place?.segment
    if (segment === undefined) return
    segment.remove(this)
    if (this.inFlight) segment.inFlightPoints -= this.points
    this.place = undefined
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
