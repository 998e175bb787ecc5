import { expect, test } from 'vitest'
import { fingerprintOf } from './fingerprint.ts'
import { Secret } from './secret.ts'

test('equal data has equal fingerprints, in whatever order its keys stand', () => {
  expect(fingerprintOf({ a: 1, b: [{ c: 'x', d: null }] })).toBe(
    fingerprintOf({ b: [{ d: null, c: 'x' }], a: 1 }),
  )
})

test.each([
  [{ a: 1 }, { a: '1' }],
  [{ a: 1 }, { b: 1 }],
  [
    [1, 2],
    [2, 1],
  ],
  [[], {}],
  [{ a: new Secret('one') }, { a: new Secret('two') }],
  [{ a: new Secret('one') }, { a: 'one' }],
])('%j and %j differ', (one, other) => {
  expect(fingerprintOf(one)).not.toBe(fingerprintOf(other))
})

test('a secret does not show in a fingerprint, and is equal to the same text', () => {
  const fingerprint = fingerprintOf({ token: new Secret('canary') })
  expect(fingerprint).not.toContain('canary')
  expect(fingerprint).toBe(fingerprintOf({ token: new Secret('canary') }))
})
