/** How large a chunk is, unless one text alone is larger. */
export const chunkSize = 256 * 1024

/**
 * Buffers of one size that go round. A scrape of a large exposition uses a few of them, again and again, so that it
 * leaves no garbage outside of the heap, which would drive full collections.
 */
export class ChunkPool {
  readonly #free: Buffer[] = []
  readonly #limit: number

  /** Keeps this many buffers that nobody uses. */
  constructor(limit = 16) {
    this.#limit = limit
  }

  /** A buffer with room for so many bytes; its content is whatever it was. */
  take(bytes: number): Buffer {
    if (bytes > chunkSize) return Buffer.allocUnsafeSlow(bytes)
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkSize)
  }

  /** Gives back a buffer, or a part of one, that nobody reads any more. */
  give(part: Buffer): void {
    const { buffer } = part
    if (buffer.byteLength === chunkSize && this.#free.length < this.#limit)
      this.#free.push(Buffer.from(buffer))
  }
}
