import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ExponentialHistogramPoint, HistogramPoint } from '#src/model/point.ts'
import { encodeHistogram, explicitToNative, exponentialToNative } from './native-histogram.ts'
import { MessageWriter } from './message-writer.ts'
import { readRequest, type ReadHistogram } from '#src/testing/remote-write.ts'

/** A histogram as a receiver reads it. */
function read(message: Buffer): ReadHistogram {
  const series = new MessageWriter()
  series.bytes(4, message)
  const request = new MessageWriter()
  request.bytes(1, series.take())
  const histogram = readRequest(request.take()).series[0]?.histograms[0]
  if (histogram === undefined) throw new Error('there is no histogram')
  return histogram
}

function exponential(change: Partial<ExponentialHistogramPoint>): ExponentialHistogramPoint {
  const none = { offset: 0, counts: [] }
  return {
    kind: 'exponential_histogram',
    count: 0,
    sum: 0,
    min: undefined,
    max: undefined,
    scale: 0,
    zeroCount: 0,
    zeroThreshold: 0.5,
    positive: none,
    negative: none,
    ...change,
  }
}

const buckets = fc.record({
  offset: fc.integer({ min: -500, max: 500 }),
  counts: fc.array(fc.oneof(fc.constant(0), fc.nat(1000)), { maxLength: 40 }),
})

/** What buckets become, by the definition: those that 2^shift of them make, by the upper bound's index. */
function joined(
  { offset, counts }: { offset: number; counts: readonly number[] },
  shift: number,
): Map<number, number> {
  const all = new Map<number, number>()
  for (const [index, count] of counts.entries()) {
    if (count === 0) continue
    const into = Math.floor((offset + index) / 2 ** shift) + 1
    all.set(into, (all.get(into) ?? 0) + count)
  }
  return all
}

test('buckets keep their counts, whatever the scale, the gaps and the sign', () => {
  fc.assert(
    fc.property(buckets, buckets, fc.integer({ min: -4, max: 14 }), (positive, negative, scale) => {
      const native = exponentialToNative(exponential({ positive, negative, scale, count: 7 }))
      const histogram = read(encodeHistogram(native, 5, 0))
      const shift = Math.max(0, scale - 8)
      expect(histogram).toMatchObject({ schema: scale - shift, count: 7, time: 5, startTime: 0 })
      expect(histogram.positive).toEqual(joined(positive, shift))
      expect(histogram.negative).toEqual(joined(negative, shift))
    }),
  )
})

test('a scale that is coarser than Prometheus knows has no native form', () => {
  expect(exponentialToNative(exponential({ scale: -5 }))).toBeUndefined()
})

test('counts beyond 2^53 are exact, and a sum may be missing', () => {
  const native = exponentialToNative(
    exponential({
      count: 2n ** 64n - 1n,
      sum: undefined,
      zeroCount: 2n ** 60n,
      positive: { offset: 0, counts: [2n ** 50n, 1] },
    }),
  )
  expect(read(encodeHistogram(native, 1, 0))).toMatchObject({
    count: 2n ** 64n - 1n,
    sum: 0,
    zeroCount: 2n ** 60n,
    positive: new Map([
      [1, 2 ** 50],
      [2, 1],
    ]),
  })
})

test('the staleness marker is in the sum, and there are no buckets', () => {
  expect(read(encodeHistogram(undefined, -5, 0))).toMatchObject({
    stale: true,
    time: -5,
    positive: new Map(),
    negative: new Map(),
  })
})

function explicit(bounds: readonly number[], counts: readonly number[]): HistogramPoint {
  return {
    kind: 'histogram',
    count: counts.reduce((sum, each) => sum + each, 0),
    sum: 9,
    min: undefined,
    max: undefined,
    bounds,
    counts,
  }
}

test.each([
  ['with buckets that count nothing', [1, 2, 3], [4, 0, 5, 6], [1, 2, 3], { 0: 4, 2: 5, 3: 6 }],
  ['without bounds', [], [7], [], { 0: 7 }],
  ['with infinity as a bound', [1, Infinity], [1, 2, 4], [1], { 0: 1, 1: 6 }],
  ['with a bound that is there twice', [1, 1, 2], [1, 2, 4, 8], [1, 2], { 0: 1, 1: 6, 2: 8 }],
])('explicit bounds %s become custom buckets', (_, bounds, counts, customValues, expected) => {
  const histogram = read(encodeHistogram(explicitToNative(explicit(bounds, counts)), 1, 2))
  expect(histogram).toMatchObject({ schema: -53, customValues, startTime: 2, sum: 9, zeroThreshold: 0 })
  expect(Object.fromEntries(histogram.positive)).toEqual(expected)
})
