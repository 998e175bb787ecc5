const leastBytes = 1 << 14

/** Dead bytes below this are not worth a compaction. */
const leastDead = 1 << 16

/**
 * Many short pieces of bytes by number, in one buffer, since a Buffer of its own costs 200 bytes each. Who adds a piece
 * removes it; its number is then given to another one.
 */
export class ByteTable {
  /** Where all pieces are; another buffer after it grew or was compacted. */
  bytes: Buffer = Buffer.allocUnsafeSlow(leastBytes)
  /** By number: where a piece begins. */
  offsets: Int32Array<ArrayBuffer> = new Int32Array(256)
  /** By number: how many bytes it has; 0 where there is none. */
  lengths: Int32Array<ArrayBuffer> = new Int32Array(256)
  readonly #free: number[] = []
  #count = 0
  #end = 0
  #dead = 0

  /** The number of pieces. */
  get size(): number {
    return this.#count - this.#free.length
  }

  /**
   * Adds a piece of so many bytes, one at least.
   *
   * @param write writes them into a buffer, at a position
   * @returns its number
   */
  add(length: number, write: (bytes: Buffer, position: number) => void): number {
    const number = this.#free.pop() ?? this.#count++
    if (number >= this.offsets.length) {
      this.offsets = longer(this.offsets, number + 1)
      this.lengths = longer(this.lengths, number + 1)
    }
    if (this.#end + length > this.bytes.length) {
      const live = this.#end - this.#dead
      this.#moveTo(live + Math.max(length, live >> 1))
    }
    write(this.bytes, this.#end)
    this.offsets[number] = this.#end
    this.lengths[number] = length
    this.#end += length
    return number
  }

  remove(number: number): void {
    this.#dead += this.lengths[number] ?? 0
    this.lengths[number] = 0
    this.#free.push(number)
    if (this.#dead > leastDead && this.#dead * 2 > this.#end) this.#moveTo(this.#end - this.#dead)
  }

  /** Copies what lives into a new buffer of so many bytes. */
  #moveTo(size: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(leastBytes, size))
    let end = 0
    for (let number = 0; number < this.#count; number++) {
      const length = this.lengths[number] ?? 0
      if (length === 0) continue
      const from = this.offsets[number] ?? 0
      this.offsets[number] = end
      end += this.bytes.copy(bytes, end, from, from + length)
    }
    this.bytes = bytes
    this.#end = end
    this.#dead = 0
  }
}

/** A longer copy, by a half at least. */
export function longer(array: Int32Array<ArrayBuffer>, least: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(Math.max(least, array.length + (array.length >> 1)))
  copy.set(array)
  return copy
}
