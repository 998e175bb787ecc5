import { writeNumber, numberTextLength } from './number-text.ts'

/** The most bytes of UTF-8 that one UTF-16 unit takes. */
const bytesPerUnit = 3

/** Up to this a text is copied here, unit by unit: a call into the runtime costs more than that. */
const shortText = 16

/**
 * Writes JSON into a buffer that grows, piece by piece. What is the same each time is written as ready-made text; so
 * a writer knows nothing of commas and brackets, its caller does.
 */
export class JsonWriter {
  #buffer: Buffer
  #position = 0

  /** @param size bytes to start with */
  constructor(size = 64 * 1024) {
    this.#buffer = Buffer.allocUnsafeSlow(size)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#position
  }

  /** Writes text as it is: it must be JSON. */
  raw(text: string): void {
    const { length } = text
    this.#reserve(length * bytesPerUnit)
    const buffer = this.#buffer
    const position = this.#position
    let index = 0
    if (length <= shortText) {
      for (; index < length; index++) {
        const unit = text.charCodeAt(index)
        if (unit > 0x7f) break
        buffer[position + index] = unit
      }
    }
    this.#position += index === length ? length : buffer.write(text, position)
  }

  /**
   * Writes a double by its shortest decimal; NaN and the infinities as the strings `"NaN"`, `"Infinity"` and
   * `"-Infinity"`, as the JSON mapping of protobuf has them.
   */
  number(value: number): void {
    if (!Number.isFinite(value)) {
      this.raw(`"${value}"`)
      return
    }
    this.#reserve(numberTextLength)
    this.#position = writeNumber(this.#buffer, value, this.#position)
  }

  /** Writes a whole number by its digits, however many. */
  integer(value: number | bigint): void {
    if (typeof value === 'number') this.number(value)
    else this.raw(String(value))
  }

  /** Forgets what was written. */
  clear(): void {
    this.#position = 0
  }

  /** What was written, as a buffer of its own; the writer starts anew. */
  take(): Buffer {
    const taken = Buffer.from(this.#buffer.subarray(0, this.#position))
    this.#position = 0
    return taken
  }

  #reserve(bytes: number): void {
    const needed = this.#position + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#position)
    this.#buffer = larger
  }
}
