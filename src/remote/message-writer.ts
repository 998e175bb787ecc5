import { writeStaleMarker, writeValue } from './value-bits.ts'
import { writeInt64, writeVarint } from './varint.ts'

/** Writes a message of protobuf, field by field: for what is not written often. */
export class MessageWriter {
  #bytes: Buffer = Buffer.allocUnsafe(64)
  #end = 0

  /** The number of bytes so far. */
  get length(): number {
    return this.#end
  }

  /** What was written; the writer is empty afterwards. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#end))
    this.#end = 0
    return taken
  }

  /** A whole number from 0 on. */
  varint(field: number, value: number | bigint): void {
    this.#tag(field, 0)
    this.#unsigned(value)
  }

  /** A whole number of any sign, as an int64. */
  int64(field: number, value: number): void {
    this.#tag(field, 0)
    this.#end = writeInt64(this.#bytes, value, this.#end)
  }

  /** A whole number of any sign, as a sint64. */
  zigzag(field: number, value: number | bigint): void {
    this.#tag(field, 0)
    this.#unsigned(zigzagOf(value))
  }

  double(field: number, value: number): void {
    this.#tag(field, 1)
    writeValue(this.#view(), this.#end, value)
    this.#end += 8
  }

  /** A double that is Prometheus' staleness marker. */
  staleMarker(field: number): void {
    this.#tag(field, 1)
    writeStaleMarker(this.#view(), this.#end)
    this.#end += 8
  }

  /** A text, a message or bytes. */
  bytes(field: number, value: Uint8Array | string): void {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    this.#tag(field, 2)
    this.#unsigned(bytes.length)
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** Whole fields, as they are. */
  raw(fields: Uint8Array): void {
    this.#reserve(fields.length)
    this.#bytes.set(fields, this.#end)
    this.#end += fields.length
  }

  packedVarints(field: number, values: readonly number[]): void {
    const packed = new MessageWriter()
    for (const value of values) packed.#unsigned(value)
    this.bytes(field, packed.take())
  }

  packedZigzags(field: number, values: readonly (number | bigint)[]): void {
    const packed = new MessageWriter()
    for (const value of values) packed.#unsigned(zigzagOf(value))
    this.bytes(field, packed.take())
  }

  packedDoubles(field: number, values: readonly number[]): void {
    const packed = Buffer.allocUnsafe(values.length * 8)
    for (const [index, value] of values.entries()) packed.writeDoubleLE(value, index * 8)
    this.bytes(field, packed)
  }

  #tag(field: number, wireType: number): void {
    this.#reserve(24)
    this.#end = writeVarint(this.#bytes, field * 8 + wireType, this.#end)
  }

  #unsigned(value: number | bigint): void {
    this.#reserve(10)
    if (typeof value === 'number') {
      this.#end = writeVarint(this.#bytes, value, this.#end)
      return
    }
    let rest = BigInt.asUintN(64, value)
    for (; rest >= 128n; rest >>= 7n) this.#bytes[this.#end++] = Number(rest & 127n) | 128
    this.#bytes[this.#end++] = Number(rest)
  }

  #reserve(length: number): void {
    if (this.#end + length <= this.#bytes.length) return
    const bytes = Buffer.allocUnsafe(Math.max(this.#end + length, this.#bytes.length * 2))
    this.#bytes.copy(bytes, 0, 0, this.#end)
    this.#bytes = bytes
  }

  #view(): DataView {
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length)
  }
}

/** Small numbers of either sign as small ones from 0 on. */
function zigzagOf(value: number | bigint): number | bigint {
  if (typeof value === 'number' && Math.abs(value) < 2 ** 51) return value >= 0 ? value * 2 : -value * 2 - 1
  const whole = BigInt(value)
  return BigInt.asUintN(64, (whole << 1n) ^ (whole >> 63n))
}
