import { LineMistake } from '#src/text/exposition-error.ts'
import { RangeList } from './range-list.ts'
import { textOf, type LabelBytes } from './label-bytes.ts'

/** The symbols of a request of version 2.0, which series refer to by number. */
export class Symbols {
  readonly #ranges = new RangeList()
  readonly #texts: (string | undefined)[] = []
  #bytes: Buffer = Buffer.alloc(0)

  /** Begins a request. */
  begin(bytes: Buffer): void {
    this.#bytes = bytes
    this.#ranges.clear()
    this.#texts.length = 0
  }

  get count(): number {
    return this.#ranges.count
  }

  add(from: number, to: number): void {
    this.#ranges.add(from, to)
  }

  /** The number of bytes of a symbol, 0 for the empty one. */
  lengthOf(reference: number): number {
    return this.#ranges.toOf(reference) - this.#ranges.fromOf(reference)
  }

  /**
   * The text of a symbol.
   *
   * @param at where it is referred to
   * @throws {LabelError} where it is no UTF-8
   */
  text(reference: number, at: number): string {
    this.#check(reference, at)
    let text = this.#texts[reference]
    if (text === undefined) {
      const range = { from: this.#ranges.fromOf(reference), to: this.#ranges.toOf(reference) }
      text = textOf(this.#bytes, range, `the symbol ${reference}`)
      this.#texts[reference] = text
    }
    return text
  }

  /**
   * Writes labels as a series of version 1.0 has them.
   *
   * @param references name, value, name, value
   * @param at where they are
   */
  writeLabels(references: readonly (number | bigint)[], at: number, to: LabelBytes): void {
    const ranges = this.#ranges
    if (references.length % 2 !== 0)
      throw new LineMistake('expected references in pairs, of a name and a value', at)
    for (let index = 0; index < references.length; index += 2) {
      const name = Number(references[index])
      const value = Number(references[index + 1])
      this.#check(name, at)
      this.#check(value, at)
      to.add(this.#bytes, ranges.fromOf(name), ranges.toOf(name), ranges.fromOf(value), ranges.toOf(value))
    }
  }

  #check(reference: number, at: number): void {
    if (reference >= this.#ranges.count)
      throw new LineMistake(`expected a symbol below ${this.#ranges.count}, found ${reference}`, at)
  }
}
