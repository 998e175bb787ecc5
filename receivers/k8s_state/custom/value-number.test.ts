import { assert, integer, property, record, constantFrom } from 'fast-check'
import { expect, test } from 'vitest'
import { numberOf } from './value-number.ts'

test.each<[unknown, number]>([
  [43.21, 43.21],
  [true, 1],
  [false, 0],
  ['True', 1],
  ['yes', 1],
  ['FALSE', 0],
  ['No', 0],
  ['Unknown', 0],
  ['2022-06-28T00:00:00Z', 1_656_374_400],
  ['2022-06-28T02:00:00.9+02:00', 1_656_374_400],
  ['1969-12-31T23:59:58.5Z', -2],
  ['250m', 0.25],
  ['5Gi', 5_368_709_120],
  ['1.5Ki', 1536],
  ['-1k', -1000],
  ['+.5', 0.5],
  ['12e6', 12_000_000],
  ['262144k', 262_144_000],
  ['100n', 100 * 1e-9],
  ['43.21', 4321 * 0.01],
  ['28%', 0.28],
  ['0%', 0],
  ['NaN', Number.NaN],
  ['Inf', Infinity],
  ['-infinity', -Infinity],
])('%j is %d', (value, number) => {
  expect(numberOf(value)).toBe(number)
})

test.each([
  [''],
  ['.'],
  ['foo'],
  ['5 Gi'],
  ['1.5%'],
  ['5Zi'],
  ['2022-06-28'],
  [null],
  [undefined],
  [{}],
  [[1]],
  ['+nan'],
])('%j is no number', (value) => {
  expect(numberOf(value)).toBeUndefined()
})

test('what is finer than a billionth is rounded up', () => {
  expect([numberOf('1.5n'), numberOf('0.0000000001'), numberOf('0.123456789012')]).toEqual([
    2 * 1e-9,
    1e-9,
    123_456_790 * 1e-9,
  ])
})

test('a decimal quantity is what its digits and its power of ten say', () => {
  const powers = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
  const suffixes = constantFrom(...(Object.keys(powers) as (keyof typeof powers)[]))
  assert(
    property(record({ digits: integer({ min: 1, max: 1e6 }), suffix: suffixes }), ({ digits, suffix }) => {
      const ratio = (numberOf(`${digits}${suffix}`) ?? 0) / Number(`${digits}e${powers[suffix]}`)
      expect(Math.abs(ratio - 1)).toBeLessThan(1e-15)
    }),
  )
})
