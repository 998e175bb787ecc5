import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatPrometheusDuration,
  parseDuration,
  parsePrometheusDuration,
  prometheusDurationPattern,
} from './duration.ts'

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

test.each([
  ['0', 0],
  ['15s', 15_000],
  ['1m30s', 90_000],
  ['1h1ms', 3_600_001],
  ['1d12h', 129_600_000],
  ['2w', 1_209_600_000],
  ['1y1w1d1h1m1s1ms', 31_536_000_000 + 604_800_000 + 86_400_000 + 3_661_001],
])('%s of Prometheus is %d ms', (text, expected) => {
  expect(parsePrometheusDuration(text)).toBe(expected)
  expect(new RegExp(prometheusDurationPattern).test(text)).toBe(true)
})

test.each(['', '1', '1.5s', '1s1m', '1us', '-1s', '+1s', 's', '1m 30s'])(
  '%j is no duration of Prometheus',
  (text) => {
    expect(parsePrometheusDuration(text)).toBeUndefined()
    expect(new RegExp(prometheusDurationPattern).test(text)).toBe(false)
  },
)

test('durations are written as Prometheus writes them, and read again', () => {
  const shown = [0, 15_000, 60_000, 90_000, 604_800_000, 691_200_000, 31_536_000_000, 1500]
  expect(shown.map(formatPrometheusDuration)).toEqual([
    '0s',
    '15s',
    '1m',
    '1m30s',
    '1w',
    '8d',
    '1y',
    '1s500ms',
  ])
  fc.assert(
    fc.property(fc.nat(), (milliseconds) => {
      expect(parsePrometheusDuration(formatPrometheusDuration(milliseconds))).toBe(milliseconds)
    }),
  )
})
