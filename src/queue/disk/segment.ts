import type { Entry } from './entry.ts'
import { segmentHeaderBytes, segmentName, type SegmentIdentity } from './segment-format.ts'

/** A file of records, and what of it is not settled. */
export class Segment implements SegmentIdentity {
  readonly number: number
  readonly marker: Buffer
  readonly name: string
  /** How many shards requests were spread over when it was written. */
  readonly shards: number
  /** The length of the file. */
  bytes = segmentHeaderBytes
  /** Records that are not settled, those in flight included. */
  records = 0
  /** Their data points. */
  points = 0
  /** Of them, those in flight. */
  inFlightPoints = 0
  /** The sequence of its last record. */
  lastSequence = 0
  /** Unix time in milliseconds of its oldest and of its newest record. */
  oldest = Infinity
  newest = -Infinity
  /** Whether nothing is written to it any more. */
  sealed = false
  /** Whether it was given up whole, or is settled: its file goes away. */
  gone = false
  /** By shard, the sequence up to which records are settled. */
  readonly settled = new Map<number, number>()
  /** Records that were written again to a later segment, which counts. */
  superseded: ReadonlySet<number> = new Set()

  constructor({ number, marker }: SegmentIdentity, shards: number) {
    this.number = number
    this.marker = marker
    this.name = segmentName({ number, marker })
    this.shards = shards
  }

  /** Whether a record of it is settled. */
  hasSettled(shard: number, sequence: number): boolean {
    return sequence <= (this.settled.get(shard) ?? -1)
  }

  /** Counts a record that it holds. */
  add({ points, sequence, enqueuedAt }: Pick<Entry, 'points' | 'sequence' | 'enqueuedAt'>): void {
    this.records++
    this.points += points
    this.lastSequence = Math.max(this.lastSequence, sequence)
    this.oldest = Math.min(this.oldest, enqueuedAt)
    this.newest = Math.max(this.newest, enqueuedAt)
  }

  /** Counts a record less: it is settled, or held elsewhere. */
  remove({ points }: Pick<Entry, 'points'>): void {
    this.records--
    this.points -= points
  }
}
