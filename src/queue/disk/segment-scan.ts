import { crc32 } from 'node:zlib'
import { FileWindow } from './file-window.ts'
import type { QueueFile } from './file-system.ts'
import {
  decodeRecordHeader,
  markerBytes,
  recordBytes,
  recordHeaderBytes,
  segmentHeaderBytes,
  type RecordHeader,
} from './segment-format.ts'

/** A record, and where it starts in its segment. */
export interface PlacedRecord extends RecordHeader {
  readonly offset: number
}

/** Bytes of a segment that cannot be read as what they were. */
export interface Damage {
  readonly offset: number
  readonly length: number
  readonly reason: 'header' | 'checksum'
  /** How many data points it was, where that can still be read. */
  readonly points: number | undefined
}

/** What is in a segment. */
export interface SegmentScan {
  readonly records: readonly PlacedRecord[]
  readonly damages: readonly Damage[]
  /** The end of the last thing that is whole or damaged: what is behind it was never written to its end. */
  readonly end: number
}

/**
 * Finds the records of a segment by reading it from its begin: no index is needed. Damage costs the records that it touches
 * and no others, since each one starts with the marker, and its header has a checksum of its own.
 *
 * @param bytes the length of the file
 * @param verifies whether bodies are checked too; else only headers are read
 */
export async function scanSegment(
  file: QueueFile,
  bytes: number,
  marker: Buffer,
  verifies: boolean,
): Promise<SegmentScan> {
  const window = new FileWindow(file, bytes)
  const records: PlacedRecord[] = []
  const damages: Damage[] = []
  let at = Math.min(segmentHeaderBytes, bytes)
  while (at < bytes) {
    const header = decodeRecordHeader(await window.at(at, recordHeaderBytes), 0, marker)
    if (header === undefined) {
      const next = await nextRecord(window, at + 1, marker)
      if (next === undefined && (await isCutOff(window, at, marker))) break
      const end = next ?? bytes
      damages.push({ offset: at, length: end - at, reason: 'header', points: undefined })
      at = end
      continue
    }
    const length = recordBytes(header)
    if (at + length > bytes) break
    if (verifies && !(await isIntact(window, at, header)))
      damages.push({ offset: at, length, reason: 'checksum', points: header.points })
    else records.push({ ...header, offset: at })
    at += length
  }
  return { records, damages, end: at }
}

/** Whether metadata and body are what they were. */
async function isIntact(window: FileWindow, at: number, header: RecordHeader): Promise<boolean> {
  let checksum = 0
  const end = at + recordBytes(header)
  for (let from = at + recordHeaderBytes; from < end;) {
    const chunk = await window.at(from, end - from)
    if (chunk.length === 0) return false
    checksum = crc32(chunk, checksum)
    from += chunk.length
  }
  return checksum === header.checksum
}

/** Where the first record from a position on starts. */
async function nextRecord(window: FileWindow, from: number, marker: Buffer): Promise<number | undefined> {
  for (let start = from; ;) {
    const chunk = await window.at(start, FileWindow.size)
    if (chunk.length < recordHeaderBytes) return undefined
    const found = chunk.indexOf(marker)
    if (found < 0) {
      // A marker may go on in the next chunk.
      start += chunk.length - markerBytes + 1
      continue
    }
    const header = await window.at(start + found, recordHeaderBytes)
    if (decodeRecordHeader(header, 0, marker) !== undefined) return start + found
    start += found + 1
  }
}

/** Whether the end of the file is the begin of a header, and so of a write that never came to its end. */
async function isCutOff(window: FileWindow, at: number, marker: Buffer): Promise<boolean> {
  const rest = await window.at(at, recordHeaderBytes)
  const length = Math.min(rest.length, markerBytes)
  return rest.length < recordHeaderBytes && rest.compare(marker, 0, length, 0, length) === 0
}
