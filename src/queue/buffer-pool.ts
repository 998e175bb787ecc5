/** The smallest buffer that is handed out. */
const leastBytes = 1 << 12

/**
 * Buffers to use again, by size: 2^n and 3 * 2^(n-1) bytes. Each new one is memory outside of the JavaScript heap, and much
 * of that makes full collections frequent, which is what this saves.
 */
export class BufferPool {
  readonly #idle = new Map<number, Buffer[]>()
  readonly #maxIdleBytes: number
  #idleBytes = 0

  /** @param maxIdleBytes how much is kept for later at most */
  constructor(maxIdleBytes: number) {
    this.#maxIdleBytes = maxIdleBytes
  }

  /** Bytes that wait to be used. */
  get idleBytes(): number {
    return this.#idleBytes
  }

  /** A buffer of at least so many bytes, with anything in it. */
  take(bytes: number): Buffer {
    const size = sizeFor(bytes)
    const buffer = this.#idle.get(size)?.pop()
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size)
    this.#idleBytes -= size
    return buffer
  }

  /** Gives a buffer back, as it was taken; nobody reads or writes it any more. */
  give(buffer: Buffer): void {
    if (this.#idleBytes + buffer.length > this.#maxIdleBytes) return
    this.#idleBytes += buffer.length
    const idle = this.#idle.get(buffer.length)
    if (idle === undefined) this.#idle.set(buffer.length, [buffer])
    else idle.push(buffer)
  }
}

function sizeFor(bytes: number): number {
  if (bytes <= leastBytes) return leastBytes
  const power = 2 ** Math.ceil(Math.log2(bytes))
  const between = power * 0.75
  return bytes <= between ? between : power
}
