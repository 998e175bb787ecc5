import { longer } from '../byte-table.ts'
import { writeLiteral } from '../snappy.ts'
import type { SymbolTable } from './symbol-table.ts'

/** A plan with more symbols than its first request had, by this factor and so many, has too many that nobody needs. */
const growth = { factor: 1.5, symbols: 64 }

/**
 * The table of symbols of requests that are filled alike, cycle by cycle, written as it grows. A symbol keeps its number as long
 * as the plan lives, whatever comes or goes beside it, so that templates that refer to it fit again.
 */
export class SymbolPlan {
  /** The symbols in the block format of snappy, up to `end`. */
  bytes: Buffer = Buffer.allocUnsafeSlow(1 << 10)
  end = 0
  /** Their length decompressed. */
  raw = 0
  /** By number, of which the first `count` hold. */
  symbols: Int32Array<ArrayBuffer> = new Int32Array(64)
  count = 0
  /** The number of the last request that had it. */
  lastRequest = 0
  /** Whether requests had better begin with another one. */
  isOutgrown = false
  readonly #table: SymbolTable
  /** How many templates refer to it. */
  #templates = 0
  #isOpen = false
  /** How many symbols and samples its first request had. */
  #first: { readonly symbols: number; readonly samples: number } | undefined

  constructor(table: SymbolTable) {
    this.#table = table
  }

  /** It is the table of the request that is filled from now on, with the empty symbol in it at least. */
  open(): void {
    this.#isOpen = true
    if (this.count === 0) this.add(0)
  }

  /** Puts a symbol behind the others. @returns its number */
  add(symbol: number): number {
    const { bytes, offsets, lengths } = this.#table.pieces
    const length = lengths[symbol] ?? 0
    const needed = this.end + length + (length >> 8) + 16
    if (needed > this.bytes.length) {
      const longerBytes = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
      this.bytes.copy(longerBytes, 0, 0, this.end)
      this.bytes = longerBytes
    }
    if (this.count >= this.symbols.length) this.symbols = longer(this.symbols, this.count + 1)
    this.#table.holdText(symbol)
    this.end = writeLiteral(this.bytes, this.end, bytes, offsets[symbol] ?? 0, length)
    this.raw += length
    this.symbols[this.count] = symbol
    return this.count++
  }

  /** The request is done. @returns whether no template refers to it, so that it is empty again */
  close(request: number, samples: number): boolean {
    this.#isOpen = false
    this.lastRequest = request
    if (this.#templates === 0) {
      this.#clear()
      return true
    }
    this.#first ??= { symbols: this.count, samples }
    const { symbols: atFirst, samples: usual } = this.#first
    // With fewer samples most of it may be of no use in its request.
    this.isOutgrown = this.count > atFirst * growth.factor + growth.symbols || samples * 2 < usual
    return false
  }

  /** A template refers to it. */
  join(): void {
    this.#templates++
  }

  /** One does not any more. */
  leave(): void {
    if (--this.#templates === 0 && !this.#isOpen) this.#clear()
  }

  #clear(): void {
    for (let number = 0; number < this.count; number++) this.#table.releaseText(this.symbols[number] ?? 0)
    this.count = 0
    this.end = 0
    this.raw = 0
    this.isOutgrown = false
    this.#first = undefined
  }
}
