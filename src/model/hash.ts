import { randomFillSync } from 'node:crypto'

/**
 * A 64-bit hash, kept as two 32-bit integers because JavaScript has no cheap 64-bit one. Two lanes in the manner of
 * FNV-1a with offsets and factors of their own, each finished with MurmurHash3's mixer (fmix32).
 */
export interface Hash64 {
  readonly high: number
  readonly low: number
}

/** Where the lanes of a hash begin, and what they multiply by. */
export interface HashKey {
  readonly lowOffset: number
  readonly highOffset: number
  /** Odd, as the other one is. */
  readonly lowFactor: number
  readonly highFactor: number
}

const stableKey: HashKey = {
  lowOffset: 0x811c9dc5 | 0,
  highOffset: 0x9e3779b9 | 0,
  lowFactor: 0x01000193,
  highFactor: 0x2c1b3c6d,
}

/** Each thread has its own: no hash of `identityHash` leaves it. */
const ownKey = randomHashKey()

/**
 * A key that nobody can know. Factors are drawn as well as offsets: of texts that differ at two places, many collide by
 * one factor from whichever offset.
 */
export function randomHashKey(): HashKey {
  const [lowOffset = 0, highOffset = 0, low = 0, high = 0] = randomFillSync(new Int32Array(4))
  // Not near 1 by modulus 8, so that a short cycle of powers cannot come up.
  return { lowOffset, highOffset, lowFactor: (low & ~7) | 5, highFactor: (high & ~7) | 3 }
}

/**
 * The hash of texts in order that is the same in every thread, process and version: for what has to stay where it was, as
 * a target with its thread or a series with its shard. A part boundary counts: ['ab', 'c'] and ['a', 'bc'] differ. Texts
 * that collide can be found by anyone, so that it is none for tables of what others chose.
 */
export function hashTexts(texts: readonly string[]): Hash64 {
  return hashWithKey(texts, stableKey)
}

/**
 * The hash of texts in order by which tables of this thread find them. It differs from one start to the next, so that a
 * target cannot choose labels that collide, and make chains out of tables. It is no cryptographic hash.
 */
export function identityHash(texts: readonly string[]): Hash64 {
  return hashWithKey(texts, ownKey)
}

/** The hash of texts in order by a key. */
export function hashWithKey(texts: readonly string[], key: HashKey): Hash64 {
  const { lowFactor, highFactor } = key
  let low = key.lowOffset
  let high = key.highOffset
  for (const text of texts) {
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      low = Math.imul(low ^ unit, lowFactor)
      high = Math.imul(high ^ unit, highFactor)
    }
    low = Math.imul(low ^ 0x10000, lowFactor)
    high = Math.imul(high ^ 0x10000, highFactor)
  }
  // Some factors let names collide in one lane that differ in a few digits; hardly any do in both.
  return { high: finish(high), low: finish(low + Math.imul(high, 0x9e3779b1)) }
}

/** Combines two hashes; the order counts. */
export function combine(first: Hash64, second: Hash64): Hash64 {
  return {
    high: finish(Math.imul(first.high, 31) + second.high),
    low: finish(Math.imul(first.low, 31) + second.low),
  }
}

function finish(hash: number): number {
  let mixed = hash
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
