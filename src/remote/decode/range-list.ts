/** Ranges of bytes, in an array that is used again: from, to, from, to. */
export class RangeList {
  #cells = new Int32Array(16)
  #count = 0

  get count(): number {
    return this.#count
  }

  clear(): void {
    this.#count = 0
  }

  add(from: number, to: number): void {
    const at = this.#count * 2
    if (at === this.#cells.length) {
      const cells = new Int32Array(at * 2)
      cells.set(this.#cells)
      this.#cells = cells
    }
    this.#cells[at] = from
    this.#cells[at + 1] = to
    this.#count++
  }

  fromOf(index: number): number {
    return this.#cells[index * 2] ?? 0
  }

  toOf(index: number): number {
    return this.#cells[index * 2 + 1] ?? 0
  }
}
