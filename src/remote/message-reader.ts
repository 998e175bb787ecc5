/** A message of protobuf that ends too soon, or has a field of no known wire type. */
export class MessageError extends Error {
  override readonly name = 'MessageError'
}

/** The wire types of protobuf that are in use. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/**
 * Reads a message of protobuf field by field. After `next` the field's number, and where what it holds begins and ends, are
 * known; of a varint its value, as far as it fits 53 bits.
 */
export class MessageReader {
  readonly bytes: Buffer
  /** The number of the field. */
  field = 0
  wireType = 0
  /** Where the field begins, its tag included, and where what it holds begins and ends. */
  fieldFrom = 0
  from = 0
  end = 0
  /** Of a varint: its value. */
  value = 0
  #at: number
  readonly #end: number

  constructor(bytes: Buffer, from = 0, end = bytes.length) {
    this.bytes = bytes
    this.#at = from
    this.#end = end
  }

  /** Goes to the next field. @returns whether there is one; throws a `MessageError` where it is broken */
  next(): boolean {
    if (this.#at >= this.#end) return false
    this.fieldFrom = this.#at
    const tag = this.#varint()
    this.field = Math.floor(tag / 8)
    this.wireType = tag % 8
    this.from = this.#at
    if (this.wireType === wireTypes.varint) this.value = this.#varint()
    else if (this.wireType === wireTypes.bytes) {
      const length = this.#varint()
      this.from = this.#at
      this.#at += length
    } else if (this.wireType === wireTypes.fixed64) this.#at += 8
    else if (this.wireType === wireTypes.fixed32) this.#at += 4
    else throw new MessageError(`a field has the wire type ${this.wireType}`)
    if (this.#at > this.#end) throw new MessageError('a field ends behind its message')
    this.end = this.#at
    return true
  }

  /** The varints that are packed in the field. */
  packed(): number[] {
    const inner = new MessageReader(this.bytes, this.from, this.end)
    const values: number[] = []
    while (inner.#at < inner.#end) values.push(inner.#varint())
    return values
  }

  /** A reader of the message in the field. */
  message(): MessageReader {
    return new MessageReader(this.bytes, this.from, this.end)
  }

  /** The bytes in the field. */
  content(): Buffer {
    return this.bytes.subarray(this.from, this.end)
  }

  /** The bytes of the field, its tag included. */
  whole(): Buffer {
    return this.bytes.subarray(this.fieldFrom, this.end)
  }

  #varint(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.#at < this.#end ? this.bytes[this.#at++] : undefined
      if (byte === undefined) throw new MessageError('the message ends within a varint')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    throw new MessageError('a varint has more than ten bytes')
  }
}
