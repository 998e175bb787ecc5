import { longer } from '../byte-table.ts'
import { writeVarint } from '../varint.ts'
import type { RequestSymbols } from './request-symbols.ts'
import type { SymbolTable } from './symbol-table.ts'

/**
 * The labels of a series as references into a request's table of symbols, packed as varints. What the first and the last labels
 * have in common with those of the series before is not looked up again.
 */
export class LabelReferences {
  /** The references, of which the first `length` bytes hold. */
  bytes: Buffer = Buffer.allocUnsafeSlow(256)
  length = 0
  /** How many bytes the series before had. */
  lengthBefore = 0
  /** How many bytes at the beginning are those of the series before. */
  sameFirst = 0
  /** How many bytes at the end are. */
  sameLast = 0
  readonly #table: SymbolTable
  #symbols: RequestSymbols | undefined
  #labels: Int32Array<ArrayBuffer> = new Int32Array(64)
  /** By place: how many bytes a label has. */
  #sizes: Int32Array<ArrayBuffer> = new Int32Array(64)
  #count = 0
  #spare: Buffer = Buffer.allocUnsafeSlow(256)

  constructor(table: SymbolTable) {
    this.#table = table
  }

  /** Forgets the series before. */
  begin(symbols: RequestSymbols | undefined): void {
    this.#symbols = symbols
    this.#count = 0
    this.length = 0
  }

  /** Takes the labels of a series, of which the first `count` hold. */
  take(labels: Int32Array, count: number): void {
    const before = this.#labels
    const countBefore = this.#count
    const shared = Math.min(count, countBefore)
    let first = 0
    while (first < shared && before[first] === labels[first]) first++
    let last = 0
    while (last < shared - first && before[countBefore - 1 - last] === labels[count - 1 - last]) last++
    this.lengthBefore = this.length
    this.sameFirst = this.#sizeOf(0, first)
    this.sameLast = this.#sizeOf(countBefore - last, countBefore)
    this.#replace(labels, count, first, last)
  }

  #sizeOf(from: number, to: number): number {
    let size = 0
    for (let place = from; place < to; place++) size += this.#sizes[place] ?? 0
    return size
  }

  /** Puts other labels between the first and the last ones. */
  #replace(labels: Int32Array, count: number, first: number, last: number): void {
    const { sameFirst, sameLast, length } = this
    const { names, values } = this.#table
    const symbols = this.#symbols
    const middle = count - first - last
    if (this.#spare.length < middle * 10) this.#spare = Buffer.allocUnsafeSlow(middle * 20)
    if (count > this.#labels.length) {
      this.#labels = longer(this.#labels, count)
      this.#sizes = longer(this.#sizes, count)
    }
    const spare = this.#spare
    const shift = count - this.#count
    if (shift !== 0 && last > 0) {
      this.#labels.copyWithin(count - last, this.#count - last, this.#count)
      this.#sizes.copyWithin(count - last, this.#count - last, this.#count)
    }
    let at = 0
    for (let place = first; place < count - last; place++) {
      const label = labels[place] ?? 0
      const from = at
      at = writeVarint(spare, symbols?.indexOf(names[label] ?? 0) ?? 0, at)
      at = writeVarint(spare, symbols?.indexOf(values[label] ?? 0) ?? 0, at)
      this.#labels[place] = label
      this.#sizes[place] = at - from
    }
    this.#count = count
    this.length = sameFirst + at + sameLast
    if (this.length > this.bytes.length) {
      const bytes = Buffer.allocUnsafeSlow(this.length * 2)
      this.bytes.copy(bytes, 0, 0, length)
      this.bytes = bytes
    }
    if (sameLast > 0 && this.length !== length)
      this.bytes.copyWithin(sameFirst + at, length - sameLast, length)
    for (let byte = 0; byte < at; byte++) this.bytes[sameFirst + byte] = spare[byte] ?? 0
  }
}
