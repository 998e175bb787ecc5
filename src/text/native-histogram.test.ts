import { describe, expect, test } from 'vitest'
import { ExpositionError } from './exposition-error.ts'
import {
  nativePoint,
  schemaOfFactor,
  type NativeHistogram,
  type ResolutionLimits,
} from './native-histogram.ts'

/** A histogram of schema 3 with one observation in each of the positive buckets 1 to 8 and the negative ones 1 and 2. */
const fine: NativeHistogram = {
  float: false,
  count: 10,
  sum: 1,
  schema: 3,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: { spans: [{ offset: 1, length: 8 }], deltas: [1, 0, 0, 0, 0, 0, 0, 0], counts: [] },
  negative: { spans: [{ offset: 1, length: 2 }], deltas: [1, 0], counts: [] },
}

/** Scale, and counts of both signs, at these limits. */
function shapeAt(limits: ResolutionLimits, histogram = fine): unknown[] {
  const { scale, positive, negative } = nativePoint(histogram, limits)
  return [scale, positive.counts, negative.counts]
}

describe('a native histogram', () => {
  test.each<[number, unknown[]]>([
    [0, [3, [1, 1, 1, 1, 1, 1, 1, 1], [1, 1]]],
    [10, [3, [1, 1, 1, 1, 1, 1, 1, 1], [1, 1]]],
    [9, [2, [2, 2, 2, 2], [2]]],
    [5, [2, [2, 2, 2, 2], [2]]],
    [4, [1, [4, 4], [2]]],
    [2, [0, [8], [2]]],
  ])('of at most %i buckets is as fine as that lets it be', (bucketLimit, shape) => {
    expect(shapeAt({ bucketLimit })).toEqual(shape)
  })

  test('that has too many however coarse they are breaks the limit', () => {
    expect(() => nativePoint(fine, { bucketLimit: 1 })).toThrow(ExpositionError)
    expect(() => nativePoint(fine, { bucketLimit: 1 })).toThrow(/bucket limit exceeded/)
  })

  test('counts the buckets that are there, not the gaps between them', () => {
    const sparse = {
      ...fine,
      count: 2,
      positive: {
        spans: [
          { offset: 1, length: 1 },
          { offset: 98, length: 1 },
        ],
        deltas: [1, 0],
        counts: [],
      },
      negative: { spans: [], deltas: [], counts: [] },
    }
    expect(nativePoint(sparse, { bucketLimit: 2 }).scale).toBe(3)
  })

  test('is no finer than the finest schema', () => {
    expect(shapeAt({ finestSchema: 2 })).toEqual([2, [2, 2, 2, 2], [2]])
    expect(shapeAt({ finestSchema: 5 })[0]).toBe(3)
  })
})

// The values of Prometheus' documentation of native_histogram_min_bucket_factor.
test.each([
  [65_536, -4],
  [1e9, -4],
  [256, -3],
  [16, -2],
  [4, -1],
  [2, 0],
  [1.4, 1],
  [1.1, 2],
  [1.09, 3],
  [1.04, 4],
  [1.02, 5],
  [1.01, 6],
  [1.005, 7],
  [1.002, 8],
  [1.0001, 8],
])('buckets that grow by %f at least are those of schema %i', (factor, schema) => {
  expect(schemaOfFactor(factor)).toBe(schema)
})
