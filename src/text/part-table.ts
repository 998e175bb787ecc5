import { equalBytes } from './byte-strings.ts'
import { FreeNumbers } from './free-numbers.ts'
import { NumberIndex } from './number-index.ts'

/** Bytes that are not worth a move of the live parts. */
const negligible = 4 * 1024
const smallest = 1024

/** How many cells of `PartTable.cells` a part takes, and what they are. */
export const partCells = 4
export const offsetCell = 0
/** -1 for a part that is not there. */
export const lengthCell = 1
const hashCell = 2
const referencesCell = 3

/**
 * The byte strings that rows of targets are made of: names, and labels, which several names share. Each is there
 * once, in one arena, counted by the rows that hold it. No string of JavaScript is kept: 30 bytes a part beside its text.
 */
export class PartTable {
  /** The arena, and all that is known of a part, side by side. Replaced when they grow. */
  bytes = Buffer.alloc(smallest)
  view: DataView = viewOf(this.bytes)
  cells: Int32Array<ArrayBuffer> = new Int32Array(16 * partCells)
  readonly #index = new NumberIndex((part) => this.cells[part * partCells + hashCell] ?? 0)
  readonly #numbers = new FreeNumbers()
  #used = 0
  #dead = 0

  /** The number of parts. */
  get size(): number {
    return this.#index.size
  }

  /** Bytes held. */
  get memory(): number {
    const arrays = 4 * (this.cells.length + this.#index.places.length)
    return this.bytes.length + arrays + this.#numbers.memory
  }

  /** The part with these bytes, whose hash is that of `hashBytes`; -1 where there is none. */
  find(hash: number, view: DataView, from: number, length: number): number {
    const { places, mask } = this.#index
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const part = (places[at] ?? 0) - 1
      if (part < 0) return -1
      if (this.cells[part * partCells + hashCell] === hash && this.isPart(part, view, from, length))
        return part
    }
  }

  /** Whether a part has these bytes. */
  isPart(part: number, view: DataView, from: number, length: number): boolean {
    const at = part * partCells
    if (this.cells[at + lengthCell] !== length) return false
    return equalBytes(view, from, this.view, this.cells[at + offsetCell] ?? 0, length)
  }

  /** The bytes of a part, as long as the arena does not move. */
  bytesOf(part: number): Buffer {
    const offset = this.cells[part * partCells + offsetCell] ?? 0
    return this.bytes.subarray(offset, offset + (this.cells[part * partCells + lengthCell] ?? 0))
  }

  /** The part with these bytes, made where there is none; the caller owns one reference. */
  retain(hash: number, bytes: Buffer, view: DataView, from: number, length: number): number {
    let part = this.find(hash, view, from, length)
    if (part < 0) part = this.#add(hash, bytes, from, length)
    this.#count(part, 1)
    return part
  }

  /** Gives a reference back; the last one removes the part. */
  release(part: number): void {
    if (this.#count(part, -1) > 0) return
    this.#index.remove(part)
    const at = part * partCells + lengthCell
    this.#dead += this.cells[at] ?? 0
    this.cells[at] = -1
    this.#numbers.give(part)
  }

  /** After changes: gives back room where much more was needed once. */
  trim(): void {
    const live = this.#used - this.#dead
    if (this.bytes.length > negligible + live * 2) this.#move(Math.ceil(live * 1.25))
    this.#index.trim()
    this.#numbers.trim()
    const { limit } = this.#numbers
    if (this.cells.length / partCells - limit > 64 + (limit >> 2)) {
      this.cells = resized(this.cells, limit * partCells)
    }
  }

  clear(): void {
    this.bytes = Buffer.alloc(smallest)
    this.view = viewOf(this.bytes)
    this.#index.clear()
    this.#numbers.clear()
    this.#used = 0
    this.#dead = 0
    this.cells = new Int32Array(16 * partCells)
  }

  /** Adds to the references of a part, and returns how many there are. */
  #count(part: number, more: number): number {
    const at = part * partCells + referencesCell
    const references = (this.cells[at] ?? 0) + more
    this.cells[at] = references
    return references
  }

  #add(hash: number, bytes: Buffer, from: number, length: number): number {
    // A quarter more than lives: what dies before the arena is full again is a part of that.
    if (this.#used + length > this.bytes.length)
      this.#move(Math.ceil((this.#used - this.#dead + length) * 1.25))
    bytes.copy(this.bytes, this.#used, from, from + length)
    const part = this.#numbers.take()
    const at = part * partCells
    if (at === this.cells.length) this.cells = resized(this.cells, at + partCells * Math.max(16, part >> 3))
    this.cells[at + offsetCell] = this.#used
    this.cells[at + lengthCell] = length
    this.cells[at + hashCell] = hash
    this.cells[at + referencesCell] = 0
    this.#used += length
    this.#index.add(part)
    return part
  }

  /** Copies the live parts into an arena of this size. */
  #move(size: number): void {
    const bytes = Buffer.from(new ArrayBuffer(Math.max(size, smallest)))
    let used = 0
    for (let part = 0; part < this.#numbers.limit; part++) {
      const at = part * partCells
      const length = this.cells[at + lengthCell] ?? -1
      if (length < 0) continue
      const offset = this.cells[at + offsetCell] ?? 0
      this.bytes.copy(bytes, used, offset, offset + length)
      this.cells[at + offsetCell] = used
      used += length
    }
    this.bytes = bytes
    this.view = viewOf(bytes)
    this.#used = used
    this.#dead = 0
  }
}

/**
 * The parts of all targets: there may be ten thousand of a dozen series each, which mostly expose the same names, help
 * texts and labels.
 */
export const sharedParts: PartTable = new PartTable()

/** The bytes of a buffer as a view. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A copy of another length: cut, or with zeros behind. */
export function resized(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  if (length <= array.length) return array.slice(0, length)
  const copy = new Int32Array(length)
  copy.set(array)
  return copy
}
