import { compareBytewise } from '#src/model/attribute-set.ts'

/**
 * Labels while rules run over them. A label without a value is no label: it reads as the empty text, and writing the empty
 * text removes it. One object serves any number of label sets, one after the other, without allocating.
 *
 * Those that were there come first, sorted by name, then those that rules wrote, in that order: where several labels are
 * mapped to one name, the last of them wins, as in Prometheus.
 */
export class Labels {
  readonly #names: string[] = []
  readonly #values: string[] = []
  /** How many of them no rule has written. */
  #untouched = 0
  #changed = false

  /** The number of labels. */
  get size(): number {
    return this.#names.length
  }

  /** Whether a rule changed anything since they were filled. */
  get changed(): boolean {
    return this.#changed
  }

  /** Empties it, to be filled anew. */
  clear(): void {
    this.#names.length = 0
    this.#values.length = 0
    this.#untouched = 0
    this.#changed = false
  }

  /** Puts in a label that was there before all rules; its name is not among them yet. */
  fill(name: string, value: string): void {
    if (value === '') return
    let index = this.#names.length
    while (index > 0 && compareBytewise(this.#names[index - 1] ?? '', name) > 0) {
      this.#names[index] = this.#names[index - 1] ?? ''
      this.#values[index] = this.#values[index - 1] ?? ''
      index--
    }
    this.#names[index] = name
    this.#values[index] = value
    this.#untouched++
  }

  /** The value of a label; empty where there is none. */
  get(name: string): string {
    const index = this.#names.indexOf(name)
    return index < 0 ? '' : (this.#values[index] ?? '')
  }

  has(name: string): boolean {
    return this.#names.includes(name)
  }

  /** Writes a label; the empty text removes it. */
  set(name: string, value: string): void {
    const index = this.#names.indexOf(name)
    if (value === '') {
      if (index >= 0) this.#removeAt(index)
      return
    }
    if (index >= 0) {
      if (this.#values[index] === value) return
      if (index >= this.#untouched) {
        this.#values[index] = value
        this.#changed = true
        return
      }
      this.#removeAt(index)
    }
    this.#names.push(name)
    this.#values.push(value)
    this.#changed = true
  }

  /** The name at an index below `size`. */
  nameAt(index: number): string {
    return this.#names[index] ?? ''
  }

  /** The value at an index below `size`. */
  valueAt(index: number): string {
    return this.#values[index] ?? ''
  }

  /** Removes every label whose name does not pass. */
  keepNames(passes: (name: string) => boolean): void {
    for (let index = this.#names.length - 1; index >= 0; index--) {
      if (!passes(this.nameAt(index))) this.#removeAt(index)
    }
  }

  /** A copy as pairs, in order. */
  pairs(): (readonly [name: string, value: string])[] {
    return this.#names.map((name, index) => [name, this.valueAt(index)])
  }

  #removeAt(index: number): void {
    this.#names.splice(index, 1)
    this.#values.splice(index, 1)
    if (index < this.#untouched) this.#untouched--
    this.#changed = true
  }
}
