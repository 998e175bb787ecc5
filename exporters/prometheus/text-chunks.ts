import { numberTextLength, writeNumber } from '#src/text/number-text.ts'
import type { ChunkPool } from './chunk-pool.ts'

const newline = 0x0a

/**
 * Text that is written into chunks. Texts are `byteText`s. `buffer` and `position` are open, because the loop over the
 * rows of a family keeps them in locals: half of its time would be spent in calls else.
 */
export class TextChunks {
  readonly #pool: ChunkPool
  readonly #full: Buffer[] = []
  buffer: Buffer
  position = 0

  constructor(pool: ChunkPool) {
    this.#pool = pool
    this.buffer = pool.take(0)
  }

  /** Whether there is a chunk to take. */
  get full(): boolean {
    return this.#full.length > 0
  }

  /** Sees to it that so many bytes fit behind `position`. */
  reserve(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return
    this.#cut()
    this.buffer = this.#pool.take(bytes)
  }

  text(text: string): void {
    this.reserve(text.length)
    this.position += this.buffer.write(text, this.position, 'latin1')
  }

  number(value: number): void {
    this.reserve(numberTextLength)
    this.position = writeNumber(this.buffer, value, this.position)
  }

  endLine(): void {
    this.reserve(1)
    this.buffer[this.position++] = newline
  }

  /** The oldest chunk that is full. */
  shift(): Buffer | undefined {
    return this.#full.shift()
  }

  /** Ends the text: what is left becomes the last chunk. */
  finish(): void {
    if (this.position === 0) this.#pool.give(this.buffer)
    else this.#cut()
  }

  #cut(): void {
    if (this.position > 0) this.#full.push(this.buffer.subarray(0, this.position))
    else this.#pool.give(this.buffer)
    this.position = 0
  }
}
