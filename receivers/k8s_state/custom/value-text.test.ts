import { expect, test } from 'vitest'
import { textOf } from './value-text.ts'

test.each<[unknown, string]>([
  ['text', 'text'],
  [1, '1'],
  [43.21, '43.21'],
  [1e21, '1e+21'],
  [123_456_789_012_345, '123456789012345'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1.5e-7, '1.5e-07'],
  [1e-100, '1e-100'],
  [true, 'true'],
  [null, '<nil>'],
  [['a', 1, null], '[a 1 <nil>]'],
  [{ b: { d: 1 }, a: [true] }, 'map[a:[true] b:map[d:1]]'],
])('%j is written as Go writes it', (value, text) => {
  expect(textOf(value)).toBe(text)
})

test('what is nested without end is cut', () => {
  let value: unknown = 1
  for (let depth = 0; depth < 10_000; depth++) value = [value]
  expect(textOf(value)).toMatch(/^\[{51}\.\.\.\]{51}$/)
})
