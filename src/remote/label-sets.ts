import { compareBytewise } from '#src/model/attribute-set.ts'
import { NumberIndex } from '#src/text/number-index.ts'
import { longer } from './byte-table.ts'
import type { LabelDictionary } from './label-dictionary.ts'

/** Numbers that are dead below this are not worth a compaction. */
const leastDead = 1 << 14

/** How many cells a set takes, and what they are. */
const setCells = 5
/** Where its labels begin. */
const offsetCell = 0
/** How many they are. */
const countCell = 1
/** Before which of its labels `__name__` sorts. */
const placeCell = 2
const referencesCell = 3
const hashCell = 4

/**
 * Distinct label sets, the name of the metric aside, as numbers of labels: two series share one in the mean, and sorting
 * by sets puts series with like labels side by side. Sets are numbered, and counted by those that hold them.
 */
export class LabelSets {
  /** The labels of all sets. */
  #labels: Int32Array<ArrayBuffer> = new Int32Array(256)
  /** All that is known of a set, side by side. */
  #cells: Int32Array<ArrayBuffer> = new Int32Array(64 * setCells)
  readonly #dictionary: LabelDictionary
  readonly #index = new NumberIndex((set) => this.#cell(set, hashCell))
  readonly #free: number[] = []
  #size = 0
  #end = 0
  #dead = 0

  constructor(dictionary: LabelDictionary) {
    this.#dictionary = dictionary
  }

  /** The number of sets that are held. */
  get size(): number {
    return this.#index.size
  }

  /** How many numbers of labels there is room for. */
  get room(): number {
    return this.#labels.length
  }

  /**
   * The number of a set, which is held once more.
   *
   * @param pairs name, value, name, value, sorted by name, without `__name__`
   */
  retain(pairs: readonly string[]): number {
    const count = pairs.length / 2
    if (this.#end + count > this.#labels.length) this.#labels = longer(this.#labels, this.#end + count)
    let namePlace = count
    let hash = count
    for (let index = 0; index < count; index++) {
      const name = pairs[2 * index] ?? ''
      const label = this.#dictionary.retain(name, pairs[2 * index + 1] ?? '')
      this.#labels[this.#end + index] = label
      hash = Math.imul(hash ^ label, 0x9e3779b1)
      hash ^= hash >>> 15
      if (namePlace === count && compareBytewise(name, '__name__') > 0) namePlace = index
    }
    const known = this.#find(hash, count)
    if (known >= 0) {
      for (let index = 0; index < count; index++)
        this.#dictionary.release(this.#labels[this.#end + index] ?? 0)
      return this.hold(known)
    }
    return this.#add(hash, count, namePlace)
  }

  /** Holds a set once more. */
  hold(set: number): number {
    this.#cells[set * setCells + referencesCell] = this.#cell(set, referencesCell) + 1
    return set
  }

  /** Gives one hold back; the last one removes the set, and gives its labels back. */
  release(set: number): void {
    const left = this.#cell(set, referencesCell) - 1
    this.#cells[set * setCells + referencesCell] = left
    if (left > 0) return
    const offset = this.#cell(set, offsetCell)
    const count = this.#cell(set, countCell)
    for (let index = 0; index < count; index++) this.#dictionary.release(this.#labels[offset + index] ?? 0)
    this.#index.remove(set)
    this.#cells[set * setCells + countCell] = 0
    this.#free.push(set)
    this.#dead += count
    if (this.#dead > leastDead && this.#dead * 2 > this.#end) this.#compact()
  }

  /** How many bytes the labels of a set take in a message at most. */
  sizeOf(set: number): number {
    const offset = this.#cell(set, offsetCell)
    const end = offset + this.#cell(set, countCell)
    let bytes = 0
    for (let index = offset; index < end; index++) bytes += this.#dictionary.sizeOf(this.#labels[index] ?? 0)
    return bytes
  }

  /**
   * Puts the labels of a series of this set into the dictionary's scratch, the one with its name in its place.
   *
   * @returns how many they are
   */
  series(set: number, name: number): number {
    const labels = this.#labels
    const offset = this.#cell(set, offsetCell)
    const count = this.#cell(set, countCell)
    const place = this.#cell(set, placeCell)
    if (count >= this.#dictionary.scratch.length) this.#dictionary.scratch = new Int32Array(2 * count + 1)
    const { scratch } = this.#dictionary
    for (let index = 0; index < place; index++) scratch[index] = labels[offset + index] ?? 0
    scratch[place] = name
    for (let index = place; index < count; index++) scratch[index + 1] = labels[offset + index] ?? 0
    return count + 1
  }

  #cell(set: number, cell: number): number {
    return this.#cells[set * setCells + cell] ?? 0
  }

  /** The set with the labels that were written behind the last one; -1 where there is none. */
  #find(hash: number, count: number): number {
    const { places, mask } = this.#index
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const set = (places[at] ?? 0) - 1
      if (set < 0) return -1
      if (
        this.#cell(set, hashCell) === hash &&
        this.#cell(set, countCell) === count &&
        this.#isLast(set, count)
      )
        return set
    }
  }

  #isLast(set: number, count: number): boolean {
    const offset = this.#cell(set, offsetCell)
    for (let index = 0; index < count; index++) {
      if (this.#labels[offset + index] !== this.#labels[this.#end + index]) return false
    }
    return true
  }

  #add(hash: number, count: number, namePlace: number): number {
    const set = this.#free.pop() ?? this.#size++
    const at = set * setCells
    if (at + setCells > this.#cells.length) this.#cells = longer(this.#cells, at + setCells)
    this.#cells[at + offsetCell] = this.#end
    this.#cells[at + countCell] = count
    this.#cells[at + placeCell] = namePlace
    this.#cells[at + referencesCell] = 1
    this.#cells[at + hashCell] = hash
    this.#end += count
    this.#index.add(set)
    return set
  }

  #compact(): void {
    const labels = new Int32Array(Math.max(256, this.#end - this.#dead))
    let end = 0
    for (let set = 0; set < this.#size; set++) {
      const count = this.#cell(set, countCell)
      const offset = this.#cell(set, offsetCell)
      this.#cells[set * setCells + offsetCell] = end
      for (let index = 0; index < count; index++) labels[end++] = this.#labels[offset + index] ?? 0
    }
    this.#labels = labels
    this.#end = end
    this.#dead = 0
    this.#index.trim()
  }
}
