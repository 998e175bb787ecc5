import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concealSecrets, secretsOfAuthorization } from './concealed-text.ts'

describe('secrets in a text', () => {
  test.each([
    ['whole', 'a secret-token b', 'a [REDACTED] b'],
    ['twice', 'secret-token/secret-token', '[REDACTED]/[REDACTED]'],
    ['cut off at its end', 'line 1: Bearer secret-tok', 'line 1: Bearer [REDACTED]'],
    ['cut off at its beginning', '...et-token"} 1', '...[REDACTED]"} 1'],
    ['in a part that others share', 'a token', 'a token'],
  ])('are hidden: %s', (_, text, expected) => {
    expect(concealSecrets(text, ['secret-token'])).toBe(expected)
  })

  test('are hidden where they are short, but not where they are in any text', () => {
    expect(concealSecrets('pass: pass1, e', ['pass1', 'e'])).toBe('pass: [REDACTED], e')
  })

  test('are hidden as they are quoted', () => {
    expect(concealSecrets('a \\u202eb\\ncdef', ['\u202eb\ncdef'])).toBe('a [REDACTED]')
  })

  test('never show eight characters of them', () => {
    const character = fc.constantFrom('a', 'b', 'c')
    const secret = fc.string({ unit: character, minLength: 8, maxLength: 20 })
    fc.assert(
      fc.property(secret, fc.string({ unit: character, maxLength: 60 }), (known, text) => {
        const concealed = concealSecrets(`${text}${known}${text}`, [known])
        for (let at = 0; at + 8 <= known.length; at++)
          expect(concealed).not.toContain(known.slice(at, at + 8))
      }),
    )
  })
})

test.each([
  ['Bearer token one', ['token one']],
  [
    `Basic ${Buffer.from('user:pass:word').toString('base64')}`,
    ['dXNlcjpwYXNzOndvcmQ=', 'user:pass:word', 'pass:word'],
  ],
])('of %s the secrets are %j', (authorization, expected) => {
  expect(secretsOfAuthorization(authorization)).toEqual(expected)
})
