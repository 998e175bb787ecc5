import { randomInt } from 'node:crypto'

/** Secret of this process, so that no target can choose names whose hashes collide. */
const firstKey = randomInt(2 ** 32) | 0
const secondKey = randomInt(2 ** 32) | 0

/** Whether two ranges hold the same bytes. Eight at a time, the last eight overlap what was compared before. */
export function equalBytes(
  first: DataView,
  firstFrom: number,
  second: DataView,
  secondFrom: number,
  length: number,
): boolean {
  const last = length - 8
  if (last >= 0) {
    for (let index = 0; index < last; index += 8) {
      if (first.getBigInt64(firstFrom + index, true) !== second.getBigInt64(secondFrom + index, true))
        return false
    }
    return first.getBigInt64(firstFrom + last, true) === second.getBigInt64(secondFrom + last, true)
  }
  for (let index = 0; index < length; index++) {
    if (first.getUint8(firstFrom + index) !== second.getUint8(secondFrom + index)) return false
  }
  return true
}

/** A keyed hash of bytes: HalfSipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"), 32 bits. */
export function hashBytes(view: DataView, from: number, length: number): number {
  let v0 = firstKey
  let v1 = secondKey
  let v2 = firstKey ^ 0x6c796765
  let v3 = secondKey ^ 0x74656462
  const words = length >> 2
  const end = words + 4
  for (let index = 0; index < end; index++) {
    let word = 0
    if (index < words) word = view.getInt32(from + index * 4, true)
    else if (index === words) word = lastWord(view, from + words * 4, length)
    else if (index === words + 1) v2 ^= 0xff
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  return v1 ^ v3
}

/** The bytes that fill no word, and the length. */
function lastWord(view: DataView, from: number, length: number): number {
  let word = length << 24
  for (let index = 0; index < (length & 3); index++) word |= view.getUint8(from + index) << (8 * index)
  return word
}
