/** Up to so many slots are looked through one by one. */
const fewSlots = 64

/** What an index asks its owner about slots. */
export interface IndexedSlots {
  /** Slots are below this. */
  readonly slotLimit: number
  /** Whether a slot is in the index. */
  isIndexed(slot: number): boolean
  /** The number of the name of a slot that is in the index. */
  nameOf(slot: number): number
  /** The number of its label set. */
  setOf(slot: number): number
}

/**
 * Finds the slot whose series has a name and a label set, both by their numbers: open addressing with linear probing, eight
 * bytes a series. There is no table while there are few slots.
 */
export class SlotIndex {
  readonly #slots: IndexedSlots
  /** Slot plus one; 0 is empty. */
  #table: Int32Array<ArrayBuffer> | undefined
  #size = 0

  constructor(slots: IndexedSlots) {
    this.#slots = slots
  }

  /** The slot with this name and set; -1 where there is none. */
  find(name: number, set: number): number {
    const slots = this.#slots
    if (this.#table === undefined && slots.slotLimit <= fewSlots) return this.#search(name, set)
    const table = this.#needTable()
    const mask = table.length - 1
    for (let place = hash(name, set) & mask; ; place = (place + 1) & mask) {
      const slot = (table[place] ?? 0) - 1
      if (slot < 0 || (slots.nameOf(slot) === name && slots.setOf(slot) === set)) return slot
    }
  }

  /** Adds a slot, which becomes one of those that are indexed; none of its name and set is in the index. */
  add(slot: number): void {
    if (this.#table === undefined && this.#slots.slotLimit <= fewSlots) return
    const table = this.#needTable()
    this.#size++
    if (this.#size * 2 > table.length) this.#grow(table)
    this.#put(slot)
  }

  /** Removes a slot; its name and set are still those it was added with. */
  remove(slot: number): void {
    const table = this.#table
    if (table === undefined) return
    const mask = table.length - 1
    let hole = this.#home(slot, table)
    while (table[hole] !== slot + 1) {
      if (table[hole] === 0) return
      hole = (hole + 1) & mask
    }
    this.#size--
    table[hole] = 0
    // Those behind it move up, where that brings them nearer to where they are looked for first.
    for (let place = (hole + 1) & mask; table[place] !== 0; place = (place + 1) & mask) {
      const other = table[place] ?? 0
      if (((place - this.#home(other - 1, table)) & mask) < ((place - hole) & mask)) continue
      table[hole] = other
      table[place] = 0
      hole = place
    }
  }

  #search(name: number, set: number): number {
    const slots = this.#slots
    for (let slot = 0; slot < slots.slotLimit; slot++)
      if (slots.nameOf(slot) === name && slots.setOf(slot) === set && slots.isIndexed(slot)) return slot
    return -1
  }

  /** The table, made of the slots that are indexed where there was none. */
  #needTable(): Int32Array<ArrayBuffer> {
    if (this.#table !== undefined) return this.#table
    const slots = this.#slots
    let length = 16
    while (length < slots.slotLimit) length *= 2
    this.#table = new Int32Array(length)
    for (let slot = 0; slot < slots.slotLimit; slot++) if (slots.isIndexed(slot)) this.add(slot)
    return this.#table
  }

  #home(slot: number, table: Int32Array): number {
    return hash(this.#slots.nameOf(slot), this.#slots.setOf(slot)) & (table.length - 1)
  }

  #put(slot: number): void {
    const table = this.#table
    if (table === undefined) return
    const mask = table.length - 1
    let place = this.#home(slot, table)
    while (table[place] !== 0) place = (place + 1) & mask
    table[place] = slot + 1
  }

  #grow(before: Int32Array): void {
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
