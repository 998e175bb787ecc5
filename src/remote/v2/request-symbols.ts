import { longer } from '../byte-table.ts'
import { writeLiteral } from '../snappy.ts'
import type { SymbolListener, SymbolTable } from './symbol-table.ts'

/** Symbols that encoded series brought into a request's table. */
export interface SymbolsAdded {
  /** The state of the table before and after: states with one number are the same table. */
  readonly before: number
  readonly after: number
  readonly symbols: Int32Array
}

/**
 * The table of symbols of the request that is being filled, written as it grows. Templates of series refer to its numbers:
 * a template fits again when the table is in the state in which it was made, which it mostly is, since requests are filled
 * in the same order each time.
 */
export class RequestSymbols implements SymbolListener {
  /** The symbols in the block format of snappy, up to `end`. */
  bytes: Buffer = Buffer.allocUnsafeSlow(1 << 12)
  end = 0
  /** Their length decompressed. */
  raw = 0
  /** Which table this is; the one with only the empty symbol is 0. */
  state = 0
  readonly #table: SymbolTable
  /** By symbol: its number in this request's table plus `#base`; what is below `#base` is of a request before. */
  #marks: Int32Array<ArrayBuffer> = new Int32Array(256)
  #base = 1
  #count = 0
  #states = 0
  /** What was added since `open`. */
  #added: number[] = []
  #before = 0
  /** Symbols that are held for this request alone. */
  #held: number[] = []

  constructor(table: SymbolTable) {
    this.#table = table
    table.listen(this)
    this.reset()
  }

  freed(symbol: number): void {
    if (symbol < this.#marks.length) this.#marks[symbol] = 0
  }

  /** Begins the table of another request, with the empty symbol in it. */
  reset(): void {
    this.#base += this.#count
    if (this.#base > 1_500_000_000) {
      this.#marks.fill(0)
      this.#base = 1
    }
    this.#count = 0
    this.end = 0
    this.raw = 0
    for (const symbol of this.#held.splice(0)) this.#table.releaseText(symbol)
    this.#add(0)
    this.state = 0
  }

  /** From here on it is noted what is added. */
  open(): void {
    this.#before = this.state
    this.#added = []
  }

  /** What was added since it was opened. */
  close(): SymbolsAdded {
    if (this.#added.length > 0) this.state = ++this.#states
    return { before: this.#before, after: this.state, symbols: Int32Array.from(this.#added) }
  }

  /** Adds what was added before, in the same state. */
  repeat({ symbols, after }: SymbolsAdded): void {
    for (const symbol of symbols) this.#add(symbol)
    this.state = after
  }

  /** The number of a symbol in this request's table. */
  indexOf(symbol: number): number {
    const index = (this.#marks[symbol] ?? 0) - this.#base
    if (index >= 0) return index
    this.#added.push(symbol)
    return this.#add(symbol)
  }

  /** The number of a text that nothing else may hold. */
  indexOfText(text: string): number {
    const symbol = this.#table.retainText(text)
    this.#held.push(symbol)
    return this.indexOf(symbol)
  }

  #add(symbol: number): number {
    if (symbol >= this.#marks.length) this.#marks = longer(this.#marks, symbol + 1)
    const { bytes, offsets, lengths } = this.#table.pieces
    const length = lengths[symbol] ?? 0
    const needed = this.end + length + (length >> 8) + 16
    if (needed > this.bytes.length) {
      const longerBytes = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
      this.bytes.copy(longerBytes, 0, 0, this.end)
      this.bytes = longerBytes
    }
    this.end = writeLiteral(this.bytes, this.end, bytes, offsets[symbol] ?? 0, length)
    this.raw += length
    this.#marks[symbol] = this.#base + this.#count
    return this.#count++
  }
}
