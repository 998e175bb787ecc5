import { expect, test } from 'vitest'
import { Secret } from '#src/config/secret.ts'
import { excerptWithout } from './excerpt.ts'

test('what a receiver says is shown as it is, up to 256 bytes, but for secrets', () => {
  const excerpt = excerptWithout({
    a: [{ b: new Secret('longer secret') }, new Secret('secret')],
    c: new Secret(''),
    d: null,
  })
  expect(excerpt('a secret, and a longer secret; $& stays')).toBe('a [REDACTED], and a [REDACTED]; $& stays')
  expect(excerpt('ü'.repeat(128))).toBe('ü'.repeat(128))
  expect(excerpt(`x${'ü'.repeat(200)}`)).toBe(`x${'ü'.repeat(127)}`)
})

test('credentials that a receiver repeats are not shown, whichever way they came', () => {
  const excerpt = excerptWithout({ token: new Secret('known') })
  expect(excerpt('for "Basic dTpwYXNz" and Bearer eyJh.bG-c_i= and bearer known')).toBe(
    'for "Basic [REDACTED]" and Bearer [REDACTED] and bearer [REDACTED]',
  )
  expect(excerpt('the basics of a bearer')).toBe('the basics of a bearer')
})
