import { expect, test } from 'vitest'
import { hashAttributes, ownAttributes, stableHash } from './attribute-set.ts'
import { hashTexts, hashWithKey, randomHashKey, type HashKey } from './hash.ts'

const podNames = Array.from({ length: 200_000 }, (_, index) => [
  'container_cpu_usage_seconds_total',
  `pod-${index}`,
])

/** Texts that collide by a key in their low half, in groups of two or more: of so many texts some 19 do. */
function collisions(key: HashKey): (readonly string[])[][] {
  const texts = Array.from({ length: 400_000 }, (_, index) => [Math.imul(index, 0x9e3779b1).toString(36)])
  const byLow = Map.groupBy(texts, (each) => hashWithKey(each, key).low)
  return [...byLow.values()].filter(({ length }) => length > 1)
}

test('texts hash by their boundaries', () => {
  const key = randomHashKey()
  expect(hashWithKey(['ab', 'c'], key)).not.toEqual(hashWithKey(['a', 'bc'], key))
  expect(hashWithKey([''], key)).not.toEqual(hashWithKey([], key))
  expect(hashTexts(['ab', 'c'])).not.toEqual(hashTexts(['a', 'bc']))
})

test('names that differ in their last digits do not collide in 64 bits, and hardly in 32', () => {
  const key = randomHashKey()
  const hashes = podNames.map((texts) => hashWithKey(texts, key))
  expect(new Set(hashes.map(({ high, low }) => `${high},${low}`)).size).toBe(podNames.length)
  // Of 200,000 random 32-bit numbers about 4.7 pairs are equal; by most keys some 10 are.
  expect(new Set(hashes.map(({ low }) => low)).size).toBeGreaterThan(podNames.length * 0.99)
})

test('what was found to collide by one key does not collide by another', () => {
  const crafted = collisions(randomHashKey())
  expect(crafted.length).toBeGreaterThan(0)
  const other = randomHashKey()
  const colliding = crafted.filter(
    (group) => new Set(group.map((texts) => hashWithKey(texts, other).low)).size < group.length,
  )
  expect(colliding).toEqual([])
})

test('identities hash by a key of this start, not by one that everyone knows', () => {
  const labels = ['namespace', 'web', 'pod', 'web-0']
  expect(hashAttributes(labels)).not.toEqual(hashTexts(labels))
})

test('what decides where something stays is the same at every start', () => {
  expect(hashTexts(['job', 'node', 'http://10.0.0.1:9100/metrics'])).toEqual({
    high: 329615642,
    low: 1292990913,
  })
  expect(stableHash(ownAttributes(['pod', 'web-0', 'namespace', 'web', 'replicas', 3n]))).toBe(2677064690)
})
