/** Bytes that are put together from several places, so that they can be looked up as one range. */
export class Scratch {
  bytes = Buffer.allocUnsafeSlow(1024)
  view = new DataView(this.bytes.buffer)
  length = 0

  clear(): void {
    this.length = 0
  }

  /** Appends the bytes between two positions. */
  add(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    from.copy(this.bytes, this.length, start, end)
    this.length += end - start
  }

  /** Appends a number from 0 to 2^32 - 1, in four bytes. */
  addNumber(value: number): void {
    this.#reserve(4)
    this.view.setUint32(this.length, value, true)
    this.length += 4
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const bytes = Buffer.allocUnsafeSlow((this.length + more) * 2)
    this.bytes.copy(bytes, 0, 0, this.length)
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
  }
}
