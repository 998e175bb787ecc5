import { decompress, SnappyError } from './snappy.ts'

/** How a stream of frames begins: a chunk of type 0xff that names the format. */
const beginning = Buffer.from('ff060000734e61507059', 'hex')

/** What a chunk of data may have, decompressed. */
const chunkLimit = 65_536

const chunk = { compressed: 0x00, plain: 0x01, lastReserved: 0x7f, beginning: 0xff } as const

/** Whether bytes are in the framing format of snappy, and not one block. No block begins so: its first element would be a copy. */
export function isFramed(bytes: Buffer): boolean {
  return bytes.length >= beginning.length && bytes.subarray(0, beginning.length).equals(beginning)
}

/**
 * Decompresses a stream of frames (google/snappy, framing_format.txt).
 *
 * @param limit bytes that it may have decompressed
 * @throws {SnappyError}
 */
export function decompressFrames(bytes: Buffer, limit: number): Buffer {
  const parts: Buffer[] = []
  let length = 0
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) throw new SnappyError('the stream ends within the head of a chunk')
    const type = bytes[at] ?? 0
    const from = at + 4
    at = from + bytes.readUIntLE(from - 3, 3)
    if (at > bytes.length) throw new SnappyError('the stream ends within a chunk')
    if (type === chunk.compressed || type === chunk.plain) {
      const part = dataOf(type, bytes.subarray(from, at))
      length += part.length
      if (length > limit) throw new SnappyError(`the stream is over the limit of ${limit} bytes`)
      parts.push(part)
    } else if (type <= chunk.lastReserved) throw new SnappyError(`a chunk has the type ${type}`)
  }
  return Buffer.concat(parts, length)
}

function dataOf(type: number, content: Buffer): Buffer {
  if (content.length < 4) throw new SnappyError('a chunk has no checksum')
  const encoded = content.subarray(4)
  const data = type === chunk.compressed ? decompress(encoded, chunkLimit) : encoded
  if (data.length > chunkLimit) throw new SnappyError('a chunk is too large')
  if (masked(crc32c(data)) !== content.readUInt32LE(0))
    throw new SnappyError('a chunk has another checksum than it says')
  return data
}

/** Castagnoli's polynomial, reversed. */
const polynomial = 0x82f6_3b78
const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0)
  return crc
})

/** CRC-32C, which node:zlib has not. */
function crc32c(bytes: Buffer): number {
  let crc = -1
  for (let index = 0; index < bytes.length; index++) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[index] ?? 0)) & 255] ?? 0)
  }
  return ~crc >>> 0
}

/** Checksums are rotated and shifted, since a checksum of what contains checksums is weak. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0
}
