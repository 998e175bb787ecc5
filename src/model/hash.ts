/**
 * A 64-bit hash, kept as two 32-bit integers because JavaScript has no cheap 64-bit one. Two lanes of FNV-1a with
 * different offsets, each finished with MurmurHash3's mixer (fmix32).
 */
export interface Hash64 {
  readonly high: number
  readonly low: number
}

const prime = 0x01000193
const lowOffset = 0x811c9dc5 | 0
const highOffset = 0x9e3779b9 | 0

function finish(hash: number): number {
  let mixed = hash
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

/** Hashes texts in order; a part boundary counts, so that ['ab', 'c'] and ['a', 'bc'] differ. */
export function hashTexts(texts: readonly string[]): Hash64 {
  let low = lowOffset
  let high = highOffset
  for (const text of texts) {
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      low = Math.imul(low ^ unit, prime)
      high = Math.imul(high ^ (unit + 0x51ed), prime)
    }
    low = Math.imul(low ^ 0x10000, prime)
    high = Math.imul(high ^ 0x20000, prime)
  }
  return { high: finish(high), low: finish(low) }
}

/** Combines two hashes; the order counts. */
export function combine(first: Hash64, second: Hash64): Hash64 {
  return {
    high: finish(Math.imul(first.high, 31) + second.high),
    low: finish(Math.imul(first.low, 31) + second.low),
  }
}
