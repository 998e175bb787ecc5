/**
 * Finds the slot whose series has a name and a label set, both by their numbers: open addressing with linear probing, eight
 * bytes a series.
 */
export class SlotIndex {
  readonly #names: (slot: number) => number
  readonly #sets: (slot: number) => number
  /** Slot plus one; 0 is empty. */
  #table = new Int32Array(16)
  #size = 0

  /** @param names, @param sets what a slot that is in the index has */
  constructor(names: (slot: number) => number, sets: (slot: number) => number) {
    this.#names = names
    this.#sets = sets
  }

  /** The slot with this name and set; -1 where there is none. */
  find(name: number, set: number): number {
    const mask = this.#table.length - 1
    for (let place = hash(name, set) & mask; ; place = (place + 1) & mask) {
      const slot = (this.#table[place] ?? 0) - 1
      if (slot < 0 || (this.#names(slot) === name && this.#sets(slot) === set)) return slot
    }
  }

  /** Adds a slot; none of its name and set is in the index. */
  add(slot: number): void {
    if (this.#size * 2 >= this.#table.length) this.#grow()
    this.#size++
    this.#put(slot)
  }

  /** Removes a slot; its name and set are still those it was added with. */
  remove(slot: number): void {
    const table = this.#table
    const mask = table.length - 1
    let hole = this.#home(slot)
    while (table[hole] !== slot + 1) {
      if (table[hole] === 0) return
      hole = (hole + 1) & mask
    }
    this.#size--
    table[hole] = 0
    // Those behind it move up, where that brings them nearer to where they are looked for first.
    for (let place = (hole + 1) & mask; table[place] !== 0; place = (place + 1) & mask) {
      const other = table[place] ?? 0
      if (((place - this.#home(other - 1)) & mask) < ((place - hole) & mask)) continue
      table[hole] = other
      table[place] = 0
      hole = place
    }
  }

  #home(slot: number): number {
    return hash(this.#names(slot), this.#sets(slot)) & (this.#table.length - 1)
  }

  #put(slot: number): void {
    const mask = this.#table.length - 1
    let place = this.#home(slot)
    while (this.#table[place] !== 0) place = (place + 1) & mask
    this.#table[place] = slot + 1
  }

  #grow(): void {
    const before = this.#table
    this.#table = new Int32Array(before.length * 2)
    for (const entry of before) if (entry !== 0) this.#put(entry - 1)
  }
}

function hash(name: number, set: number): number {
  let mixed = Math.imul(name ^ Math.imul(set, 0x85ebca6b), 0x9e3779b1)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 13)) >>> 0
}
