const smallest = 32

/**
 * Numbers by the hash of what they stand for: open addressing with linear probing, in eight to sixteen bytes a number. Who
 * looks something up walks `places` from its hash on, and compares what the numbers there stand for:
 *
 *     for (let at = hash & index.mask; ; at = (at + 1) & index.mask) {
 *       const number = index.places[at] - 1
 *       if (number < 0) return -1
 *       if (stands for what is looked for) return number
 *     }
 */
export class NumberIndex {
  /** A number + 1; 0 is an empty place. Replaced when it grows or shrinks. */
  places: Int32Array<ArrayBuffer> = new Int32Array(smallest)
  readonly #hashOf: (number: number) => number
  #count = 0

  /** @param hashOf the hash of what a number stands for, as long as it is in */
  constructor(hashOf: (number: number) => number) {
    this.#hashOf = hashOf
  }

  /** How many numbers are in. */
  get size(): number {
    return this.#count
  }

  /** What a hash is cut with to be a place. */
  get mask(): number {
    return this.places.length - 1
  }

  add(number: number): void {
    this.#count++
    if (this.#count * 2 > this.places.length) this.#resize(this.places.length * 2)
    this.#enter(number)
  }

  /** Takes a number out, and moves those behind it up, so that no marks of the dead pile up. */
  remove(number: number): void {
    const { places, mask } = this
    let hole = this.#hashOf(number) & mask
    while (places[hole] !== number + 1) hole = (hole + 1) & mask
    for (let at = (hole + 1) & mask; places[at] !== 0; at = (at + 1) & mask) {
      const moved = places[at] ?? 0
      const home = this.#hashOf(moved - 1) & mask
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        places[hole] = moved
        hole = at
      }
    }
    places[hole] = 0
    this.#count--
  }

  /** Gives back room that is not used. */
  trim(): void {
    if (this.#count * 8 >= this.places.length) return
    let length = smallest
    while (length < this.#count * 2) length *= 2
    this.#resize(length)
  }

  clear(): void {
    this.places = new Int32Array(smallest)
    this.#count = 0
  }

  #resize(length: number): void {
    const before = this.places
    this.places = new Int32Array(length)
    for (const entry of before) if (entry !== 0) this.#enter(entry - 1)
  }

  #enter(number: number): void {
    const { places, mask } = this
    let at = this.#hashOf(number) & mask
    while (places[at] !== 0) at = (at + 1) & mask
    places[at] = number + 1
  }
}
