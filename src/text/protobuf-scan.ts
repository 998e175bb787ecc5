import { ExpositionError, LineMistake } from './exposition-error.ts'
import { viewOf } from './part-table.ts'
import { FamilyReader, type ProtobufOptions } from './protobuf-lines.ts'
import type { ScrapeRows } from './scrape-rows.ts'

/** The largest family, in bytes: a length beyond it is no length. */
const largestFamily = 512 * 1024 * 1024

/** Reads one body of delimited protobuf, `{ length, MetricFamily }` again and again, chunk by chunk. */
export class ProtobufScan {
  readonly #reader: FamilyReader
  /** A family that is not whole yet, its length before it. */
  #carried: Buffer = Buffer.alloc(0)
  #carriedLength = 0
  /** Bytes of families that are finished. */
  #done = 0

  constructor(rows: ScrapeRows, options: ProtobufOptions) {
    this.#reader = new FamilyReader(rows, options)
  }

  begin(): void {
    this.#carried = Buffer.alloc(0)
    this.#carriedLength = 0
    this.#done = 0
  }

  /**
   * Reads the bytes from a position to another. They may be cut anywhere, and nothing of them is kept.
   *
   * @throws ExpositionError
   */
  feed(chunk: Buffer, from: number, to: number): void {
    let at = from
    while (this.#carriedLength > 0 && at < to) at = this.#complete(chunk, at, to)
    if (at < to) at = this.#families(chunk, at, to)
    if (at < to) this.#carry(chunk, at, to)
  }

  /**
   * Ends the body.
   *
   * @throws ExpositionError
   */
  end(): void {
    if (this.#carriedLength > 0) this.#fail('expected the rest of a family', this.#done)
    this.#carried = Buffer.alloc(0)
  }

  /** Adds bytes to the family that is not whole, and reads it once it is. Returns the position behind them. */
  #complete(chunk: Buffer, from: number, to: number): number {
    const header = this.#header(this.#carried, 0, this.#carriedLength)
    // While its length is cut, one byte more may complete it.
    const missing = header === undefined ? 1 : header.end - this.#carriedLength
    const end = Math.min(to, from + missing)
    this.#carry(chunk, from, end)
    if (this.#families(this.#carried, 0, this.#carriedLength) > 0) this.#carriedLength = 0
    return end
  }

  #carry(chunk: Buffer, from: number, to: number): void {
    const length = this.#carriedLength + to - from
    if (length > this.#carried.length) {
      const larger = Buffer.from(new ArrayBuffer(Math.max(1024, length * 2)))
      this.#carried.copy(larger, 0, 0, this.#carriedLength)
      this.#carried = larger
    }
    chunk.copy(this.#carried, this.#carriedLength, from, to)
    this.#carriedLength = length
  }

  /** Reads whole families, and returns the position behind them. */
  #families(bytes: Buffer, from: number, to: number): number {
    const view = viewOf(bytes)
    let at = from
    for (;;) {
      const header = this.#header(bytes, at, to)
      if (header === undefined || header.end > to) return at
      try {
        this.#reader.read(bytes, view, header.start, header.end)
      } catch (error) {
        if (!(error instanceof LineMistake)) throw error
        const { message, code, position, cause } = error
        throw new ExpositionError(code, `byte ${this.#done + Math.max(0, position - at)}: ${message}`, {
          cause,
        })
      }
      this.#done += header.end - at
      at = header.end
    }
  }

  /** Where the family at a position starts and ends; undefined where its length is cut. */
  #header(
    bytes: Buffer,
    at: number,
    to: number,
  ): { readonly start: number; readonly end: number } | undefined {
    let length = 0
    let scale = 1
    for (let start = at; start < to; start++) {
      const byte = bytes[start] ?? 0
      length += (byte & 0x7f) * scale
      if (length > largestFamily || start - at > 9) this.#fail('expected the length of a family', this.#done)
      if (byte < 0x80) return { start: start + 1, end: start + 1 + length }
      scale *= 0x80
    }
    return undefined
  }

  #fail(message: string, at: number): never {
    throw new ExpositionError('syntax', `byte ${at}: ${message}`)
  }
}
