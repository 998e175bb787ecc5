import { writeVarint } from './varint.ts'

/** A block that is no snappy, or says that it is larger than allowed. */
export class SnappyError extends Error {
  override readonly name = 'SnappyError'
}

/** A copy of three bytes stands for 64 at most: no block decompresses to more than this many times its own bytes. */
const maxRatio = 64 / 3

/** What one search covers: within it a distance fits two bytes. */
const windowBytes = 1 << 16
const hashBits = 14

/**
 * Compresses bytes into a block of snappy by searching for repetitions. For what has no structure that is known beforehand;
 * `SeriesWriter` does not search. (google/snappy, format_description.txt)
 */
export function compress(bytes: Uint8Array): Buffer {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const out = Buffer.allocUnsafe(32 + from.length + Math.ceil(from.length / 6))
  const table = new Int32Array(1 << hashBits)
  let at = writeVarint(out, from.length, 0)
  for (let start = 0; start < from.length; start += windowBytes) {
    at = compressWindow(from, start, Math.min(from.length, start + windowBytes), out, at, table)
  }
  return out.subarray(0, at)
}

function compressWindow(
  from: Buffer,
  start: number,
  end: number,
  out: Buffer,
  position: number,
  table: Int32Array,
): number {
  // Positions are kept plus one, so that 0 is none; those of windows before do not count.
  table.fill(0)
  let at = position
  let literal = start
  let next = start
  let misses = 0
  while (next + 4 <= end) {
    const word = from.readInt32LE(next)
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - hashBits)
    const candidate = (table[slot] ?? 0) - 1
    table[slot] = next + 1
    if (candidate < 0 || from.readInt32LE(candidate) !== word) {
      // What does not compress is searched with ever longer steps.
      next += 1 + (misses++ >> 5)
      continue
    }
    misses = 0
    let length = 4
    while (next + length < end && from[candidate + length] === from[next + length]) length++
    at = writeLiteral(out, at, from, literal, next - literal)
    at = writeCopy(out, at, next - candidate, length)
    next += length
    literal = next
  }
  return writeLiteral(out, at, from, literal, end - literal)
}

/**
 * Decompresses a block.
 *
 * @param limit bytes that it may have decompressed
 * @throws {SnappyError}
 */
export function decompress(block: Uint8Array, limit: number): Buffer {
  let at = 0
  let length = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = block[at++]
    if (byte === undefined || at > 5) throw new SnappyError('the block has no length')
    length += (byte & 127) * scale
    if (byte < 128) break
  }
  if (length > limit)
    throw new SnappyError(`the block says that it has ${length} bytes, over the limit of ${limit}`)
  if (length > (block.length - at) * maxRatio)
    throw new SnappyError(
      `the block says that it has ${length} bytes, more than its own ${block.length} can stand for`,
    )
  const out = Buffer.allocUnsafe(length)
  const from = Buffer.from(block.buffer, block.byteOffset, block.length)
  let end = 0
  while (at < from.length) {
    const tag = from[at++] ?? 0
    const kind = tag & 3
    const code = tag >> 2
    if (kind === 0) {
      let size = code + 1
      if (code >= 60) {
        const bytes = code - 59
        if (at + bytes > from.length) throw new SnappyError('the block ends within a literal')
        size = from.readUIntLE(at, bytes) + 1
        at += bytes
      }
      if (size > from.length - at || size > length - end)
        throw new SnappyError('a literal is longer than the block')
      if (size <= 16) for (let index = 0; index < size; index++) out[end + index] = from[at + index] ?? 0
      else from.copy(out, end, at, at + size)
      at += size
      end += size
      continue
    }
    const bytes = kind === 3 ? 4 : kind
    if (at + bytes > from.length) throw new SnappyError('the block ends within a copy')
    const size = kind === 1 ? (code & 7) + 4 : code + 1
    const offset = kind === 1 ? ((tag >> 5) << 8) | (from[at] ?? 0) : from.readUIntLE(at, bytes)
    at += bytes
    if (offset === 0 || offset > end || size > length - end) throw new SnappyError('a copy is out of bounds')
    if (size > offset || size <= 16)
      for (let index = 0; index < size; index++) out[end + index] = out[end + index - offset] ?? 0
    else out.copyWithin(end, end - offset, end - offset + size)
    end += size
  }
  if (end !== length) throw new SnappyError(`the block has ${end} bytes and says ${length}`)
  return out
}

/** Writes bytes as literals. @returns the position behind them */
export function writeLiteral(
  bytes: Buffer,
  position: number,
  from: Buffer,
  start: number,
  length: number,
): number {
  let at = position
  for (let done = 0; done < length;) {
    const part = Math.min(length - done, 1 << 16)
    if (part <= 60) bytes[at++] = (part - 1) << 2
    else if (part <= 256) {
      bytes[at++] = 60 << 2
      bytes[at++] = part - 1
    } else {
      bytes[at++] = 61 << 2
      bytes[at++] = (part - 1) & 255
      bytes[at++] = (part - 1) >> 8
    }
    if (part <= 24)
      for (let index = 0; index < part; index++) bytes[at + index] = from[start + done + index] ?? 0
    else from.copy(bytes, at, start + done, start + done + part)
    at += part
    done += part
  }
  return at
}

/** Writes copies of what was `offset` bytes before, decompressed. @returns the position behind them */
export function writeCopy(bytes: Buffer, position: number, offset: number, length: number): number {
  let at = position
  for (let left = length; left > 0;) {
    // The last part has four bytes at least, as the shortest form needs.
    const part = left > 67 ? 64 : left > 64 ? 60 : left
    if (part >= 4 && part <= 11 && offset < 2048) {
      bytes[at++] = 1 | ((part - 4) << 2) | ((offset >> 8) << 5)
      bytes[at++] = offset & 255
    } else if (offset < 65536) {
      bytes[at++] = 2 | ((part - 1) << 2)
      bytes[at++] = offset & 255
      bytes[at++] = offset >> 8
    } else {
      bytes[at++] = 3 | ((part - 1) << 2)
      bytes[at++] = offset & 255
      bytes[at++] = (offset >> 8) & 255
      bytes[at++] = (offset >> 16) & 255
      bytes[at++] = offset >>> 24
    }
    left -= part
  }
  return at
}
