/**
 * The bytes of a segment, version 1. Numbers are little-endian; checksums are CRC-32 (zlib).
 *
 *     segment = header record*
 *     header  = magic (8) version (4) checksum of these (4)
 *               marker (8) number (8) created (8) shards (4) checksum of these (4)                48 bytes
 *     record  = marker (8) sequence (8) time (8) shard (2) length of metadata (2)
 *               points (4) length of body (4) checksum of metadata and body (4)
 *               checksum of all these (4)                                                         44 bytes
 *               metadata body
 *
 * The first 16 bytes are the same in every version. The marker is random, differs from segment to segment, and is in the
 * name of the file too: it is how records are found behind damaged ones, and why no bytes that a user sends can pass for one.
 */
import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** The version that is written. */
export const formatVersion = 1

export const segmentHeaderBytes = 48
export const recordHeaderBytes = 44
export const markerBytes = 8

const magic = Buffer.from('WEIRQUE\n', 'latin1')
/** Where the part of the header that depends on the version starts. */
const versionedFrom = 16
const versionedTo = 44

const checksumAt = 36
const headerChecksumAt = 40
const word = 2 ** 32

/** What identifies a segment. */
export interface SegmentIdentity {
  /** Its place among the others: older ones have smaller numbers. */
  readonly number: number
  readonly marker: Buffer
}

/** What the header of a segment says. */
export interface SegmentHeader extends SegmentIdentity {
  /** How many shards requests were spread over when it was written. */
  readonly shards: number
  /** Unix time in milliseconds. */
  readonly createdAt: number
}

/** What is known of a record without its body. */
export interface RecordHeader {
  /** Grows from record to record, over all segments. */
  readonly sequence: number
  readonly shard: number
  /** Unix time in milliseconds when it was put in. */
  readonly enqueuedAt: number
  readonly points: number
  readonly metadataLength: number
  readonly bodyLength: number
  /** Of metadata and body. */
  readonly checksum: number
}

/** What the first bytes of a file make it. */
export type SegmentKind =
  | { readonly kind: 'segment'; readonly header: SegmentHeader }
  /** One that a newer Weir wrote. */
  | { readonly kind: 'future'; readonly version: number }
  | { readonly kind: 'damaged' }

/** A marker that no other segment has. */
export function newMarker(): Buffer {
  return randomBytes(markerBytes)
}

const namePattern = /^(\d{16})-([0-9a-f]{16})\.segment$/

/** The name of a segment's file. */
export function segmentName({ number, marker }: SegmentIdentity): string {
  return `${String(number).padStart(16, '0')}-${marker.toString('hex')}.segment`
}

/** What the name of a file says; undefined where it is none of a segment. */
export function parseSegmentName(name: string): SegmentIdentity | undefined {
  const [, number, marker] = namePattern.exec(name) ?? []
  if (number === undefined || marker === undefined) return undefined
  return { number: Number(number), marker: Buffer.from(marker, 'hex') }
}

export function encodeSegmentHeader({ number, marker, shards, createdAt }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes)
  magic.copy(bytes)
  bytes.writeUInt32LE(formatVersion, 8)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12)
  marker.copy(bytes, versionedFrom)
  writeInteger(bytes, number, 24)
  writeInteger(bytes, createdAt, 32)
  bytes.writeUInt32LE(shards, 40)
  bytes.writeUInt32LE(crc32(bytes.subarray(versionedFrom, versionedTo)), versionedTo)
  return bytes
}

/** Reads the first bytes of a file. */
export function decodeSegmentHeader(bytes: Buffer): SegmentKind {
  const isOurs =
    bytes.length >= versionedFrom &&
    bytes.subarray(0, magic.length).equals(magic) &&
    bytes.readUInt32LE(12) === crc32(bytes.subarray(0, 12))
  if (!isOurs) return { kind: 'damaged' }
  const version = bytes.readUInt32LE(8)
  if (version > formatVersion) return { kind: 'future', version }
  const isWhole =
    bytes.length >= segmentHeaderBytes &&
    bytes.readUInt32LE(versionedTo) === crc32(bytes.subarray(versionedFrom, versionedTo))
  if (!isWhole) return { kind: 'damaged' }
  return {
    kind: 'segment',
    header: {
      marker: Buffer.from(bytes.subarray(versionedFrom, versionedFrom + markerBytes)),
      number: readInteger(bytes, 24),
      createdAt: readInteger(bytes, 32),
      shards: bytes.readUInt32LE(40),
    },
  }
}

/** The header of a record, with the metadata behind it, and the checksum in it; the body follows. */
export function encodeRecordHead(
  marker: Buffer,
  record: Pick<RecordHeader, 'sequence' | 'shard' | 'enqueuedAt' | 'points'>,
  metadata: Buffer,
  body: Buffer,
): { readonly head: Buffer; readonly checksum: number } {
  const checksum = crc32(body, crc32(metadata))
  const bytes = Buffer.allocUnsafe(recordHeaderBytes + metadata.length)
  marker.copy(bytes)
  writeInteger(bytes, record.sequence, 8)
  writeInteger(bytes, record.enqueuedAt, 16)
  bytes.writeUInt16LE(record.shard, 24)
  bytes.writeUInt16LE(metadata.length, 26)
  bytes.writeUInt32LE(record.points, 28)
  bytes.writeUInt32LE(body.length, 32)
  bytes.writeUInt32LE(checksum, checksumAt)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, headerChecksumAt)), headerChecksumAt)
  metadata.copy(bytes, recordHeaderBytes)
  return { head: bytes, checksum }
}

/** Reads the header of a record; undefined where there is none. */
export function decodeRecordHeader(bytes: Buffer, at: number, marker: Buffer): RecordHeader | undefined {
  if (at + recordHeaderBytes > bytes.length) return undefined
  if (bytes.compare(marker, 0, markerBytes, at, at + markerBytes) !== 0) return undefined
  const end = at + headerChecksumAt
  if (bytes.readUInt32LE(end) !== crc32(bytes.subarray(at, end))) return undefined
  return {
    sequence: readInteger(bytes, at + 8),
    enqueuedAt: readInteger(bytes, at + 16),
    shard: bytes.readUInt16LE(at + 24),
    metadataLength: bytes.readUInt16LE(at + 26),
    points: bytes.readUInt32LE(at + 28),
    bodyLength: bytes.readUInt32LE(at + 32),
    checksum: bytes.readUInt32LE(at + checksumAt),
  }
}

/** The bytes of a whole record. */
export function recordBytes({
  metadataLength,
  bodyLength,
}: Pick<RecordHeader, 'metadataLength' | 'bodyLength'>): number {
  return recordHeaderBytes + metadataLength + bodyLength
}

/** A whole number below 2^53, in 8 bytes. */
function writeInteger(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % word, at)
  bytes.writeUInt32LE(Math.floor(value / word), at + 4)
}

function readInteger(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * word
}
