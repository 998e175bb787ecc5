import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDuration } from './duration.ts'

test.each([
  ['0', 0],
  ['+0', 0],
  ['15s', 15_000],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['1.s', 1000],
  ['100us', 0.1],
  ['100µs', 0.1],
  ['100μs', 0.1],
  ['1500ns', 0.0015],
  ['1h1m1s1ms', 3_661_001],
])('%s is %d ms', (text, expected) => {
  expect(parseDuration(text)).toBeCloseTo(expected, 9)
})

test.each([
  '',
  '5',
  '-5s',
  's',
  '.s',
  '1d',
  '1w',
  '5 s',
  '5S',
  '1s ',
  '1e3s',
  '٣s',
  'Infinitys',
  '1'.repeat(70) + 's',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})

test('whole seconds, minutes and hours add up', () => {
  const natural = fc.nat({ max: 10_000 })
  fc.assert(
    fc.property(natural, natural, natural, (hours, minutes, seconds) => {
      expect(parseDuration(`${hours}h${minutes}m${seconds}s`)).toBe(
        ((hours * 60 + minutes) * 60 + seconds) * 1000,
      )
    }),
  )
})
