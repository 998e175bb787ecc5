import { hashBytes } from '#src/text/byte-strings.ts'
import { FreeNumbers } from '#src/text/free-numbers.ts'
import { NumberIndex } from '#src/text/number-index.ts'
import { PartTable, resized } from '#src/text/part-table.ts'

/** The node above all others. */
export const rootNode = 0

/** How many cells a node takes, and what they are. */
const nodeCells = 6
const partCell = 0
/** -1 for a node that is not there. */
const parentCell = 1
const referencesCell = 2
/** The node that was asked for next, the last time. */
const followerCell = 3
/** What the owner keeps with the node. */
const valueCell = 4
/** Another node of the owner's, -1 for none. */
const chainCell = 5

/**
 * What senders repeat, found again by its raw bytes, so that nothing of it is decoded twice: a tree in which each node is some
 * bytes below another node, as attributes lie below a metric and a metric below a scope.
 *
 * A sender repeats itself in the same order, so each question is first compared with the node that came behind the one before,
 * the last time; only a miss hashes.
 */
export class KnownBytes {
  #cells = new Int32Array(16 * nodeCells)
  readonly #parts = new PartTable()
  readonly #index = new NumberIndex((node) => mix(this.#cell(node, parentCell), this.#cell(node, partCell)))
  readonly #numbers = new FreeNumbers()
  #last = -1
  /** The hash of the bytes that were asked for last and not found. */
  #hash = 0

  constructor() {
    this.#numbers.take()
  }

  /** The number of nodes. */
  get size(): number {
    return this.#index.size
  }

  /** Bytes held. */
  get memory(): number {
    return this.#parts.memory + 4 * (this.#cells.length + this.#index.places.length) + this.#numbers.memory
  }

  /** Another sender speaks: what comes next does not follow what came last. */
  begin(): void {
    this.#last = -1
  }

  /** The node with these bytes below another; -1 where there is none: then `add` may follow. */
  find(parent: number, view: DataView, from: number, to: number): number {
    const cells = this.#cells
    const length = to - from
    if (this.#last >= 0) {
      const predicted = cells[this.#last * nodeCells + followerCell] ?? -1
      const at = predicted * nodeCells
      if (
        predicted > 0 &&
        cells[at + parentCell] === parent &&
        this.#parts.isPart(cells[at + partCell] ?? -1, view, from, length)
      ) {
        this.#last = predicted
        return predicted
      }
    }
    this.#hash = hashBytes(view, from, length)
    const part = this.#parts.find(this.#hash, view, from, length)
    const node = part < 0 ? -1 : this.#find(parent, part)
    if (node >= 0) this.#follow(node)
    return node
  }

  /** Makes a node of the bytes that `find` was asked for last and did not find; the caller owns one reference. */
  add(parent: number, bytes: Buffer, view: DataView, from: number, to: number): number {
    const node = this.#numbers.take()
    const at = node * nodeCells
    if (at >= this.#cells.length) this.#cells = resized(this.#cells, at + nodeCells * Math.max(16, node >> 2))
    this.#cells[at + partCell] = this.#parts.retain(this.#hash, bytes, view, from, to - from)
    this.#cells[at + parentCell] = parent
    this.#cells[at + referencesCell] = 1
    this.#cells[at + followerCell] = -1
    this.#cells[at + valueCell] = -1
    this.#cells[at + chainCell] = -1
    if (parent !== rootNode) this.retain(parent)
    this.#index.add(node)
    this.#follow(node)
    return node
  }

  retain(node: number): void {
    this.#cells[node * nodeCells + referencesCell] = this.#cell(node, referencesCell) + 1
  }

  /** Gives a reference back. A node goes with its last one; those below it hold one each. */
  release(node: number, gone: (node: number) => void): void {
    for (let each = node; each !== rootNode;) {
      const at = each * nodeCells
      const references = this.#cell(each, referencesCell) - 1
      this.#cells[at + referencesCell] = references
      if (references > 0) return
      gone(each)
      const parent = this.#cell(each, parentCell)
      this.#index.remove(each)
      this.#parts.release(this.#cell(each, partCell))
      this.#cells[at + parentCell] = -1
      this.#cells[at + partCell] = -1
      this.#numbers.give(each)
      if (this.#last === each) this.#last = -1
      each = parent
    }
  }

  valueOf(node: number): number {
    return this.#cell(node, valueCell)
  }

  setValue(node: number, value: number): void {
    this.#cells[node * nodeCells + valueCell] = value
  }

  chainOf(node: number): number {
    return this.#cell(node, chainCell)
  }

  setChain(node: number, next: number): void {
    this.#cells[node * nodeCells + chainCell] = next
  }

  /** After changes: gives back room that is not used. */
  trim(): void {
    this.#parts.trim()
    this.#index.trim()
    this.#numbers.trim()
    const { limit } = this.#numbers
    if (this.#cells.length / nodeCells - limit > 64 + (limit >> 3))
      this.#cells = resized(this.#cells, limit * nodeCells)
  }

  clear(): void {
    this.#parts.clear()
    this.#index.clear()
    this.#numbers.clear()
    this.#numbers.take()
    this.#cells = new Int32Array(16 * nodeCells)
    this.#last = -1
  }

  #follow(node: number): void {
    if (this.#last >= 0) this.#cells[this.#last * nodeCells + followerCell] = node
    this.#last = node
  }

  #find(parent: number, part: number): number {
    const { places, mask } = this.#index
    for (let at = mix(parent, part) & mask; ; at = (at + 1) & mask) {
      const node = (places[at] ?? 0) - 1
      if (node < 0) return -1
      if (this.#cell(node, parentCell) === parent && this.#cell(node, partCell) === part) return node
    }
  }

  #cell(node: number, cell: number): number {
    return this.#cells[node * nodeCells + cell] ?? -1
  }
}

/** Numbers of nodes and parts are small and dense, so a multiplicative hash of both spreads them (Knuth, volume 3, 6.4). */
function mix(parent: number, part: number): number {
  const mixed = Math.imul(Math.imul(parent, 0x9e3779b1) ^ part, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
