import { join } from 'node:path'
import type { QueueFileSystem } from './file-system.ts'
import { scanSegment, type PlacedRecord } from './segment-scan.ts'
import type { Segment } from './segment.ts'

/** The sequences that a segment has, from the first to the last. */
interface Range {
  readonly segment: Segment
  readonly first: number
  readonly last: number
}

/**
 * Finds records that were written again to a later segment, because a sync failed: there the later ones count, if they are
 * intact. Else no two segments have the same sequences.
 */
export class LaterRecords {
  readonly #files: QueueFileSystem
  readonly #directory: string
  readonly #ranges: Range[] = []

  constructor(files: QueueFileSystem, directory: string) {
    this.#files = files
    this.#directory = directory
  }

  /**
   * Compares a segment with later ones; it is called with the newest first. What they have too is superseded. What they were to
   * have, and have not, since the process ended before, is returned.
   */
  async compare(segment: Segment, records: readonly PlacedRecord[]): Promise<PlacedRecord[]> {
    const first = records[0]?.sequence
    const last = records.at(-1)?.sequence
    if (first === undefined || last === undefined) return []
    const overlapping = this.#ranges.filter((range) => range.first <= last && range.last >= first)
    this.#ranges.push({ segment, first, last })
    if (overlapping.length === 0) return []
    const later = await this.#intactIn(overlapping)
    const begin = Math.min(...overlapping.map((range) => range.first))
    const end = Math.max(-1, ...later)
    const again = records.filter(({ sequence }) => sequence >= begin)
    // A loss of power can tear a hole between records that were not synced: what fell into it would come out of order.
    const isKnown = ({ sequence }: PlacedRecord): boolean => later.has(sequence) || sequence < end
    for (const record of again) if (isKnown(record)) segment.superseded.add(record.sequence)
    return again.filter((record) => !isKnown(record))
  }

  async #intactIn(ranges: readonly Range[]): Promise<Set<number>> {
    const sequences = new Set<number>()
    for (const { segment } of ranges) {
      const file = await this.#files.open(join(this.#directory, segment.name), 'read')
      try {
        const { records } = await scanSegment(file, segment.bytes, segment.marker, true)
        for (const { sequence } of records) sequences.add(sequence)
      } finally {
        await file.close().catch(() => undefined)
      }
    }
    return sequences
  }
}
