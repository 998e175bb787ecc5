import { equalBytes } from './byte-strings.ts'
import { FreeNumbers } from './free-numbers.ts'
import { NumberIndex } from './number-index.ts'

/** Bytes that are not worth a move of the live parts. */
const negligible = 4 * 1024
const smallest = 1024

/**
 * The byte strings that the rows of a target are made of: names, and labels, which several names share. Each is there
 * once, in one arena, counted by the rows that hold it. No string of JavaScript is kept: 30 bytes a part beside its text.
 */
export class PartTable {
  /** The arena. All four are replaced when they grow, so a loop over them reads them anew after it added something. */
  bytes = Buffer.alloc(smallest)
  view: DataView = viewOf(this.bytes)
  offsets = new Int32Array(16)
  /** -1 for a part that is not there. */
  lengths = new Int32Array(16)
  #hashes = new Int32Array(16)
  #references = new Int32Array(16)
  readonly #index = new NumberIndex((part) => this.#hashes[part] ?? 0)
  readonly #numbers = new FreeNumbers()
  #used = 0
  #dead = 0

  /** The number of parts. */
  get size(): number {
    return this.#index.size
  }

  /** Bytes held. */
  get memory(): number {
    const arrays = 4 * 4 * this.offsets.length + 4 * this.#index.places.length
    return this.bytes.length + arrays + this.#numbers.memory
  }

  /** The part with these bytes, whose hash is that of `hashBytes`; -1 where there is none. */
  find(hash: number, view: DataView, from: number, length: number): number {
    const { places, mask } = this.#index
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const part = (places[at] ?? 0) - 1
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
    this.#index.remove(part)
    this.#dead += this.lengths[part] ?? 0
    this.lengths[part] = -1
    this.#numbers.give(part)
  }

  /** After changes: gives back room where much more was needed once. */
  trim(): void {
    const live = this.#used - this.#dead
    if (this.bytes.length > negligible + live * 2) this.#move(Math.ceil(live * 1.25))
    this.#index.trim()
    this.#numbers.trim()
    const { limit } = this.#numbers
    if (this.offsets.length - limit > 64 + (limit >> 3)) this.#resize(limit)
  }

  clear(): void {
    this.bytes = Buffer.alloc(smallest)
    this.view = viewOf(this.bytes)
    this.#index.clear()
    this.#numbers.clear()
    this.#used = 0
    this.#dead = 0
    this.#resize(16)
  }

  #add(hash: number, bytes: Buffer, from: number, length: number): number {
    // A quarter more than lives: what dies before the arena is full again is a part of that.
    if (this.#used + length > this.bytes.length)
      this.#move(Math.ceil((this.#used - this.#dead + length) * 1.25))
    bytes.copy(this.bytes, this.#used, from, from + length)
    const part = this.#numbers.take()
    if (part === this.offsets.length) this.#resize(part + Math.max(16, part >> 2))
    this.offsets[part] = this.#used
    this.lengths[part] = length
    this.#hashes[part] = hash
    this.#references[part] = 0
    this.#used += length
    this.#index.add(part)
    return part
  }

  /** Copies the live parts into an arena of this size. */
  #move(size: number): void {
    const bytes = Buffer.from(new ArrayBuffer(Math.max(size, smallest)))
    let used = 0
    for (let part = 0; part < this.#numbers.limit; part++) {
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
