import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileGlobs } from './glob.ts'

test.each([
  ['k8s.*', 'k8s.pod.name', true],
  ['k8s.*', 'k8s', false],
  ['*', '', true],
  ['host.????', 'host.name', true],
  ['host.????', 'host.nam', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-b-b-', false],
  ['a.b', 'axb', false],
  ['[ab]', 'a', false],
  ['', '', true],
  ['', 'a', false],
])('%s and %s: %s', (pattern, text, matches) => {
  expect(compileGlobs([pattern])(text)).toBe(matches)
})

test('agrees with a regular expression', () => {
  const piece = fc.constantFrom('a', 'b', '*', '?')
  const text = fc.array(fc.constantFrom('a', 'b', 'c')).map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }).map((parts) => parts.join('')),
      text,
      (pattern, given) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(given)
        expect(compileGlobs([pattern])(given)).toBe(expected)
      },
    ),
    { numRuns: 1000 },
  )
})

test('one of several is enough, and none is never', () => {
  expect([compileGlobs(['a', 'b'])('b'), compileGlobs([])('b')]).toEqual([true, false])
})
