import { hashBytes } from './byte-strings.ts'
import { FreeNumbers } from './free-numbers.ts'
import { NumberIndex } from './number-index.ts'
import { resized, sharedParts, type PartTable } from './part-table.ts'

/** What a row stands for, where that is no slot of its own. */
export const rowTarget = {
  /** A series that relabeling dropped. */
  dropped: -1,
  /** A line of HELP, TYPE or UNIT. */
  metadata: -2,
  /** A `_created` line, whose value is the start time of others. */
  created: -3,
  /** A part of a classic histogram that is read as a whole. */
  part: -4,
} as const

/** A row that shares its slot with others, since they come to the same series. */
export function sharedTarget(slot: number): number {
  return rowTarget.part - 1 - slot
}

/** The slot that a row's target means, whether shared or not; -1 where it means none. */
export function slotOfTarget(target: number): number {
  if (target >= 0) return target
  return target < rowTarget.part ? rowTarget.part - 1 - target : -1
}

/** How many cells of `RowTable.cells` a row takes, and what they are. */
export const rowCells = 4
/** Part of the name, and of the rest. */
export const headCell = 0
export const tailCell = 1
/** A slot, or what `rowTarget` and `sharedTarget` say. */
export const targetCell = 2
const nameCell = 3

/** Up to so many rows are looked through one by one. */
const fewRows = 64

const noCells = new Int32Array(0)

/**
 * The lines of a target, without their values: a row is a head (the name), a tail (labels, and the blank before the
 * value) and a target. A line of metadata is all tail. Found by bytes, so that a known line costs no parsing.
 */
export class RowTable {
  readonly parts: PartTable
  /** All that is known of a row, side by side. Replaced when it grows. */
  cells: Int32Array<ArrayBuffer> = noCells
  /** There where rows are many. */
  #index: NumberIndex | undefined
  #size = 0
  readonly #numbers = new FreeNumbers()
  /** Of the bytes that were looked for last: the head, -1 where there is none, and the hashes of both. */
  #head = -1
  #headHash = 0
  #tailHash = 0

  constructor(parts: PartTable = sharedParts) {
    this.parts = parts
  }

  /** The number of rows. */
  get size(): number {
    return this.#size
  }

  /** The numbers of all rows. Rows may be changed meanwhile, not added or removed. */
  *rows(): Generator<number> {
    for (let row = 0; row < this.#numbers.limit; row++) if (this.has(row)) yield row
  }

  /** Row numbers are below this. */
  get limit(): number {
    return this.#numbers.limit
  }

  /** Bytes held, those of the parts aside. */
  get memory(): number {
    const arrays = 4 * (this.cells.length + (this.#index?.places.length ?? 0))
    return arrays + this.#numbers.memory
  }

  headOf(row: number): number {
    return this.cells[row * rowCells + headCell] ?? 0
  }

  tailOf(row: number): number {
    return this.cells[row * rowCells + tailCell] ?? 0
  }

  /** A slot, or what `rowTarget` and `sharedTarget` say. */
  targetOf(row: number): number {
    return this.cells[row * rowCells + targetCell] ?? rowTarget.dropped
  }

  setTarget(row: number, target: number): void {
    this.cells[row * rowCells + targetCell] = target
  }

  /** What the line's name means: an index of its owner's, -1 for none. */
  nameOf(row: number): number {
    return this.cells[row * rowCells + nameCell] ?? -1
  }

  setName(row: number, name: number): void {
    this.cells[row * rowCells + nameCell] = name
  }

  /** The row whose head and tail are these bytes; -1 where there is none: then `addFound` may follow. */
  find(view: DataView, from: number, middle: number, end: number): number {
    // Lines of one name follow each other.
    if (!this.parts.isPart(this.#head, view, from, middle - from)) {
      this.#headHash = hashBytes(view, from, middle - from)
      this.#head = this.parts.find(this.#headHash, view, from, middle - from)
    }
    this.#tailHash = hashBytes(view, middle, end - middle)
    if (this.#head < 0) return -1
    const tail = this.parts.find(this.#tailHash, view, middle, end - middle)
    return tail < 0 ? -1 : this.#find(this.#head, tail)
  }

  /** Makes a row of the bytes that `find` was asked for last and did not find. */
  addFound(
    bytes: Buffer,
    view: DataView,
    from: number,
    middle: number,
    end: number,
    target: number,
    name: number,
  ): number {
    this.#head = this.parts.retain(this.#headHash, bytes, view, from, middle - from)
    const tail = this.parts.retain(this.#tailHash, bytes, view, middle, end - middle)
    const row = this.#numbers.take()
    const at = row * rowCells
    if (at === this.cells.length) this.cells = resized(this.cells, at + rowCells * Math.max(16, row >> 3))
    this.cells[at + headCell] = this.#head
    this.cells[at + tailCell] = tail
    this.cells[at + targetCell] = target
    this.cells[at + nameCell] = name
    this.#size++
    this.#index?.add(row)
    if (this.#index === undefined && this.limit > fewRows) this.#makeIndex()
    return row
  }

  /** Takes a row out and gives its parts back. */
  remove(row: number): void {
    this.#index?.remove(row)
    this.#size--
    this.parts.release(this.headOf(row))
    this.parts.release(this.tailOf(row))
    this.cells[row * rowCells + headCell] = -1
    // Its number may be another's by then.
    this.#head = -1
    this.#numbers.give(row)
  }

  /** Whether a row of this number is there. */
  has(row: number): boolean {
    return this.headOf(row) >= 0
  }

  /** The bytes of a row, and a newline. */
  textOf(row: number): Buffer {
    const ranges = [this.headOf(row), this.tailOf(row)].map((part) => this.parts.bytesOf(part))
    return Buffer.concat([...ranges, Buffer.from('\n')])
  }

  /** After changes: gives back room that is not used. */
  trim(): void {
    this.parts.trim()
    this.#index?.trim()
    this.#numbers.trim()
    const { limit } = this.#numbers
    if (this.cells.length / rowCells - limit > limit >> 3) {
      this.cells = resized(this.cells, limit * rowCells)
    }
  }

  clear(): void {
    for (const row of this.rows()) {
      this.parts.release(this.headOf(row))
      this.parts.release(this.tailOf(row))
    }
    this.parts.trim()
    this.#head = -1
    this.#index = undefined
    this.#size = 0
    this.#numbers.clear()
    this.cells = noCells
  }

  #makeIndex(): void {
    this.#index = new NumberIndex((row) => mix(this.headOf(row), this.tailOf(row)))
    for (const row of this.rows()) this.#index.add(row)
  }

  #find(head: number, tail: number): number {
    if (this.#index === undefined) return this.#search(head, tail)
    const { places, mask } = this.#index
    for (let at = mix(head, tail) & mask; ; at = (at + 1) & mask) {
      const row = (places[at] ?? 0) - 1
      if (row < 0 || (this.headOf(row) === head && this.tailOf(row) === tail)) return row
    }
  }

  #search(head: number, tail: number): number {
    const { cells } = this
    for (let row = 0; row < this.limit; row++)
      if (this.headOf(row) === head && cells[row * rowCells + tailCell] === tail) return row
    return -1
  }
}

/** Part numbers are small and dense, so a multiplicative hash of both spreads them (Knuth, volume 3, 6.4). */
function mix(head: number, tail: number): number {
  const mixed = Math.imul(Math.imul(head, 0x9e3779b1) ^ tail, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
