import fc from 'fast-check'
import type { Point } from '#src/model/point.ts'

const count = fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
const optional = fc.option(fc.double(), { nil: undefined })
const buckets = fc.record({
  offset: fc.integer({ min: -1000, max: 1000 }),
  counts: fc.array(count, { maxLength: 4 }),
})
/** Any points of each kind, counts beyond 2^53 among them. */
export const pointArbitraries = {
  histogram: fc.array(fc.double({ noNaN: true }), { maxLength: 4 }).chain((bounds) =>
    fc.record({
      kind: fc.constant('histogram' as const),
      count,
      sum: optional,
      min: optional,
      max: optional,
      bounds: fc.constant(bounds),
      counts: fc.array(count, { minLength: bounds.length + 1, maxLength: bounds.length + 1 }),
    }),
  ),
  exponential_histogram: fc.record({
    kind: fc.constant('exponential_histogram' as const),
    count,
    sum: optional,
    min: optional,
    max: optional,
    scale: fc.integer({ min: -10, max: 20 }),
    zeroCount: count,
    zeroThreshold: fc.double({ min: 0, noNaN: true }),
    positive: buckets,
    negative: buckets,
  }),
  summary: fc.record({
    kind: fc.constant('summary' as const),
    count,
    sum: fc.double(),
    quantiles: fc.array(fc.record({ quantile: fc.double({ min: 0, max: 1 }), value: fc.double() }), {
      maxLength: 3,
    }),
  }),
} as const satisfies Record<Point['kind'], fc.Arbitrary<Point>>

/** Any point of a histogram, exponential histogram or summary. */
export const pointArbitrary: fc.Arbitrary<Point> = fc.oneof(...Object.values(pointArbitraries))
