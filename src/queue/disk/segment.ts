import type { Entry } from './entry.ts'
import { segmentHeaderBytes, segmentName, type SegmentIdentity } from './segment-format.ts'

/** A file of records, and what of it is not settled. */
export class Segment implements SegmentIdentity {
  readonly number: number
  readonly marker: Buffer
  readonly name: string
  /** How many shards requests were spread over when it was written; 0 where that is not known. */
  readonly shards: number
  /** The length of the file. */
  bytes = segmentHeaderBytes
  /** Records that are not settled, those in flight included. */
  records = 0
  /** Their data points. */
  points = 0
  /** Of them, those in flight. */
  inFlightPoints = 0
  /** Records that are to be written again elsewhere, since nobody knows whether the disk has them. */
  doubtful = 0
  /** The sequence of its last record. */
  lastSequence = 0
  /** Unix time in milliseconds of its oldest and of its newest record. */
  oldest = Infinity
  newest = -Infinity
  /** Whether nothing is written to it any more. */
  sealed = false
  /** Whether its entries are in lines. */
  isWarm = false
  /** Whether it was given up whole, or is settled: its file goes away. */
  gone = false
  /** By shard, the sequence up to which records are settled. */
  readonly settled = new Map<number, number>()
  /** Records that were written again to a later segment, which counts. */
  readonly superseded = new Set<number>()

  /** @param name the file's, where it is not the usual one */
  constructor(identity: SegmentIdentity, shards: number, name = segmentName(identity)) {
    this.number = identity.number
    this.marker = identity.marker
    this.name = name
    this.shards = shards
  }

  /** Whether a record of it is still to be sent. */
  isOpen({ sequence, shard }: Pick<Entry, 'sequence' | 'shard'>): boolean {
    return !this.superseded.has(sequence) && sequence > (this.settled.get(shard) ?? -1)
  }

  /** Counts a record that was found in it. */
  restore(record: Pick<Entry, 'points' | 'sequence' | 'shard' | 'enqueuedAt'>): void {
    this.lastSequence = Math.max(this.lastSequence, record.sequence)
    if (this.isOpen(record)) this.add(record)
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
