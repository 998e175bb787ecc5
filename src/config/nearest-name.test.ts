import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editDistance, knownNames, nearestName } from './nearest-name.ts'

const known = ['collection_interval', 'scrapers', 'root_path', 'timeout', 'tls', 'cpu', 'disk']

test.each([
  ['colection_interval', 'collection_interval'],
  ['collectionInterval', 'collection_interval'],
  ['collection-interval', 'collection_interval'],
  ['scraper', 'scrapers'],
  ['timeuot', 'timeout'],
  ['cpuu', 'cpu'],
  ['tsl', 'tls'],
  ['something', undefined],
  ['__proto__', undefined],
  ['xyz', undefined],
  ['t'.repeat(100_000), undefined],
])('%s is nearest to %s', (name, expected) => {
  expect(nearestName(name, known)).toBe(expected)
})

test('a message names the nearest, else all', () => {
  expect(knownNames('cpuu', known, 'known here')).toBe(': did you mean "cpu"?')
  expect(knownNames('x', ['aaaa', 'bbbb'], 'known here')).toBe('; known here: aaaa, bbbb')
  expect(knownNames('x', [], 'known here')).toBe('')
  const many = Array.from({ length: 50 }, (_, index) => `name_${index}`)
  expect(knownNames('x', many, 'known')).toMatch(/, name_39, \.\.\.$/)
})

test('the distance is a distance', () => {
  const text = fc.string({ maxLength: 12 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a))
      expect(editDistance(a, a)).toBe(0)
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
      expect(editDistance(a, b) === 0).toBe(a === b)
    }),
  )
  expect([editDistance('kitten', 'sitting'), editDistance('ab', 'ba'), editDistance('', 'abc')]).toEqual([
    3, 1, 3,
  ])
})
