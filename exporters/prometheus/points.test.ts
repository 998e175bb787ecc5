import { describe, expect, test } from 'vitest'
import { internAttributes } from '#src/model/attribute-set.ts'
import { Batch, staleBatch } from '#src/model/batch.ts'
import type { HistogramPoint, Point } from '#src/model/point.ts'
import { Source } from '#src/model/source.ts'
import { batchOf, layoutOf, series, type SeriesOptions } from '#src/testing/series.ts'
import { openMetricsAccept, testExposition } from './test-exporter.ts'

const histogram = { kind: 'histogram' } as const
const delta = { temporality: 'delta' } as const

function histogramPoint(counts: number[], bounds = [0.5, 10]): HistogramPoint {
  const count = counts.reduce((total, each) => total + each, 0)
  return { kind: 'histogram', count, sum: 7, min: undefined, max: undefined, bounds, counts }
}

function onePoint(options: SeriesOptions, point: Point, columns: Parameters<typeof batchOf>[1] = {}): Batch {
  return batchOf([[series('x', { a: '1' }, options), 0]], { points: [point], ...columns })
}

function part(
  role: 'bucket' | 'sum' | 'count' | 'created' | 'quantile',
  attributes: Record<string, string>,
  kind: 'histogram' | 'summary' = 'histogram',
) {
  return series('x', attributes, { kind, role })
}

function trace(id: string) {
  return internAttributes(['trace_id', id, 'span.id', '1'])
}

describe('points', () => {
  test('a histogram is its buckets, ascending, its sum and its count', async () => {
    const { take, text } = testExposition()
    take(onePoint(histogram, histogramPoint([1, 2, 3])))
    expect(await text()).toBe(`# TYPE x histogram
x_bucket{a="1",le="0.5"} 1
x_bucket{a="1",le="10"} 3
x_bucket{a="1",le="+Inf"} 6
x_sum{a="1"} 7
x_count{a="1"} 6
`)
    expect(await text(openMetricsAccept)).toContain('x_bucket{a="1",le="10.0"} 3\n')
  })

  test('an exponential histogram has the bounds of its buckets', async () => {
    const { take, text } = testExposition()
    take(
      onePoint(
        { kind: 'exponential_histogram' },
        {
          kind: 'exponential_histogram',
          count: 6,
          sum: 12,
          min: undefined,
          max: undefined,
          scale: 0,
          zeroCount: 1,
          zeroThreshold: 0,
          positive: { offset: 0, counts: [2, 3] },
          negative: { offset: 0, counts: [] },
        },
      ),
    )
    expect(await text()).toBe(`# TYPE x histogram
x_bucket{a="1",le="0"} 1
x_bucket{a="1",le="2"} 3
x_bucket{a="1",le="4"} 6
x_bucket{a="1",le="+Inf"} 6
x_sum{a="1"} 12
x_count{a="1"} 6
`)
  })

  test('a summary is its quantiles, its sum and its count', async () => {
    const { take, text } = testExposition()
    const quantiles = [
      { quantile: 0.5, value: 1 },
      { quantile: 1, value: Number.NaN },
    ]
    take(onePoint({ kind: 'summary' }, { kind: 'summary', count: 3, sum: 4.5, quantiles }))
    expect(await text()).toBe(
      '# TYPE x summary\nx{a="1",quantile="0.5"} 1\nx{a="1",quantile="1"} NaN\nx_sum{a="1"} 4.5\nx_count{a="1"} 3\n',
    )
  })

  test('a gauge histogram has sums and counts that may fall, in OpenMetrics by their own names', async () => {
    const { take, text } = testExposition()
    take(onePoint({ kind: 'gauge_histogram' }, histogramPoint([1], [])))
    expect(await text()).toBe(
      '# TYPE x histogram\nx_bucket{a="1",le="+Inf"} 1\nx_sum{a="1"} 7\nx_count{a="1"} 1\n',
    )
    expect(await text(openMetricsAccept)).toBe(
      '# TYPE x gaugehistogram\nx_bucket{a="1",le="+Inf"} 1\nx_gsum{a="1"} 7\nx_gcount{a="1"} 1\n# EOF\n',
    )
  })

  test('an attribute that is named as the bound is left out; without labels there is the bound alone', async () => {
    const { take, text } = testExposition()
    take(
      batchOf(
        [
          [series('x', { le: 'mine' }, histogram), 0],
          [series('y', {}, histogram), 0],
        ],
        {
          points: [histogramPoint([1], []), { ...histogramPoint([1], []), sum: undefined }],
        },
      ),
    )
    expect(await text()).toBe(
      '# TYPE x histogram\nx_bucket{le="+Inf"} 1\nx_sum 7\nx_count 1\n# TYPE y histogram\ny_bucket{le="+Inf"} 1\ny_count 1\n',
    )
  })

  test('a histogram without its point is dropped for that reason', async () => {
    const { take, text, dropped } = testExposition()
    take(
      batchOf([
        [series('x', {}, histogram), 0],
        [series('y'), 1],
      ]),
    )
    expect(dropped()).toEqual({ no_point: 1 })
    expect(await text()).toBe('# TYPE y gauge\ny 1\n')
  })

  test('counts beyond 2^53 are the nearest double', async () => {
    const { take, text } = testExposition()
    const count = 2n ** 63n + 1n
    take(onePoint(histogram, { ...histogramPoint([0], []), count, counts: [count] }))
    expect(await text()).toContain('x_count{a="1"} 9223372036854776000\n')
  })
})

describe('parts that came as series', () => {
  test('keep their place under the family, buckets in the order of their bounds', async () => {
    const { take, text } = testExposition()
    take(
      batchOf([
        [part('count', { a: '2' }), 8],
        [part('bucket', { a: '2', le: '+Inf' }), 7],
        [part('bucket', { a: '2', le: '10' }), 6],
        [part('bucket', { a: '2', le: '9.0' }), 5],
        [part('bucket', { a: '2', le: 'odd' }), 4],
        [part('sum', { a: '2' }), 3],
        [part('bucket', { le: '1' }), 2],
        [part('count', { a: '1' }), 1],
      ]),
    )
    expect(await text()).toBe(`# TYPE x histogram
x_bucket{le="1"} 2
x_count{a="1"} 1
x_bucket{a="2",le="9"} 5
x_bucket{a="2",le="10"} 6
x_bucket{a="2",le="+Inf"} 7
x_bucket{a="2",le="odd"} 4
x_sum{a="2"} 3
x_count{a="2"} 8
`)
    expect(await text(openMetricsAccept)).toContain('x_bucket{a="2",le="9.0"} 5\n')
  })

  test('quantiles likewise', async () => {
    const { take, text } = testExposition()
    take(
      batchOf([
        [part('sum', {}, 'summary'), 3],
        [part('quantile', { quantile: '0.9' }, 'summary'), 2],
        [part('quantile', { quantile: '0.5' }, 'summary'), 1],
      ]),
    )
    expect(await text()).toBe('# TYPE x summary\nx{quantile="0.5"} 1\nx{quantile="0.9"} 2\nx_sum 3\n')
  })

  test('a start time is a gauge of its own in the text format, and the last line of its metric in OpenMetrics', async () => {
    const { take, text } = testExposition()
    const counter = { kind: 'sum', monotonic: true } as const
    take(
      batchOf([
        [part('count', { a: '1' }), 1],
        [part('created', { a: '1' }), 1.5],
        [part('count', { a: '2' }), 2],
        [series('c', {}, { ...counter, role: 'total' }), 3],
        [series('c', {}, { ...counter, role: 'created' }), 4],
        [series('c', { other: '1' }, { ...counter, role: 'total' }), 5],
      ]),
    )
    expect(await text()).toBe(`# TYPE c_created gauge
c_created 4
# TYPE c_total counter
c_total 3
c_total{other="1"} 5
# TYPE x histogram
x_count{a="1"} 1
x_count{a="2"} 2
# TYPE x_created gauge
x_created{a="1"} 1.5
`)
    expect(await text(openMetricsAccept)).toBe(`# TYPE c counter
c_total 3
c_created 4
c_total{other="1"} 5
# TYPE x histogram
x_count{a="1"} 1
x_created{a="1"} 1.5
x_count{a="2"} 2
# EOF
`)
  })

  test('points and parts do not mix in one family', async () => {
    const { take, dropped } = testExposition()
    take(
      batchOf([[part('count', {}), 1]], { source: new Source('scraped', '') }),
      onePoint(histogram, histogramPoint([1], [])),
    )
    expect(dropped()).toEqual({ type_conflict: 1 })
  })

  test('a part that its kind does not have is a series of its own', async () => {
    const { take, text } = testExposition()
    take(batchOf([[series('x', {}, { kind: 'summary', role: 'bucket' }), 1]]))
    expect(await text()).toBe('# TYPE x_bucket untyped\nx_bucket 1\n')
  })
})

describe('exemplars', () => {
  test('a counter and each bucket show their newest one, in OpenMetrics alone', async () => {
    const { take, text } = testExposition()
    take(
      batchOf(
        [
          [series('c', {}, { kind: 'sum', monotonic: true }), 5],
          [series('x', {}, histogram), 0],
          [series('g'), 1],
        ],
        {
          points: [undefined, histogramPoint([1, 1, 1], [1, 2]), undefined],
          exemplars: [
            { slot: 0, value: 1, time: 1000, attributes: trace('a') },
            { slot: 1, value: 0.5, time: 2000, attributes: trace('old') },
            { slot: 1, value: 0.75, time: 3000n * 1_000_000n, attributes: trace('b') },
            { slot: 1, value: 2, time: 0, attributes: trace('c') },
            { slot: 1, value: 9n, time: 1500, attributes: internAttributes([]) },
            { slot: 2, value: 9n, time: 1500, attributes: trace('none') },
          ],
        },
      ),
    )
    expect(await text(openMetricsAccept)).toBe(`# TYPE c counter
c_total 5 # {span_id="1",trace_id="a"} 1 1
# TYPE g gauge
g 1
# TYPE x histogram
x_bucket{le="1.0"} 1 # {span_id="1",trace_id="b"} 0.75 3
x_bucket{le="2.0"} 2 # {span_id="1",trace_id="c"} 2
x_bucket{le="+Inf"} 3 # {} 9 1.5
x_sum 7
x_count 3
# EOF
`)
    expect(await text()).not.toContain(' # ')
  })

  test('labels of more than 128 characters leave the trace, and where that is too long nothing', async () => {
    const { take, text } = testExposition()
    const long = 'é'.repeat(100)
    take(
      batchOf(
        ['a', 'b', 'c'].map((n) => [series('c', { n }, { kind: 'sum', monotonic: true }), 1] as const),
        {
          exemplars: [
            { slot: 0, value: 1, time: 1, attributes: internAttributes(['trace_id', 't', 'k', long]) },
            {
              slot: 1,
              value: 1,
              time: 1,
              attributes: internAttributes(['trace_id', 't', 'k', long, 'k2', long]),
            },
            { slot: 2, value: 1, time: 1, attributes: internAttributes(['trace_id', long, 'span_id', long]) },
          ],
        },
      ),
    )
    const lines = (await text(openMetricsAccept)).split('\n')
    expect(lines.slice(1, 4)).toEqual([
      `c_total{n="a"} 1 # {k="${long}",trace_id="t"} 1 0.001`,
      'c_total{n="b"} 1 # {trace_id="t"} 1 0.001',
      'c_total{n="c"} 1',
    ])
  })

  test('are those of the latest sample', async () => {
    const { take, text } = testExposition()
    const layout = layoutOf([series('c', {}, { kind: 'sum', monotonic: true })])
    const values = Float64Array.of(1)
    const exemplars = [{ slot: 0, value: 1, time: 1, attributes: internAttributes([]) }]
    take(new Batch(layout, { time: 1, values, exemplars, slots: Int32Array.of(0) }))
    expect(await text(openMetricsAccept)).toContain('c_total 1 # {} 1 0.001')
    take(new Batch(layout, { time: 2, values, slots: Int32Array.of(0) }))
    expect(await text(openMetricsAccept)).toContain('c_total 1\n')
  })
})

describe('deltas', () => {
  const counter = { kind: 'sum', monotonic: true, ...delta } as const

  test('sums accumulate from their first point on, gaps or not', async () => {
    const { take, text, context } = testExposition({ created_samples: true })
    const layout = layoutOf([series('c', {}, counter), series('g')])
    const at = (time: number, startTime: number, value: number): Batch =>
      new Batch(layout, { time, startTime, values: Float64Array.of(value, value) })
    take(at(20, 10, 5), at(30, 20, 6), at(50, 40, 7))
    expect(await text()).toBe('# TYPE c_total counter\nc_total 18\n# TYPE g gauge\ng 7\n')
    expect(await text(openMetricsAccept)).toContain('c_total 18\nc_created 0.01\n')
    expect(context.ledger.delivered).toBe(6)
  })

  test('points that are not newer, older than the count, negative or no number are dropped', async () => {
    const { take, text, dropped } = testExposition()
    const layout = layoutOf([series('c', {}, counter)])
    const at = (time: number, startTime: number | undefined, value: number): Batch =>
      new Batch(layout, { time, startTime, values: Float64Array.of(value) })
    take(
      at(20, 10, 5),
      at(20, 10, 6),
      at(15, 12, 6),
      at(30, 5, 7),
      at(40, 30, -1),
      at(50, 40, Number.NaN),
      at(60, undefined, 1),
    )
    expect(await text()).toBe('# TYPE c_total counter\nc_total 6\n')
    expect(dropped()).toEqual({ out_of_order: 3, invalid_value: 2 })
  })

  test('sums that may fall are dropped: where they began is not known', async () => {
    const { take, text, dropped } = testExposition()
    take(
      batchOf([
        [series('u', {}, { kind: 'sum', ...delta }), 1],
        [series('g'), 2],
      ]),
    )
    expect(await text()).toBe('# TYPE g gauge\ng 2\n')
    expect(dropped()).toEqual({ delta_temporality: 1 })
  })

  test('histograms accumulate, and begin anew when their bounds change', async () => {
    const { take, text } = testExposition()
    const layout = layoutOf([series('x', {}, { ...histogram, ...delta })])
    const at = (time: number, point: Point): Batch =>
      new Batch(layout, { time, startTime: time - 10, values: Float64Array.of(0), points: [point] })
    take(at(10, histogramPoint([1, 2, 3])), at(20, histogramPoint([1, 1, 1])))
    expect(await text()).toBe(
      '# TYPE x histogram\nx_bucket{le="0.5"} 2\nx_bucket{le="10"} 5\nx_bucket{le="+Inf"} 9\nx_sum 14\nx_count 9\n',
    )
    take(at(30, histogramPoint([4, 0], [1])))
    expect(await text()).toBe(
      '# TYPE x histogram\nx_bucket{le="1"} 4\nx_bucket{le="+Inf"} 4\nx_sum 7\nx_count 4\n',
    )
  })

  test('a series that ended begins anew', async () => {
    const { take, text } = testExposition()
    const layout = layoutOf([series('c', {}, counter), series('d', {}, counter)])
    const at = (time: number): Batch =>
      new Batch(layout, { time, startTime: time - 1, values: Float64Array.of(1, 1) })
    take(at(1), at(2), staleBatch(layout, Int32Array.of(0), 3), at(4))
    expect(await text()).toBe('# TYPE c_total counter\nc_total 1\n# TYPE d_total counter\nd_total 3\n')
  })
})
