import { compareBytewise } from '#src/model/attribute-set.ts'
import { longer } from './byte-table.ts'
import type { LabelDictionary } from './label-dictionary.ts'

/** Numbers that are dead below this are not worth a compaction. */
const leastDead = 1 << 14

/**
 * The distinct label sets of one source, the name of the metric aside, as numbers of labels: two series share one in the
 * mean, and sorting by sets puts series with like labels side by side. Sets are numbered, and counted by those that hold them.
 */
export class LabelSets {
  /** The labels of all sets. */
  labels: Int32Array<ArrayBuffer> = new Int32Array(256)
  /** By set: where its labels begin. */
  offsets: Int32Array<ArrayBuffer> = new Int32Array(64)
  /** By set: how many they are. */
  counts: Int32Array<ArrayBuffer> = new Int32Array(64)
  /** By set: before which of its labels `__name__` sorts. */
  namePlaces: Int32Array<ArrayBuffer> = new Int32Array(64)
  readonly #dictionary: LabelDictionary
  #references = new Int32Array(64)
  #hashes = new Int32Array(64)
  /** By set: the next with the same hash, -1 at the end. */
  #next = new Int32Array(64)
  readonly #byHash = new Map<number, number>()
  readonly #free: number[] = []
  #size = 0
  #end = 0
  #dead = 0

  constructor(dictionary: LabelDictionary) {
    this.#dictionary = dictionary
  }

  /** The number of sets that are held. */
  get size(): number {
    return this.#size - this.#free.length
  }

  /**
   * The number of a set, which is held once more.
   *
   * @param pairs name, value, name, value, sorted by name, without `__name__`
   */
  retain(pairs: readonly string[]): number {
    const count = pairs.length / 2
    if (this.#end + count > this.labels.length) this.labels = longer(this.labels, this.#end + count)
    let namePlace = count
    let hash = count
    for (let index = 0; index < count; index++) {
      const name = pairs[2 * index] ?? ''
      const label = this.#dictionary.retain(name, pairs[2 * index + 1] ?? '')
      this.labels[this.#end + index] = label
      hash = Math.imul(hash ^ label, 0x9e3779b1)
      hash ^= hash >>> 15
      if (namePlace === count && compareBytewise(name, '__name__') > 0) namePlace = index
    }
    const known = this.#find(hash, count)
    if (known >= 0) {
      for (let index = 0; index < count; index++)
        this.#dictionary.release(this.labels[this.#end + index] ?? 0)
      return this.hold(known)
    }
    return this.#add(hash, count, namePlace)
  }

  /** Holds a set once more. */
  hold(set: number): number {
    this.#references[set] = (this.#references[set] ?? 0) + 1
    return set
  }

  /** Gives one hold back; the last one removes the set, and gives its labels back. */
  release(set: number): void {
    const left = (this.#references[set] ?? 0) - 1
    this.#references[set] = left
    if (left > 0) return
    const offset = this.offsets[set] ?? 0
    const count = this.counts[set] ?? 0
    for (let index = 0; index < count; index++) this.#dictionary.release(this.labels[offset + index] ?? 0)
    this.#unlink(set)
    this.counts[set] = 0
    this.#free.push(set)
    this.#dead += count
    if (this.#dead > leastDead && this.#dead * 2 > this.#end) this.#compact()
  }

  /** Gives the labels of all sets back. */
  dispose(): void {
    for (let set = 0; set < this.#size; set++) {
      if ((this.#references[set] ?? 0) <= 0) continue
      this.#references[set] = 1
      this.release(set)
    }
  }

  /**
   * Puts the labels of a series of this set into the dictionary's scratch, the one with its name in its place.
   *
   * @returns how many they are
   */
  series(set: number, name: number): number {
    const { labels } = this
    const offset = this.offsets[set] ?? 0
    const count = this.counts[set] ?? 0
    const place = this.namePlaces[set] ?? 0
    if (count >= this.#dictionary.scratch.length) this.#dictionary.scratch = new Int32Array(2 * count + 1)
    const { scratch } = this.#dictionary
    for (let index = 0; index < place; index++) scratch[index] = labels[offset + index] ?? 0
    scratch[place] = name
    for (let index = place; index < count; index++) scratch[index + 1] = labels[offset + index] ?? 0
    return count + 1
  }

  #find(hash: number, count: number): number {
    for (let set = this.#byHash.get(hash) ?? -1; set >= 0; set = this.#next[set] ?? -1) {
      if (this.counts[set] === count && this.#isLast(set, count)) return set
    }
    return -1
  }

  /** Whether a set has the labels that were written behind the last one. */
  #isLast(set: number, count: number): boolean {
    const offset = this.offsets[set] ?? 0
    for (let index = 0; index < count; index++) {
      if (this.labels[offset + index] !== this.labels[this.#end + index]) return false
    }
    return true
  }

  #add(hash: number, count: number, namePlace: number): number {
    const set = this.#free.pop() ?? this.#size++
    if (set >= this.offsets.length) this.#grow()
    this.offsets[set] = this.#end
    this.counts[set] = count
    this.namePlaces[set] = namePlace
    this.#references[set] = 1
    this.#hashes[set] = hash
    this.#next[set] = this.#byHash.get(hash) ?? -1
    this.#byHash.set(hash, set)
    this.#end += count
    return set
  }

  #grow(): void {
    const length = this.offsets.length * 2
    this.offsets = longer(this.offsets, length)
    this.counts = longer(this.counts, length)
    this.namePlaces = longer(this.namePlaces, length)
    this.#references = longer(this.#references, length)
    this.#hashes = longer(this.#hashes, length)
    this.#next = longer(this.#next, length)
  }

  #unlink(set: number): void {
    const hash = this.#hashes[set] ?? 0
    const after = this.#next[set] ?? -1
    let before = this.#byHash.get(hash) ?? -1
    if (before === set) {
      if (after < 0) this.#byHash.delete(hash)
      else this.#byHash.set(hash, after)
      return
    }
    while (before >= 0 && this.#next[before] !== set) before = this.#next[before] ?? -1
    if (before >= 0) this.#next[before] = after
  }

  #compact(): void {
    const labels = new Int32Array(Math.max(256, this.#end - this.#dead))
    let end = 0
    for (let set = 0; set < this.#size; set++) {
      const count = this.counts[set] ?? 0
      const offset = this.offsets[set] ?? 0
      this.offsets[set] = end
      for (let index = 0; index < count; index++) labels[end++] = this.labels[offset + index] ?? 0
    }
    this.labels = labels
    this.#end = end
    this.#dead = 0
  }
}
