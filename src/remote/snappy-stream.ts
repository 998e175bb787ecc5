import { writeCopy, writeLiteral } from './snappy.ts'

/** The longest literals whose headers have one byte, and two. */
const shortLiteral = 60
const longLiteral = 256

/**
 * Writes a stream of snappy by who knows what repeats: bytes come as literals, or as repetitions of what was written before,
 * by its position decompressed. Literals that follow each other are one, and so are repetitions of what lies together. The
 * stream has no length at its front; as no copy reaches behind its beginning, streams can be joined.
 */
export class SnappyStream {
  /** What was written, up to `end`. */
  bytes: Buffer = Buffer.allocUnsafeSlow(1 << 16)
  view: DataView = new DataView(this.bytes.buffer)
  end = 0
  /** How long it is decompressed. */
  raw = 0
  /** Where the header of the literal is that goes on, -1 where none does, and how many bytes it has. */
  #open = -1
  #header = 1
  /** A repetition that may go on, and is not written yet. */
  #from = 0
  #length = 0

  /** Forgets what was written. */
  begin(): void {
    this.end = 0
    this.raw = 0
    this.#open = -1
    this.#length = 0
  }

  /** Makes room for so many bytes to come, however they are cut into literals and copies. */
  reserve(length: number): void {
    const needed = this.end + length + (length >> 1) + 64
    if (needed <= this.bytes.length) return
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(bytes, 0, 0, this.end)
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
  }

  /** So many bytes that were written at a position. */
  repeat(from: number, length: number): void {
    if (this.#length > 0 && this.#from + this.#length === from) this.#length += length
    else {
      this.finish()
      this.#from = from
      this.#length = length
    }
    this.raw += length
  }

  /** Whether bytes at a position follow those of the repetition that goes on: then repeating them costs next to nothing. */
  goesOnAt(from: number): boolean {
    return this.#length > 0 && this.#from + this.#length === from
  }

  /** Takes so many bytes, 256 at most, which the caller writes. @returns where */
  take(length: number): number {
    if (this.#length > 0) this.#writeCopy()
    const taken = this.#open < 0 ? 0 : this.end - this.#open - this.#header
    if (this.#open < 0 || taken + length > longLiteral) this.#begin(length > shortLiteral ? 2 : 1)
    else if (this.#header === 1 && taken + length > shortLiteral) {
      this.bytes.copyWithin(this.#open + 2, this.#open + 1, this.end)
      this.#header = 2
      this.end++
    }
    return this.#advance(length)
  }

  /** Takes so many bytes, 60 at most, which stay where the caller writes them. The literal ends with them. @returns where */
  takeFixed(length: number): number {
    if (this.#length > 0) this.#writeCopy()
    const taken = this.#open < 0 ? 0 : this.end - this.#open - this.#header
    const fits = this.#header === 1 ? taken + length <= shortLiteral : taken + length <= longLiteral
    if (this.#open < 0 || !fits) this.#begin(1)
    const at = this.#advance(length)
    this.#close()
    return at
  }

  /** Takes bytes from a buffer. */
  append(from: Buffer, start: number, length: number): void {
    if (length > longLiteral) {
      this.finish()
      this.end = writeLiteral(this.bytes, this.end, from, start, length)
      this.raw += length
      return
    }
    const at = this.take(length)
    const { bytes } = this
    if (length < 24) for (let index = 0; index < length; index++) bytes[at + index] = from[start + index] ?? 0
    else from.copy(bytes, at, start, start + length)
  }

  /** Writes what goes on. */
  finish(): void {
    if (this.#length > 0) this.#writeCopy()
    else if (this.#open >= 0) this.#close()
  }

  #advance(length: number): number {
    const at = this.end
    this.end = at + length
    this.raw += length
    return at
  }

  #begin(header: number): void {
    if (this.#open >= 0) this.#close()
    this.#open = this.end
    this.#header = header
    this.end += header
  }

  #close(): void {
    const length = this.end - this.#open - this.#header
    if (this.#header === 1) this.bytes[this.#open] = (length - 1) << 2
    else {
      this.bytes[this.#open] = 60 << 2
      this.bytes[this.#open + 1] = length - 1
    }
    this.#open = -1
  }

  #writeCopy(): void {
    const offset = this.raw - this.#length - this.#from
    this.end = writeCopy(this.bytes, this.end, offset, this.#length)
    this.#length = 0
  }
}
