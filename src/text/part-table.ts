import { equalBytes } from './byte-strings.ts'

/** Bytes that are not worth a move of the live parts. */
const negligible = 16 * 1024
const smallest = 1024

/**
 * The byte strings that the rows of a target are made of: names, and labels, which several names share. Each is there
 * once, in one arena, counted by the rows that hold it. No string of JavaScript is kept: 20 bytes a part beside its text.
 */
export class PartTable {
  /** The arena. All four are replaced when they grow, so a loop over them reads them anew after it added something. */
  bytes = Buffer.alloc(smallest)
  view: DataView = viewOf(this.bytes)
  offsets = new Int32Array(16)
  lengths = new Int32Array(16)
  #hashes = new Int32Array(16)
  #references = new Int32Array(16)
  /** Open addressing: a part's number + 1, 0 where nothing is. */
  #index = new Int32Array(32)
  #used = 0
  #dead = 0
  #count = 0
  #next = 0
  readonly #free: number[] = []

  /** The number of parts. */
  get size(): number {
    return this.#count
  }

  /** Bytes held. */
  get memory(): number {
    return this.bytes.length + 4 * this.offsets.length * 4 + 4 * this.#index.length + 8 * this.#free.length
  }

  /** The part with these bytes, whose hash is that of `hashBytes`; -1 where there is none. */
  find(hash: number, view: DataView, from: number, length: number): number {
    const mask = this.#index.length - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const part = (this.#index[at] ?? 0) - 1
      if (part < 0) return -1
      if (this.#hashes[part] === hash && this.isPart(part, view, from, length)) return part
    }
  }

  /** Whether a part has these bytes. */
  isPart(part: number, view: DataView, from: number, length: number): boolean {
    return this.lengths[part] === length && equalBytes(view, from, this.view, this.offsets[part] ?? 0, length)
  }

  /** The part with these bytes, made where there is none; the caller owns one reference. */
  retain(hash: number, bytes: Buffer, view: DataView, from: number, length: number): number {
    let part = this.find(hash, view, from, length)
    if (part < 0) part = this.#add(hash, bytes, from, length)
    this.#references[part] = (this.#references[part] ?? 0) + 1
    return part
  }

  /** Gives a reference back; the last one removes the part. */
  release(part: number): void {
    const left = (this.#references[part] ?? 0) - 1
    this.#references[part] = left
    if (left > 0) return
    this.#unindex(part)
    this.#dead += this.lengths[part] ?? 0
    this.lengths[part] = -1
    this.#free.push(part)
    this.#count--
  }

  /** After changes: gives back room where much more was needed once. */
  trim(): void {
    const live = this.#used - this.#dead
    if (this.bytes.length > negligible + live * 2) this.#move(Math.ceil(live * 1.25))
    if (this.#count * 8 < this.#index.length && this.#index.length > 32) this.#reindex(this.#index.length / 4)
    if (this.offsets.length - this.#next > 1024 + (this.#next >> 2)) this.#resize(this.#next)
  }

  clear(): void {
    this.bytes = Buffer.alloc(smallest)
    this.view = viewOf(this.bytes)
    this.#index = new Int32Array(32)
    this.#used = 0
    this.#dead = 0
    this.#count = 0
    this.#next = 0
    this.#free.length = 0
    this.#resize(16)
  }

  #add(hash: number, bytes: Buffer, from: number, length: number): number {
    if (this.#used + length > this.bytes.length) this.#makeRoom(length)
    bytes.copy(this.bytes, this.#used, from, from + length)
    const part = this.#free.pop() ?? this.#next++
    if (part === this.offsets.length) this.#resize(part + Math.max(16, part >> 1))
    this.offsets[part] = this.#used
    this.lengths[part] = length
    this.#hashes[part] = hash
    this.#references[part] = 0
    this.#used += length
    this.#count++
    if (this.#count * 2 > this.#index.length) this.#reindex(this.#index.length * 2)
    else this.#enter(part)
    return part
  }

  #makeRoom(length: number): void {
    const live = this.#used - this.#dead
    // A quarter more than lives: what dies before the arena is full again is a part of that.
    this.#move(Math.ceil((live + length) * 1.25))
  }

  /** Copies the live parts into an arena of this size. */
  #move(size: number): void {
    const bytes = Buffer.from(new ArrayBuffer(Math.max(size, smallest)))
    let used = 0
    for (let part = 0; part < this.#next; part++) {
      const length = this.lengths[part] ?? -1
      if (length < 0) continue
      const offset = this.offsets[part] ?? 0
      this.bytes.copy(bytes, used, offset, offset + length)
      this.offsets[part] = used
      used += length
    }
    this.bytes = bytes
    this.view = viewOf(bytes)
    this.#used = used
    this.#dead = 0
  }

  #resize(length: number): void {
    this.offsets = resized(this.offsets, length)
    this.lengths = resized(this.lengths, length)
    this.#hashes = resized(this.#hashes, length)
    this.#references = resized(this.#references, length)
  }

  #reindex(length: number): void {
    this.#index = new Int32Array(length)
    for (let part = 0; part < this.#next; part++) if ((this.lengths[part] ?? -1) >= 0) this.#enter(part)
  }

  #enter(part: number): void {
    const mask = this.#index.length - 1
    let at = (this.#hashes[part] ?? 0) & mask
    while (this.#index[at] !== 0) at = (at + 1) & mask
    this.#index[at] = part + 1
  }

  #unindex(part: number): void {
    removeEntry(this.#index, part, (other) => this.#hashes[other] ?? 0)
  }
}

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

/**
 * Takes an entry out of a table of open addressing with linear probing, and moves those behind it up, so that no
 * search stops too early and no marks of the dead pile up. Entries are numbers + 1; 0 is an empty place.
 */
export function removeEntry(index: Int32Array, entry: number, hashOf: (entry: number) => number): void {
  const mask = index.length - 1
  let hole = hashOf(entry) & mask
  while (index[hole] !== entry + 1) hole = (hole + 1) & mask
  for (let at = (hole + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
    const moved = index[at] ?? 0
    const home = hashOf(moved - 1) & mask
    if (((at - home) & mask) >= ((at - hole) & mask)) {
      index[hole] = moved
      hole = at
    }
  }
  index[hole] = 0
}
