import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  compareBytewise,
  internAttributes,
  internedSets,
  noAttributes,
  releaseAttributes,
  sameAttributes,
  sameValue,
  type AttributeValue,
} from './attribute-set.ts'

test('equal attributes in any order are one set', () => {
  const first = internAttributes(['b', '2', 'a', '1'])
  const second = internAttributes(['a', '1', 'b', '2'])
  expect(second).toBe(first)
  expect(first.entries).toEqual(['a', '1', 'b', '2'])
  expect(first.get('b')).toBe('2')
  expect(first.get('c')).toBeUndefined()
  releaseAttributes(first)
  releaseAttributes(second)
})

test('of two equal keys the last counts', () => {
  const set = internAttributes(['a', '1', 'b', '2', 'a', '3'])
  expect([...set]).toEqual([
    ['a', '3'],
    ['b', '2'],
  ])
  expect(set.size).toBe(2)
  releaseAttributes(set)
})

test('a set leaves the table with its last owner', () => {
  const before = internedSets()
  const set = internAttributes(['only here', 'once', 'n', 1n])
  internAttributes(['only here', 'once', 'n', 1n])
  expect(internedSets()).toBe(before + 1)
  releaseAttributes(set)
  expect(internedSets()).toBe(before + 1)
  releaseAttributes(set)
  expect(internedSets()).toEqual(before)
})

test('values of another type make another set', () => {
  const values: AttributeValue[] = [
    '1',
    1,
    1n,
    true,
    'true',
    Uint8Array.of(1),
    ['1'],
    [1],
    [1n],
    new Map([['1', 1]]),
    new Map([['1', '1']]),
    '\u0000b true',
    Number.NaN,
    0,
    -0,
  ]
  const sets = values.map((value) => internAttributes(['k', value]))
  expect(new Set(sets).size).toBe(values.length)
  for (const set of sets) releaseAttributes(set)
})

test('a set that left the table is still the same as an equal one', () => {
  const old = internAttributes(['gone', 'and back'])
  releaseAttributes(old)
  const young = internAttributes(['gone', 'and back'])
  expect(young).not.toBe(old)
  expect(sameAttributes(old, young)).toBe(true)
  expect(sameAttributes(young, noAttributes)).toBe(false)
  releaseAttributes(young)
})

test('nested values compare by content', () => {
  expect(sameValue(['a', ['b', 1n]], ['a', ['b', 1n]])).toBe(true)
  expect(sameValue(['a', 'b'], ['a,b'])).toBe(false)
  expect(sameValue(new Map([['x', [true]]]), new Map([['x', [true]]]))).toBe(true)
})

test('lists in lists cost no more than what they hold', () => {
  const deep = (levels: number, inner: AttributeValue): AttributeValue =>
    levels === 0 ? inner : [deep(levels - 1, inner)]
  expect(sameValue(deep(200, '"'), deep(200, '"'))).toBe(true)
  expect(sameValue(deep(200, '"'), deep(200, "'"))).toBe(false)
})

test('the order of texts is that of their UTF-8 bytes', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareBytewise(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))))
    }),
  )
})

test('whatever is interned and released, the table returns to its size', () => {
  const before = internedSets()
  const label = fc.tuple(
    fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'),
    fc.string({ maxLength: 2 }),
  )
  fc.assert(
    fc.property(fc.array(fc.array(label, { maxLength: 4 }), { maxLength: 30 }), (lists) => {
      const sets = lists.map((list) => internAttributes(list.flat()))
      for (const [index, list] of lists.entries()) {
        for (const [key, value] of new Map(list)) expect(sets[index]?.get(key)).toBe(value)
      }
      for (const set of sets) releaseAttributes(set)
      expect(internedSets()).toEqual(before)
    }),
  )
})

test('sets are found again however many there are, and however many went', () => {
  const before = internedSets()
  const all = Array.from({ length: 20_000 }, (_, index) => internAttributes(['grown', String(index)]))
  for (const set of all.slice(100)) releaseAttributes(set)
  const kept = all.slice(0, 100)
  expect(internedSets()).toBe(before + 100)
  const again = kept.map(({ entries }) => internAttributes(entries))
  expect(again.every((set, index) => set === kept[index])).toBe(true)
  for (const set of [...kept, ...again]) releaseAttributes(set)
  expect(internedSets()).toBe(before)
})
