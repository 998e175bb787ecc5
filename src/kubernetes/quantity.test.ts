import { expect, test } from 'vitest'
import fc from 'fast-check'
import { quantity, wholeQuantity } from './quantity.ts'

test.each([
  ['4', 4],
  ['100m', 0.1],
  ['070m', 0.07],
  ['0.07', 0.07],
  ['1500m', 1.5],
  ['.5', 0.5],
  ['5.', 5],
  ['+3', 3],
  ['2k', 2000],
  ['3M', 3e6],
  ['3G', 3e9],
  ['3T', 3e12],
  ['3P', 3e15],
  ['2E', 2e18],
  ['64Ki', 65_536],
  ['128Mi', 134_217_728],
  ['1.5Gi', 1_610_612_736],
  ['2Ti', 2 ** 41],
  ['2Pi', 2 ** 51],
  ['4Ei', 2 ** 62],
  ['12e6', 12e6],
  ['12E6', 12e6],
  ['5e-3', 0.005],
  ['0', 0],
  ['-0', 0],
  ['-1500m', -1.5],
])('%s is %d', (text, value) => {
  expect(quantity(text)).toBe(value)
})

test('less than a thousandth is rounded away from zero', () => {
  expect(['1n', '100u', '1500u', '0.0015', '-1u'].map(quantity)).toEqual([0.001, 0.001, 0.002, 0.002, -0.001])
})

test('a value too large for thousandths is a whole number, and none is larger than 2^63 - 1', () => {
  expect(quantity('9223372036854776.5')).toBe(Number(9_223_372_036_854_777n))
  expect(quantity('100E')).toBe(2 ** 63)
  expect(quantity('1e999')).toBe(2 ** 63)
})

test.each(['', '.', 'm', '1e', '1 Gi', '1KI', '1Mb', '0x10', '1.2.3', '1'.repeat(41), '1e1000', 'NaN'])(
  '%j is no quantity',
  (text) => {
    expect(quantity(text)).toBeUndefined()
  },
)

test('nothing is no quantity', () => {
  expect(quantity(undefined)).toBeUndefined()
})

test('a whole number of thousandths is what it says, however it is written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (thousandths) => {
      const written = [
        `${thousandths}m`,
        (thousandths / 1000).toFixed(3),
        `${thousandths}e-3`,
        `${thousandths}000u`,
      ]
      expect(written.map(quantity)).toEqual(written.map(() => thousandths / 1000))
    }),
  )
})

test('a part of a byte counts as one', () => {
  expect(['1.5', '100m', '8Gi', 'much'].map(wholeQuantity)).toEqual([2, 1, 8 * 2 ** 30, undefined])
})
