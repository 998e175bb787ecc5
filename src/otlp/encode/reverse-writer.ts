import { writeVarint } from '#src/remote/varint.ts'
import { writeValue } from '#src/remote/value-bits.ts'

/** The most bytes of a tag, a number or a length. */
const longest = 10

/** Up to this bytes are copied one by one: a call into the runtime costs more than that. */
const longestLoop = 32

/**
 * Writes messages of protobuf from back to front: the length of a message stands before it, and so is known when it is
 * written. Fields and elements come in reverse; a message is closed after all that is in it:
 *
 *     const end = writer.position
 *     writer.double(2, value)
 *     writer.text(1, name)
 *     writer.close(field, end)
 */
export class ReverseWriter {
  /** What was written is at the end, from `start` on. */
  bytes: Buffer
  view: DataView
  start: number

  /** @param size bytes to begin with */
  constructor(size = 1 << 16) {
    this.bytes = Buffer.allocUnsafeSlow(size)
    this.view = new DataView(this.bytes.buffer)
    this.start = size
  }

  /** Bytes written: it stays what it is for a place while the buffer grows in front of it. */
  get position(): number {
    return this.bytes.length - this.start
  }

  /** What was written, until more is. */
  get written(): Buffer {
    return this.bytes.subarray(this.start)
  }

  /** Forgets what was written. */
  clear(): void {
    this.start = this.bytes.length
  }

  /** Ends a message, a text or packed numbers, of which everything since a position is. */
  close(field: number, end: number): void {
    this.#number(this.position - end)
    this.tag(field, 2)
  }

  /** A whole number from 0 on. */
  varint(field: number, value: number): void {
    this.#number(value)
    this.tag(field, 0)
  }

  bool(field: number, value: boolean): void {
    this.varint(field, value ? 1 : 0)
  }

  /** An int64. */
  int64(field: number, value: bigint): void {
    this.unsigned(BigInt.asUintN(64, value))
    this.tag(field, 0)
  }

  /** A sint32. */
  sint32(field: number, value: number): void {
    this.varint(field, ((value << 1) ^ (value >> 31)) >>> 0)
  }

  /** A fixed64 or sfixed64: a whole number below 2^53, or a bigint. */
  fixed64(field: number, value: number | bigint): void {
    this.fixed64Value(value)
    this.tag(field, 1)
  }

  double(field: number, value: number): void {
    this.doubleValue(value)
    this.tag(field, 1)
  }

  text(field: number, value: string): void {
    const length = Buffer.byteLength(value)
    this.reserve(length)
    this.start -= length
    this.bytes.write(value, this.start)
    this.#number(length)
    this.tag(field, 2)
  }

  /** Bytes as a field. */
  data(field: number, value: Uint8Array): void {
    this.raw(value)
    this.#number(value.length)
    this.tag(field, 2)
  }

  /** Whole fields as they are. */
  raw(fields: Uint8Array): void {
    this.reserve(fields.length)
    this.start -= fields.length
    this.bytes.set(fields, this.start)
  }

  /** The number and the wire type of a field, in front of what it holds. */
  tag(field: number, wireType: number): void {
    this.#number(field * 8 + wireType)
  }

  /** Whole fields out of a buffer, as they are. */
  copy(source: Buffer, from: number, to: number): void {
    const length = to - from
    this.reserve(length)
    this.start -= length
    const { bytes, start } = this
    if (length > longestLoop) source.copy(bytes, start, from, to)
    else for (let index = 0; index < length; index++) bytes[start + index] = source[from + index] ?? 0
  }

  /** A double without a tag: one of those that are packed. */
  doubleValue(value: number): void {
    this.reserve(8)
    this.start -= 8
    writeValue(this.view, this.start, value)
  }

  /** A fixed64 without a tag. */
  fixed64Value(value: number | bigint): void {
    this.reserve(8)
    this.start -= 8
    if (typeof value === 'bigint') this.view.setBigUint64(this.start, BigInt.asUintN(64, value), true)
    else {
      this.view.setUint32(this.start, value % 2 ** 32, true)
      this.view.setUint32(this.start + 4, value / 2 ** 32, true)
    }
  }

  /** A varint without a tag, of 64 bits at most. */
  unsigned(value: number | bigint): void {
    if (typeof value === 'number') {
      this.#number(value)
      return
    }
    this.reserve(longest)
    let length = 1
    for (let rest = value; rest >= 128n; rest >>= 7n) length++
    this.start -= length
    let at = this.start
    let rest = value
    for (; rest >= 128n; rest >>= 7n) this.bytes[at++] = Number(rest & 127n) | 128
    this.bytes[at] = Number(rest)
  }

  /** Makes room for so many bytes more. */
  reserve(length: number): void {
    if (length <= this.start) return
    const { position } = this
    const bytes = Buffer.allocUnsafeSlow(Math.max(position + length, this.bytes.length * 2))
    this.bytes.copy(bytes, bytes.length - position, this.start)
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
    this.start = bytes.length - position
  }

  #number(value: number): void {
    this.reserve(longest)
    if (value < 128) {
      this.bytes[--this.start] = value
      return
    }
    let length = 2
    for (let rest = value / 128; rest >= 128; rest /= 128) length++
    this.start -= length
    writeVarint(this.bytes, value, this.start)
  }
}
