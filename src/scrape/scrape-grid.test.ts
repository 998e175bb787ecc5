import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstDelay } from './scrape-grid.ts'

const own = { intervalMs: 15_000, alignMs: 0, offsetMs: undefined }

describe('the first scrape', () => {
  test('is at the same place of the interval whenever it is asked for', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(2 ** 40), fc.nat(2 ** 40), (name, first, second) => {
        const place = (now: number): number => (now + firstDelay([name], own, now)) % own.intervalMs
        expect(place(first)).toBe(place(second))
        expect(firstDelay([name], own, first)).toBeLessThan(own.intervalMs)
      }),
    )
  })

  test('spreads targets over the interval', () => {
    const tenths = Array.from({ length: 10 }, () => 0)
    for (let target = 0; target < 1000; target++) {
      const tenth = Math.floor(firstDelay([`http://10.0.0.${target}:9100/metrics`], own, 0) / 1500)
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
    }
    for (const count of tenths) expect(Math.abs(count - 100)).toBeLessThan(50)
  })

  test.each([
    [15_000, 20],
    [1000, 10],
    [50, 1],
  ])(
    'of an interval of %i ms begins at a multiple of %i ms, so that targets are scraped together',
    (intervalMs, step) => {
      const delays = Array.from({ length: 2000 }, (_, target) =>
        firstDelay([`${target}`], { ...own, intervalMs }, 0),
      )
      expect(delays.filter((delay) => delay % step !== 0 || delay >= intervalMs)).toEqual([])
      expect(new Set(delays).size).toBeGreaterThan(Math.min(700, intervalMs / step) * 0.9)
    },
  )

  test.each([
    ['on multiples of the interval and an offset', { ...own, offsetMs: 4000 }, 10_000, 9000],
    ['the offset having come', { ...own, offsetMs: 4000 }, 4000, 0],
    ['on multiples of what it is aligned to', { ...own, alignMs: 60_000 }, 10_000, 50_000],
    ['aligned, and an offset', { ...own, alignMs: 60_000, offsetMs: 5000 }, 10_000, 55_000],
  ])('can be %s', (_, options, now, expected) => {
    expect(firstDelay(['a'], options, now)).toBe(expected)
  })
})
