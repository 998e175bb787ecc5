import { LineMistake } from './exposition-error.ts'

/** Wire types of protobuf. */
const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/**
 * Walks the fields of a protobuf message, in place:
 *
 *     for (let field = message.next(); field !== 0; field = message.next()) {
 *       if (field === 1) name = message.bytes()
 *       else message.skip()
 *     }
 *
 * A field has to be read or skipped before the next. Nested messages share the reader: `enter` and `leave` them.
 *
 * @throws LineMistake for what is no protobuf, from all methods
 */
export class ProtobufMessage {
  buffer: Buffer = Buffer.alloc(0)
  position = 0
  /** Where the range that `range` read begins and ends. */
  from = 0
  to = 0
  #view = new DataView(this.buffer.buffer)
  #end = 0
  #wire = 0

  /** Begins a message that lies between two positions. */
  begin(buffer: Buffer, view: DataView, from: number, to: number): void {
    this.buffer = buffer
    this.#view = view
    this.position = from
    this.#end = to
  }

  /** The number of the next field; 0 at the end of the message. */
  next(): number {
    if (this.position >= this.#end) return 0
    const tag = this.#varint()
    this.#wire = tag & 7
    const field = Math.floor(tag / 8)
    if (field === 0) this.#fail('expected the number of a field')
    return field
  }

  /** Whether the field at hand is a run of bytes: a message, a text, or packed numbers. */
  get isBytes(): boolean {
    return this.#wire === wire.bytes
  }

  /** A range of bytes; its end is where reading goes on. */
  bytes(): { readonly from: number; readonly to: number } {
    this.range()
    return { from: this.from, to: this.to }
  }

  /** The same, told by `from` and `to`, which costs no object. */
  range(): void {
    this.#expect(wire.bytes)
    const length = this.#varint()
    const from = this.position
    if (length > this.#end - from) this.#fail('expected as many bytes as it says')
    this.from = from
    this.to = from + length
    this.position = this.to
  }

  /** Goes into a message; what it returns is handed to `leave`. */
  enter(): { readonly outer: number; readonly end: number } {
    const { from, to } = this.bytes()
    const outer = this.#end
    this.position = from
    this.#end = to
    return { outer, end: to }
  }

  leave({ outer, end }: { readonly outer: number; readonly end: number }): void {
    this.position = end
    this.#end = outer
  }

  /** Goes back to a message, or a field's range, that lies between two positions of the message that was begun. */
  visit(from: number, to: number): void {
    this.position = from
    this.#end = to
  }

  double(): number {
    this.#expect(wire.fixed64)
    return this.#double()
  }

  /** Whether the double that was read last is a staleness marker, whose bits no number of JavaScript keeps. */
  get wasStale(): boolean {
    return (
      this.#view.getUint32(this.position - 8, true) === 2 &&
      this.#view.getUint32(this.position - 4, true) === 0x7ff0_0000
    )
  }

  /** An unsigned number: exact as a bigint beyond 2^53. */
  unsigned(): number | bigint {
    this.#expect(wire.varint)
    return this.#unsigned()
  }

  /** A signed number of 64 bits that is small enough to be exact. */
  signed(): number {
    this.#expect(wire.varint)
    const from = this.position
    const value = this.#varint()
    return value <= Number.MAX_SAFE_INTEGER ? value : Number(BigInt.asIntN(64, this.#big(from)))
  }

  /** A signed number of 64 bits: exact as a bigint beyond 2^53. */
  integer(): number | bigint {
    this.#expect(wire.varint)
    const from = this.position
    const value = this.#varint()
    return value <= Number.MAX_SAFE_INTEGER ? value : narrowed(BigInt.asIntN(64, this.#big(from)))
  }

  boolean(): boolean {
    this.#expect(wire.varint)
    return this.#varint() !== 0
  }

  /** An unsigned number that always has eight bytes: exact as a bigint beyond 2^53. */
  fixed(): number | bigint {
    this.#expect(wire.fixed64)
    return this.#fixed()
  }

  /** The same, signed. */
  signedFixed(): number | bigint {
    this.#expect(wire.fixed64)
    this.#advance(8)
    const high = this.#view.getInt32(this.position - 4, true)
    const value = high * 2 ** 32 + this.#view.getUint32(this.position - 8, true)
    return Number.isSafeInteger(value) ? value : this.#view.getBigInt64(this.position - 8, true)
  }

  /** Where the eight bytes of a number begin, for who reads them otherwise. */
  eightBytes(): number {
    this.#expect(wire.fixed64)
    this.#advance(8)
    return this.position - 8
  }

  /** A number in zigzag coding. */
  zigzag(): number | bigint {
    this.#expect(wire.varint)
    return this.#zigzag()
  }

  /** Appends numbers in zigzag coding, packed or one. */
  zigzags(to: (number | bigint)[]): void {
    if (!this.isBytes) to.push(this.zigzag())
    else this.#packed(() => to.push(this.#zigzag()))
  }

  /** Appends doubles, packed or one. */
  doubles(to: number[]): void {
    if (!this.isBytes) to.push(this.double())
    else this.#packed(() => to.push(this.#double()))
  }

  /** Appends unsigned numbers of eight bytes, packed or one. */
  fixeds(to: (number | bigint)[]): void {
    if (!this.isBytes) to.push(this.fixed())
    else this.#packed(() => to.push(this.#fixed()))
  }

  /** Appends unsigned numbers, packed or one. */
  unsigneds(to: (number | bigint)[]): void {
    if (!this.isBytes) to.push(this.unsigned())
    else this.#packed(() => to.push(this.#unsigned()))
  }

  skip(): void {
    if (this.#wire === wire.varint) this.#varint()
    else if (this.#wire === wire.bytes) this.bytes()
    else if (this.#wire === wire.fixed64) this.#advance(8)
    else if (this.#wire === wire.fixed32) this.#advance(4)
    else this.#fail('expected a type of field that is known')
  }

  #packed(read: () => void): void {
    const nested = this.enter()
    while (this.position < this.#end) read()
    this.leave(nested)
  }

  #unsigned(): number | bigint {
    const from = this.position
    const value = this.#varint()
    return value <= Number.MAX_SAFE_INTEGER ? value : this.#big(from)
  }

  #fixed(): number | bigint {
    this.#advance(8)
    const high = this.#view.getUint32(this.position - 4, true)
    const value = high * 2 ** 32 + this.#view.getUint32(this.position - 8, true)
    return value <= Number.MAX_SAFE_INTEGER ? value : this.#view.getBigUint64(this.position - 8, true)
  }

  #double(): number {
    this.#advance(8)
    return this.#view.getFloat64(this.position - 8, true)
  }

  #zigzag(): number | bigint {
    const from = this.position
    const value = this.#varint()
    if (value <= Number.MAX_SAFE_INTEGER) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    const big = this.#big(from)
    return (big & 1n) === 0n ? big >> 1n : -((big + 1n) >> 1n)
  }

  #advance(bytes: number): void {
    if (bytes > this.#end - this.position) this.#fail('expected more bytes')
    this.position += bytes
  }

  #varint(): number {
    const { buffer } = this
    const end = this.#end
    let at = this.position
    let value = 0
    // What fits small integers is read as such: most numbers are lengths, tags and references.
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= end) this.#failAt(at, 'expected more bytes')
      const byte = buffer[at++] ?? 0
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.position = at
        return value
      }
    }
    for (let scale = 2 ** 28; scale < 2 ** 70; scale *= 0x80) {
      if (at >= end) this.#failAt(at, 'expected more bytes')
      const byte = buffer[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        this.position = at
        return value
      }
    }
    return this.#failAt(at, 'expected a number of at most ten bytes')
  }

  /** The number between a position and this one, exactly. */
  #big(from: number): bigint {
    let value = 0n
    for (let at = this.position - 1; at >= from; at--)
      value = (value << 7n) | BigInt((this.buffer[at] ?? 0) & 0x7f)
    return BigInt.asUintN(64, value)
  }

  #expect(type: number): void {
    if (this.#wire !== type) this.#fail('expected another type of field')
  }

  #fail(message: string): never {
    this.#failAt(this.position, message)
  }

  #failAt(position: number, message: string): never {
    throw new LineMistake(message, position)
  }
}

/** The same number without a bigint where that is exact. */
function narrowed(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
