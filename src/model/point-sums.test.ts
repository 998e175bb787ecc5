import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exponentialToHistogram } from './exponential-buckets.ts'
import { addPoints } from './point-sums.ts'
import type { ExponentialHistogramPoint, HistogramPoint, Point } from './point.ts'

const totals = { count: 3, sum: 6, min: 1, max: 3 }
const histogram: HistogramPoint = { kind: 'histogram', ...totals, bounds: [1, 2], counts: [1, 1, 1] }

test('histograms with the same bounds add up', () => {
  expect(addPoints(histogram, { ...histogram, bounds: [1, 2], min: 0, max: 2 })).toEqual({
    kind: 'histogram',
    count: 6,
    sum: 12,
    min: 0,
    max: 3,
    bounds: [1, 2],
    counts: [2, 2, 2],
  })
})

test.each<[string, Point]>([
  ['other bounds', { ...histogram, bounds: [1, 3] }],
  ['more bounds', { ...histogram, bounds: [1, 2, 3], counts: [1, 1, 1, 0] }],
  ['a summary', { kind: 'summary', count: 1, sum: 1, quantiles: [] }],
])('a histogram does not add up with %s', (_, other) => {
  expect(addPoints(histogram, other)).toBeUndefined()
})

test('what one of the two does not know, the sum does not know', () => {
  const { sum, min, max } = addPoints(histogram, {
    ...histogram,
    sum: undefined,
    min: undefined,
    max: undefined,
  }) as HistogramPoint
  expect([sum, min, max]).toEqual([undefined, undefined, undefined])
})

test('counts beyond 2^53 are exact', () => {
  const large = { ...histogram, count: 2n ** 60n, counts: [2n ** 60n, 0, 0] }
  expect(addPoints(large, { ...histogram, count: 1, counts: [1, 0, 0] })).toMatchObject({
    count: 2n ** 60n + 1n,
    counts: [2n ** 60n + 1n, 0, 0],
  })
})

function exponential(
  scale: number,
  zeroThreshold: number,
  positive: number[],
  offset = 0,
): ExponentialHistogramPoint {
  const count = positive.reduce((sum, each) => sum + each, 1)
  return {
    kind: 'exponential_histogram',
    count,
    sum: 1,
    min: undefined,
    max: undefined,
    scale,
    zeroCount: 1,
    zeroThreshold,
    positive: { offset, counts: positive },
    negative: { offset, counts: [] },
  }
}

test('exponential histograms meet at the coarser scale', () => {
  expect(addPoints(exponential(1, 0, [1, 2, 3], -1), exponential(0, 0, [10], 3))).toMatchObject({
    scale: 0,
    zeroCount: 2,
    positive: { offset: -1, counts: [1, 5, 0, 0, 10] },
  })
})

test('buckets within the wider zero bucket are zeros', () => {
  expect(addPoints(exponential(0, 0, [1, 2, 3]), exponential(0, 2, [], 0))).toMatchObject({
    zeroThreshold: 2,
    zeroCount: 3,
    positive: { offset: 1, counts: [2, 3] },
  })
})

/** How many values are counted at or below a bound that both sides have. */
function countedBelow(point: ExponentialHistogramPoint, bound: number): number {
  const { bounds, counts } = exponentialToHistogram(point)
  let total = 0
  for (const [index, each] of bounds.entries()) if (each <= bound) total += Number(counts[index])
  return total
}

test('no value is lost or moved over a bound of the sum', () => {
  const point = fc
    .tuple(
      fc.integer({ min: -2, max: 4 }),
      fc.array(fc.nat(9), { maxLength: 12 }),
      fc.integer({ min: -20, max: 20 }),
    )
    .map(([scale, counts, offset]) => exponential(scale, 0, counts, offset))
  fc.assert(
    fc.property(point, point, (first, second) => {
      const sum = addPoints(first, second) as ExponentialHistogramPoint
      for (const bound of exponentialToHistogram(sum).bounds)
        expect(countedBelow(sum, bound)).toBe(countedBelow(first, bound) + countedBelow(second, bound))
      expect(sum.count).toBe(Number(first.count) + Number(second.count))
    }),
  )
})
