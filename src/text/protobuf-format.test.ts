import { describe, expect, test } from 'vitest'
import { internedSets } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import { makeReader, sampleLines, scrape } from '#src/testing/exposition.ts'
import {
  exemplarField,
  metricFamily,
  protobufField,
  timeField,
  type TestMetric,
} from '#src/testing/metric-family.ts'
import { ExpositionError } from './exposition-error.ts'
import type { ReaderOptions } from './exposition-reader.ts'

const { number, bytes, double, message, zigzag } = protobufField

function read(body: Buffer, options: Partial<ReaderOptions> = {}, step = 1 << 16): Batch[] {
  return scrape(makeReader(options), body, { format: 'protobuf', step })
}

function mistake(body: Buffer, options: Partial<ReaderOptions> = {}): ExpositionError {
  try {
    read(body, options)
  } catch (error) {
    if (error instanceof ExpositionError) return error
    throw error
  }
  throw new Error('this was read')
}

/** Fields of a native histogram: its counts are 3 below zero, 2 near it, and buckets 0, 1 and 4. */
const native: TestMetric['value'] = [
  number(1, 15),
  double(2, 18.5),
  zigzag(5, 3),
  double(6, 0.001),
  number(7, 2),
  message(9, zigzag(1, 2), number(2, 1)),
  message(10, number(0, 0)).subarray(0, 0),
  bytes(10, Buffer.of(6)),
  message(12, zigzag(1, 0), number(2, 2)),
  message(12, zigzag(1, 2), number(2, 1)),
  bytes(13, Buffer.of(2, 6, 2)),
]

test('counters, gauges and untyped metrics are single series', () => {
  const body = Buffer.concat([
    metricFamily('a_total', 'counter', [{ labels: ['x', '1'], value: [double(1, 5)] }], {
      help: 'says "a"\n\\',
      unit: 'seconds',
    }),
    metricFamily('g', 'gauge', [
      { value: [double(1, -0)], time: 1234 },
      { labels: ['x', 'a"b\\c\nd'], value: [double(1, Number.NaN)], time: -5 },
    ]),
    metricFamily('my.metric', 'untyped', [{ labels: ['label.name', 'ü'], value: [] }]),
  ])
  for (const step of [1, 2, 3, 1000]) {
    const [batch] = read(body, {}, step)
    expect(sampleLines(batch === undefined ? [] : [batch])).toEqual([
      'a_total{x="1"} 5',
      'g{} -0 @1234',
      'g{x="a\\"b\\\\c\\nd"} null @-5'.replace('null', 'NaN'),
      'my.metric{label.name="ü"} 0',
    ])
    expect(batch?.layout.series[0]?.metric).toMatchObject({
      name: 'a',
      descriptor: { kind: 'sum', monotonic: true, description: 'says "a"\n\\', unit: 's' },
    })
  }
})

test('summaries and classic histograms are series by part, with the bounds that OpenMetrics writes', () => {
  const body = Buffer.concat([
    metricFamily('s', 'summary', [
      {
        labels: ['x', '1'],
        value: [
          number(1, 7),
          double(2, 3.5),
          message(3, double(1, 0.5), double(2, 1)),
          message(3, double(1, 1), double(2, 2)),
          timeField(4, 100.25),
        ],
      },
    ]),
    metricFamily('h', 'histogram', [
      {
        value: [
          number(1, 9),
          double(2, 4),
          message(3, number(1, 4), double(2, 1), exemplarField(3, ['trace_id', 'ab'], 0.5, 3.25)),
          message(3, number(1, 8), double(2, 1e6)),
        ],
      },
    ]),
  ])
  const [batch] = read(body)
  expect(sampleLines(batch === undefined ? [] : [batch])).toEqual([
    's{quantile="0.5",x="1"} 1',
    's{quantile="1.0",x="1"} 2',
    's_sum{x="1"} 3.5',
    's_count{x="1"} 7',
    'h_bucket{le="1.0"} 4',
    'h_bucket{le="1e+06"} 8',
    'h_bucket{le="+Inf"} 9',
    'h_sum{} 4',
    'h_count{} 9',
  ])
  expect(batch?.layout.series.map((series) => series?.role)).toEqual([
    'quantile',
    'quantile',
    'sum',
    'count',
    'bucket',
    'bucket',
    'bucket',
    'sum',
    'count',
  ])
  expect(batch?.startTimeAt(0)).toBe(100_250)
  expect(batch?.startTimeAt(4)).toBeUndefined()
  expect(batch?.exemplars).toMatchObject([{ slot: 4, value: 0.5, time: 3250 }])
  expect(batch?.exemplars?.[0]?.attributes.entries).toEqual(['trace_id', 'ab'])
})

/** A native histogram with what is said of it. */
function said(help: string): Buffer {
  return metricFamily('h', 'histogram', [{ value: native }], { help, unit: 'seconds' })
}

/** Two buckets, a gap, and a third one; each has one observation. */
function wide(schema: number, gap: number): TestMetric[] {
  return [
    {
      value: [
        number(1, 3),
        double(2, 1),
        zigzag(5, schema),
        message(12, zigzag(1, 1), number(2, 2)),
        message(12, zigzag(1, gap), number(2, 1)),
        bytes(13, Buffer.of(2, 0, 0)),
      ],
    },
  ]
}

describe('native histograms', () => {
  const body = metricFamily('h', 'histogram', [
    { labels: ['x', '1'], value: [...native, message(3, number(1, 15), double(2, 2)), timeField(15, 7)] },
  ])

  test('are points where they are wanted', () => {
    const [batch] = read(body, { nativeHistograms: true })
    expect(batch?.size).toBe(1)
    expect(batch?.layout.series[0]).toMatchObject({
      name: 'h',
      role: 'none',
      metric: { descriptor: { kind: 'exponential_histogram', temporality: 'cumulative' } },
    })
    expect(batch?.startTimeAt(0)).toBe(7000)
    expect(batch?.points?.[0]).toEqual({
      kind: 'exponential_histogram',
      count: 15,
      sum: 18.5,
      min: undefined,
      max: undefined,
      scale: 3,
      zeroCount: 2,
      zeroThreshold: 0.001,
      positive: { offset: -1, counts: [1, 4, 0, 0, 5] },
      negative: { offset: 1, counts: [3] },
    })
  })

  test('are read by their classic buckets where they are not, and beside these where both are wanted', () => {
    const classic = [
      'h_bucket{le="2.0",x="1"} 15',
      'h_bucket{le="+Inf",x="1"} 15',
      'h_sum{x="1"} 18.5',
      'h_count{x="1"} 15',
    ]
    expect(sampleLines(read(body))).toEqual(classic)
    const [both] = read(body, { nativeHistograms: true, classicHistograms: true })
    expect(sampleLines(both === undefined ? [] : [both])).toEqual(['h{x="1"} NaN', ...classic])
    expect(both?.layout.series.map((series) => series?.metric.descriptor.kind)).toEqual([
      'exponential_histogram',
      ...classic.map(() => 'histogram'),
    ])
  })

  test('keep their series over scrapes, and what is said of them', () => {
    const before = internedSets()
    const reader = makeReader({ nativeHistograms: true, classicHistograms: true })
    const [first] = scrape(reader, said('one'), { format: 'protobuf' })
    const [second] = scrape(reader, said('two'), { format: 'protobuf' })
    expect(second?.layout).toBe(first?.layout)
    expect(second?.layout.series[0]?.metric.descriptor).toMatchObject({ description: 'two', unit: 's' })
    expect(second?.layout.series[1]?.metric.descriptor).toMatchObject({ description: 'two', unit: 's' })
    reader.dispose()
    expect(internedSets()).toEqual(before)
  })

  test('that have observed nothing are known by a span without buckets', () => {
    const [batch] = read(
      metricFamily('h', 'histogram', [{ value: [zigzag(5, 0), message(12, zigzag(1, 0), number(2, 0))] }]),
      { nativeHistograms: true },
    )
    expect(batch?.points?.[0]).toMatchObject({ count: 0, positive: { counts: [] }, negative: { counts: [] } })
  })

  test('have fractions of counts, exemplars of their own, and may measure a gauge', () => {
    const [batch] = read(
      metricFamily('h', 'gaugehistogram', [
        {
          value: [
            double(4, 3.5),
            double(2, 1),
            zigzag(5, 0),
            double(8, 0.5),
            message(12, zigzag(1, -1), number(2, 2)),
            bytes(14, Buffer.concat([double(0, 1).subarray(1), double(0, 2).subarray(1)])),
            exemplarField(16, ['a', 'b'], 5, 6),
            exemplarField(16, ['a', 'without a time'], 5),
          ],
        },
      ]),
      { nativeHistograms: true },
    )
    expect(batch?.layout.series[0]?.metric.descriptor.kind).toBe('gauge_histogram')
    expect(batch?.points?.[0]).toMatchObject({
      count: 3.5,
      zeroCount: 0.5,
      positive: { offset: -2, counts: [1, 2] },
    })
    expect(batch?.exemplars).toMatchObject([{ slot: 0, value: 5, time: 6000 }])
  })

  test('are made coarser where they are finer than can be stored, or wider than a point may be', () => {
    const points = [wide(10, 5), wide(8, 40_000), wide(0, 2 ** 30)].map(
      (metrics) => read(metricFamily('h', 'histogram', metrics), { nativeHistograms: true })[0]?.points?.[0],
    )
    // Buckets 1, 2 and 8: four become one.
    expect(points[0]).toMatchObject({ scale: 8, positive: { offset: 0, counts: [2, 1] } })
    expect(points[1]).toMatchObject({ scale: 6 })
    for (const point of points) {
      if (point?.kind !== 'exponential_histogram') throw new Error('expected a native histogram')
      expect(point.positive.counts.length).toBeLessThanOrEqual(16_384)
      expect(point.positive.counts.reduce((sum: number, count) => sum + Number(count), 0)).toBe(3)
    }
  })

  test('have exact counts beyond 2^53', () => {
    const large = 2n ** 60n + 1n
    const [batch] = read(
      metricFamily('h', 'histogram', [
        {
          value: [number(1, large), double(2, 1), message(12, zigzag(1, 1), number(2, 1)), zigzag(13, large)],
        },
      ]),
      { nativeHistograms: true },
    )
    expect(batch?.points?.[0]).toMatchObject({ count: large, positive: { offset: 0, counts: [large] } })
  })

  test.each<[string, TestMetric['value']]>([
    ['a count that is not that of its buckets', [number(1, 14), ...native.slice(1)]],
    ['counts below zero', [number(1, 0), message(12, zigzag(1, 0), number(2, 1)), zigzag(13, -1)]],
    ['more buckets than counts', [message(12, zigzag(1, 0), number(2, 1_000_000_000))]],
    ['more counts than buckets', [message(12, zigzag(1, 0), number(2, 1)), bytes(13, Buffer.of(2, 2))]],
    ['spans that go back', [message(12, zigzag(1, 0)), message(12, zigzag(1, -2))]],
    ['a schema of its own bounds', [zigzag(5, -53), message(12, zigzag(1, 0))]],
    ['a schema beyond those that are reserved', [zigzag(5, 53), message(12, zigzag(1, 0))]],
  ])('with %s are refused', (_, value) => {
    const error = mistake(metricFamily('h', 'histogram', [{ value }]), { nativeHistograms: true })
    expect(error).toMatchObject({ code: 'series' })
    expect(error.message).toContain('contradicts itself')
  })

  test('tell by their sum that they ended', () => {
    const stale = Buffer.concat([Buffer.of((2 << 3) | 1), Buffer.from('020000000000f07f', 'hex')])
    const [batch] = read(metricFamily('h', 'histogram', [{ value: [stale, message(12)] }]), {
      nativeHistograms: true,
    })
    expect(batch?.isStale(0)).toBe(true)
    const single = Buffer.concat([Buffer.of((1 << 3) | 1), Buffer.from('020000000000f07f', 'hex')])
    expect(sampleLines(read(metricFamily('g', 'gauge', [{ value: [single] }])))).toEqual(['g{} stale'])
  })
})

describe('what is no protobuf is refused', () => {
  const good = metricFamily('a', 'gauge', [{ labels: ['x', '1'], value: [double(1, 1)] }])

  test.each<[string, Buffer, string]>([
    ['a body that ends in a family', good.subarray(0, -1), 'expected the rest of a family'],
    ['a body that ends in a length', Buffer.concat([good, Buffer.of(0x80)]), 'expected the rest of a family'],
    ['a length without an end', Buffer.alloc(20, 0x80), 'expected the length of a family'],
    ['a length beyond reason', Buffer.of(0xff, 0xff, 0xff, 0xff, 0x7f), 'expected the length of a family'],
    ['a family without a name', Buffer.of(2, 3 << 3, 1), 'expected a family with a name'],
    ['a family without bytes', Buffer.of(0), 'expected a family with a name'],
    ['a type that is not known', metricFamily('a', 'gauge', []).with(5, 9) as Buffer, 'expected a type'],
    ['a metric without its value', Buffer.of(7, 10, 1, 97, 24, 1, 34, 0), 'expected the value of a gauge'],
    ['a text', Buffer.from('a{x="1"} 1\n'.repeat(20)), 'expected'],
    [
      'two labels of one name',
      metricFamily('a', 'gauge', [{ labels: ['x', '1', 'x', '2'], value: [] }]),
      'given twice',
    ],
    ['a label without a name', metricFamily('a', 'gauge', [{ labels: ['', '1'], value: [] }]), 'not empty'],
    [
      'bytes that are no UTF-8',
      Buffer.from(good).fill(0xff, good.indexOf('1'), good.indexOf('1') + 1),
      'UTF-8',
    ],
  ])('%s', (_, body, text) => {
    const error = mistake(body)
    expect(error.message).toMatch(/^byte \d+: /)
    expect(error.message).toContain(text)
  })
})

test('fields may come in any order, and unknown ones are skipped', () => {
  const content = Buffer.concat([
    message(
      4,
      message(2, double(1, 3)),
      bytes(1, Buffer.concat([bytes(2, '1'), bytes(1, 'x')])),
      double(99, 1),
    ),
    bytes(77, 'more'),
    number(3, 1),
    Buffer.of(((50 << 3) & 0x7f) | 5 | 0x80, 3, 0, 0, 0, 0),
    bytes(1, 'a'),
  ])
  expect(sampleLines(read(Buffer.concat([Buffer.of(content.length), content])))).toEqual(['a{x="1"} 3'])
})
