/** Numbers that are not used and not worth to be given up. */
const leftOver = 1024

/** Numbers from 0 on that are taken, given back, and taken again: of rows and parts, which arrays are indexed by. */
export class FreeNumbers {
  #limit = 0
  #free: number[] = []

  /** All numbers are below this. */
  get limit(): number {
    return this.#limit
  }

  /** Bytes held. */
  get memory(): number {
    return 8 * this.#free.length
  }

  take(): number {
    return this.#free.pop() ?? this.#limit++
  }

  give(number: number): void {
    this.#free.push(number)
  }

  /** Where many were used once and few are now: gives up those at the end, and has the lowest taken first. */
  trim(): void {
    const { length } = this.#free
    if (length < leftOver || length * 3 < this.#limit * 2) return
    const free = new Set(this.#free)
    while (this.#limit > 0 && free.has(this.#limit - 1)) this.#limit--
    this.#free = this.#free.filter((number) => number < this.#limit).toSorted((a, b) => b - a)
  }

  clear(): void {
    this.#limit = 0
    this.#free = []
  }
}
