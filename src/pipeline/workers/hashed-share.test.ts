import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HashedShare } from './hashed-share.ts'

test('every target is in the share of one thread, whatever tells it from others', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (key, count) => {
      const shares = Array.from({ length: count }, (_, index) => new HashedShare(index, count))
      expect(shares.filter((share) => share.takes(key)).length).toBe(1)
    }),
  )
})

test('shares are about the same, and the same in every run', () => {
  const keys = Array.from({ length: 3000 }, (_, index) => `http://10.0.0.${index}:9100/metrics`)
  for (const index of [0, 1, 2]) {
    const share = new HashedShare(index, 3)
    expect(keys.filter((key) => share.takes(key)).length).toBeGreaterThan(900)
  }
  expect([0, 1, 2].find((index) => new HashedShare(index, 3).takes('node/10.0.0.7:9100'))).toBe(2)
})
