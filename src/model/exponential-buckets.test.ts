import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ExponentialHistogram,
} from '@opentelemetry/sdk-metrics'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exponentialBound, exponentialToHistogram } from './exponential-buckets.ts'
import type { ExponentialHistogramPoint } from './point.ts'

const empty: ExponentialHistogramPoint = {
  kind: 'exponential_histogram',
  count: 0,
  sum: undefined,
  min: undefined,
  max: undefined,
  scale: 0,
  zeroCount: 0,
  zeroThreshold: 0,
  positive: { offset: 0, counts: [] },
  negative: { offset: 0, counts: [] },
}

/** What OpenTelemetry's SDK makes of these values. */
async function recorded(values: readonly number[]): Promise<ExponentialHistogramPoint> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    views: [
      {
        instrumentName: 'x',
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 20 } },
      },
    ],
  })
  const histogram = provider.getMeter('test').createHistogram('x')
  for (const value of values) histogram.record(value)
  await provider.forceFlush()
  const [point] = exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics[0]?.dataPoints ?? []
  await provider.shutdown()
  if (point === undefined) throw new Error('nothing was recorded')
  const { count, scale, zeroCount, positive } = point.value as ExponentialHistogram
  return {
    ...empty,
    count,
    scale,
    zeroCount,
    positive: { offset: positive.offset, counts: positive.bucketCounts },
  }
}

/** Bounds are computed: a value within their rounding may be on either side. */
function slightly(bound: number, side: number): number {
  return bound * (1 + side * 1e-12)
}

test("every bound counts the values up to it that OpenTelemetry's SDK recorded", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e9, noNaN: true })), {
        minLength: 1,
        maxLength: 30,
      }),
      async (values) => {
        const { bounds, counts, count } = exponentialToHistogram(await recorded(values))
        let below = 0
        const cumulative = bounds.map((_, index) => (below += Number(counts[index])))
        const least = bounds.map((bound) => values.filter((value) => value <= slightly(bound, -1)).length)
        const most = bounds.map((bound) => values.filter((value) => value <= slightly(bound, 1)).length)
        expect(cumulative.every((each, index) => each >= (least[index] ?? 0))).toBe(true)
        expect(cumulative.every((each, index) => each <= (most[index] ?? 0))).toBe(true)
        expect(count).toBe(values.length)
        expect(below + Number(counts.at(-1))).toBe(values.length)
      },
    ),
    { numRuns: 50 },
  )
})

test('the negative buckets come first, in reverse, then the zero bucket', () => {
  const point = {
    ...empty,
    count: 21,
    scale: 0,
    zeroCount: 4,
    zeroThreshold: 0.5,
    positive: { offset: 1, counts: [5, 6] },
    negative: { offset: 2, counts: [3, 2, 1] },
  }
  expect(exponentialToHistogram(point)).toMatchObject({
    bounds: [-16, -8, -4, 0.5, 4, 8],
    counts: [1, 2, 3, 4, 5, 6, 0],
  })
})

test('bounds that doubles cannot tell apart, or cannot hold, are one bucket', () => {
  const tiny = { ...empty, zeroCount: 1, positive: { offset: -2000, counts: [1, 1] } }
  expect(exponentialToHistogram(tiny)).toMatchObject({ bounds: [0], counts: [3, 0] })
  const huge = {
    ...empty,
    positive: { offset: 1022, counts: [1, 2, 4] },
    negative: { offset: 1023, counts: [8, 16] },
  }
  expect(exponentialToHistogram(huge)).toMatchObject({
    bounds: [-Number.MAX_VALUE, -(2 ** 1023), 0, 2 ** 1023],
    counts: [16, 8, 0, 1, 6],
  })
})

test('bounds follow the scale', () => {
  expect(exponentialBound(0, 10)).toBe(1024)
  expect(exponentialBound(-2, 1)).toBe(16)
  expect(exponentialBound(1, 3)).toBeCloseTo(2 ** 1.5, 12)
})
