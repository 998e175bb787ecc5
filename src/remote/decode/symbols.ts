import { LineMistake } from '#src/text/exposition-error.ts'
import { RangeList } from './range-list.ts'
import { LabelBytes, textOf } from './label-bytes.ts'

/** The symbols of a request of version 2.0, which series refer to by number. */
export class Symbols {
  readonly #ranges = new RangeList()
  readonly #texts: (string | undefined)[] = []
  #bytes: Buffer = Buffer.alloc(0)
  readonly #labels = new LabelBytes()
  /** The references that `#labels` was written of, and where each pair of them ends, from the last one on. */
  #written: (number | bigint)[] = []
  readonly #ends: number[] = []

  /** Begins a request. */
  begin(bytes: Buffer): void {
    this.#bytes = bytes
    this.#ranges.clear()
    this.#texts.length = 0
    this.#written.length = 0
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
   * Writes the labels of an exemplar as a series of version 1.0 has them.
   *
   * @param references name, value, name, value
   * @param at where they are
   */
  writeLabels(references: readonly (number | bigint)[], at: number, to: LabelBytes): void {
    this.#checkPairs(references, at)
    for (let index = 0; index < references.length; index += 2) this.#writePair(references, index, at, to)
  }

  /**
   * Writes the labels of a series, the last one first: series that follow each other tend to differ in their name, which is
   * the first one, and the rest is there already. What is handed out holds until the next call.
   */
  seriesLabels(references: readonly (number | bigint)[], at: number): LabelBytes {
    this.#checkPairs(references, at)
    const labels = this.#labels
    const written = this.#written
    const ends = this.#ends
    let left = references.length
    let before = written.length
    let pairs = 0
    while (
      left > 0 &&
      before > 0 &&
      references[left - 1] === written[before - 1] &&
      references[left - 2] === written[before - 2]
    ) {
      left -= 2
      before -= 2
      pairs++
    }
    labels.length = pairs === 0 ? 0 : (ends[pairs - 1] ?? 0)
    // What cannot be written leaves nothing that could be taken for written.
    written.length = 0
    for (let index = left - 2; index >= 0; index -= 2) {
      this.#writePair(references, index, at, labels)
      ends[pairs++] = labels.length
    }
    for (const reference of references) written.push(reference)
    return labels
  }

  #writePair(references: readonly (number | bigint)[], index: number, at: number, to: LabelBytes): void {
    const ranges = this.#ranges
    const name = Number(references[index])
    const value = Number(references[index + 1])
    this.#check(name, at)
    this.#check(value, at)
    to.add(this.#bytes, ranges.fromOf(name), ranges.toOf(name), ranges.fromOf(value), ranges.toOf(value))
  }

  #checkPairs(references: readonly unknown[], at: number): void {
    if (references.length % 2 !== 0)
      throw new LineMistake('expected references in pairs, of a name and a value', at)
  }

  #check(reference: number, at: number): void {
    if (reference >= this.#ranges.count)
      throw new LineMistake(`expected a symbol below ${this.#ranges.count}, found ${reference}`, at)
  }
}
