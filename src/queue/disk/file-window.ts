import type { QueueFile } from './file-system.ts'

/** Reads a file through a buffer that is used again, for who goes through it from its begin to its end. */
export class FileWindow {
  /** The most bytes that are there at a time. */
  static readonly size = 1 << 16

  readonly #file: QueueFile
  readonly #bytes: number
  readonly #buffer: Buffer
  #start = 0
  #length = 0

  /** @param bytes the length of the file */
  constructor(file: QueueFile, bytes: number) {
    this.#file = file
    this.#bytes = bytes
    this.#buffer = Buffer.allocUnsafe(Math.min(FileWindow.size, bytes))
  }

  /** So many bytes from a position on, or as many as the file has; valid until the next call. */
  async at(position: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, this.#bytes - position, FileWindow.size))
    const end = this.#start + this.#length
    if (position < this.#start || position + wanted > end) await this.#move(position)
    const from = position - this.#start
    return this.#buffer.subarray(from, Math.min(from + wanted, this.#length))
  }

  async #move(position: number): Promise<void> {
    this.#length = 0
    const room = Math.min(this.#buffer.length, this.#bytes - position)
    this.#length = await this.#file.read(this.#buffer.subarray(0, room), position)
    this.#start = position
  }
}
