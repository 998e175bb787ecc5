const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Bytes of one object at most. The API server itself takes none beyond 3 MiB; others than etcd may be larger. */
const objectLimit = 32 * 1_048_576

/**
 * Cuts JSON objects out of bytes that come in pieces, wherever the pieces end. It counts brackets and knows strings; whether
 * the rest is JSON is found when an object is parsed.
 */
export class ObjectSplitter {
  readonly #limit: number
  #depth = 0
  #inString = false
  #escaped = false
  /** Pieces of an object that has begun in an earlier piece. */
  #pieces: Buffer[] = []
  #bytes = 0

  /** @param limit bytes of one object at most */
  constructor(limit = objectLimit) {
    this.#limit = limit
  }

  /** Whether an object has begun and not ended. */
  get inside(): boolean {
    return this.#depth > 0
  }

  /**
   * Reads on in an object, whose first byte is the first that it gets.
   *
   * @param found takes the text of the object
   * @returns where it ended, or `to`
   * @throws {Error} for an object beyond the limit
   */
  read(buffer: Buffer, from: number, to: number, found: (text: string) => void): number {
    const end = this.#end(buffer, from, to)
    this.#bytes += (end === 0 ? to : end) - from
    if (this.#bytes > this.#limit)
      throw new Error(`an object from the API server has more than ${this.#limit / 1_048_576} MiB`)
    if (end === 0) {
      this.#pieces.push(Buffer.from(buffer.subarray(from, to)))
      return to
    }
    const text =
      this.#pieces.length === 0
        ? buffer.toString('utf8', from, end)
        : Buffer.concat([...this.#pieces, buffer.subarray(from, end)]).toString('utf8')
    this.#pieces = []
    this.#bytes = 0
    found(text)
    return end
  }

  /** The position after the byte that ends the object, 0 where it does not end here. A hot loop: plain variables. */
  #end(buffer: Buffer, from: number, to: number): number {
    let depth = this.#depth
    let inString = this.#inString
    let escaped = this.#escaped
    let end = 0
    for (let at = from; at < to; at++) {
      const byte = buffer[at]
      if (inString) {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) inString = false
      } else if (byte === quote) inString = true
      else if (byte === openBrace || byte === openBracket) depth++
      else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) {
        end = at + 1
        break
      }
    }
    this.#depth = depth
    this.#inString = inString
    this.#escaped = escaped
    return end
  }
}
