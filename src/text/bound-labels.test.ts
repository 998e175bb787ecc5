import { expect, test } from 'vitest'
import { boundLabelOf, normalizeBounds } from './bound-labels.ts'
import { formatBound, formatFloatBound } from './number-text.ts'

test.each([
  [0, '0', '0.0'],
  [1, '1', '1.0'],
  [-1, '-1', '-1.0'],
  [0.5, '0.5', '0.5'],
  [0.0001, '0.0001', '0.0001'],
  [0.00001, '1e-05', '1e-05'],
  [6.399999999999999e-8, '6.399999999999999e-08', '6.399999999999999e-08'],
  [100_000, '100000', '100000.0'],
  [999_999.5, '999999.5', '999999.5'],
  [1_000_000, '1e+06', '1e+06'],
  [1_234_567, '1.234567e+06', '1.234567e+06'],
  [1e21, '1e+21', '1e+21'],
  [Infinity, '+Inf', '+Inf'],
  [-Infinity, '-Inf', '-Inf'],
  [Number.NaN, 'NaN', 'NaN'],
])('a bound of %d is written as Go writes it', (bound, text, float) => {
  expect(formatBound(bound)).toBe(text)
  expect(formatFloatBound(bound)).toBe(float)
})

function read(bound: string): readonly string[] {
  return normalizeBounds(['a', '1', 'le', bound, 'b', '1'], 'bucket')
}

test('bounds are the same text, however they were written', () => {
  for (const bound of ['1', '1.0', '1e0', '+1', '01'])
    expect(read(bound)).toEqual(['a', '1', 'le', '1.0', 'b', '1'])
  for (const bound of ['Inf', '+inf', 'infinity'])
    expect(read(bound)).toEqual(['a', '1', 'le', '+Inf', 'b', '1'])
  for (const bound of ['', 'x', 'NaN', '0x1']) expect(read(bound)).toEqual(['a', '1', 'le', bound, 'b', '1'])
  expect(normalizeBounds(['le', '1'], 'none')).toEqual(['le', '1'])
  expect(normalizeBounds(['quantile', '1'], 'quantile')).toEqual(['quantile', '1.0'])
})

test('a bound is a label, not a value', () => {
  expect(boundLabelOf(['a', 'le', 'quantile', 'le'])).toBe('quantile')
  expect(boundLabelOf(['a', 'le'])).toBe('')
})
