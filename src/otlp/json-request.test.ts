import { expect, test } from 'vitest'
import { internAttributes } from '#src/model/attribute-set.ts'
import { Batch, flag, staleBatch } from '#src/model/batch.ts'
import type { Point } from '#src/model/point.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import type { Kind, Series } from '#src/model/series.ts'
import { Source } from '#src/model/source.ts'
import { metricsOf, OtlpJson, pointsOf, requestsOf } from '#src/testing/otlp-json.ts'
import { batchOf, layoutOf, series } from '#src/testing/series.ts'
import { MetricsWalk } from './metrics-walk.ts'

const time = 1_700_000_000_000
const nano = '1700000000000000000'

function type(name: string): unknown {
  return [{ key: 'prometheus.type', value: { stringValue: name } }]
}

test('data points are sorted by resource, scope and metric, in the order in which these were first seen', () => {
  const [hostA, hostB] = ['a', 'b'].map((host) => makeResource(['host.name', host]))
  if (hostA === undefined || hostB === undefined) throw new Error('there are two')
  const a1 = makeScope(hostA, { name: 'one', version: '1' })
  const a2 = makeScope(hostA, { name: 'two' })
  const b1 = makeScope(hostB, { name: 'one', version: '1' })
  const requests = requestsOf([
    batchOf([
      [series('x', { n: '1' }, { scope: a1 }), 1],
      [series('x', { n: '2' }, { scope: b1 }), 2],
      [series('y', {}, { scope: a1 }), 3],
      [series('x', { n: '3' }, { scope: a1 }), 4],
    ]),
    batchOf(
      [
        [series('z', {}, { scope: a2 }), 5],
        [series('w', {}, { scope: a1 }), 6],
      ],
      {
        source: new Source('test', 'other'),
      },
    ),
  ])
  const seen = requests.map(({ resourceMetrics }) =>
    resourceMetrics.map(({ resource, scopeMetrics }) => [
      resource.attributes?.[0]?.value,
      scopeMetrics.map(({ scope, metrics }) => [scope['name'], metrics.map(({ name }) => name)]),
    ]),
  )
  expect(seen).toEqual([
    [
      [
        { stringValue: 'a' },
        [
          ['one', ['x', 'y', 'w']],
          ['two', ['z']],
        ],
      ],
      [{ stringValue: 'b' }, [['one', ['x']]]],
    ],
  ])
  expect(pointsOf(requests).map(({ asDouble }) => asDouble)).toEqual([1, 4, 3, 6, 5, 2])
})

test('a request has no more data points than it may, and each bears its resource and scope', () => {
  const scope = makeScope(makeResource(['host.name', 'a']), { name: 's' })
  const rows = Array.from(
    { length: 10 },
    (_, n) => [series(`m${n % 2}`, { n: String(n) }, { scope }), n] as const,
  )
  const requests = requestsOf([batchOf(rows)], 3)
  expect(requests.map((request) => pointsOf([request]).length)).toEqual([3, 3, 3, 1])
  for (const request of requests)
    expect(request.resourceMetrics[0]?.scopeMetrics[0]?.scope).toEqual({ name: 's' })
  expect(pointsOf(requests).map(({ asDouble }) => asDouble)).toEqual([0, 2, 4, 6, 8, 1, 3, 5, 7, 9])
})

test('kinds that OTLP lacks become gauges and sums, and their metadata says what they were', () => {
  const kinds: readonly Kind[] = ['gauge', 'unknown', 'info', 'stateset', 'sum']
  const metrics = metricsOf(requestsOf([batchOf(kinds.map((kind) => [series(kind, {}, { kind }), 1]))]))
  const data = { dataPoints: [{ timeUnixNano: nano, asDouble: 1 }] }
  expect(metrics).toEqual([
    { name: 'gauge', gauge: data },
    { name: 'unknown', metadata: type('unknown'), gauge: data },
    { name: 'info', metadata: type('info'), sum: { aggregationTemporality: 2, ...data } },
    { name: 'stateset', metadata: type('stateset'), sum: { aggregationTemporality: 2, ...data } },
    { name: 'sum', sum: { aggregationTemporality: 2, ...data } },
  ])
})

test('temporality is as it came, and cumulative for kinds that have none', () => {
  const kinds: readonly Kind[] = ['sum', 'histogram', 'info']
  const layout = layoutOf(kinds.map((kind) => series(kind, {}, { kind, temporality: 'unspecified' })))
  const delta = layoutOf(
    [series('d', {}, { kind: 'sum', temporality: 'delta' })],
    new Source('test', 'delta'),
  )
  const metrics = metricsOf(
    requestsOf([staleBatch(layout, layout.live, 1), staleBatch(delta, delta.live, 1)]),
  )
  const seen = metrics.map((metric) => (metric['sum'] ?? metric['histogram']) as Record<string, unknown>)
  expect(seen.map(({ aggregationTemporality }) => aggregationTemporality)).toEqual([0, 0, 2, 1])
})

test('a scraped target is the resource, and its job and instance are no attributes of the points', () => {
  const scope = makeScope(makeResource(['instance', 'i:1', 'job', 'j'], { derived: true }))
  const requests = requestsOf([
    batchOf([
      [series('up', { job: 'j', instance: 'i:1', zone: 'z' }, { scope }), 1],
      [series('up', { job: 'another', instance: 'i:1' }, { scope }), 0],
    ]),
  ])
  expect(requests[0]?.resourceMetrics[0]?.resource.attributes).toEqual([
    { key: 'service.instance.id', value: { stringValue: 'i:1' } },
    { key: 'service.name', value: { stringValue: 'j' } },
  ])
  expect(pointsOf(requests).map(({ attributes }) => attributes)).toEqual([
    [{ key: 'zone', value: { stringValue: 'z' } }],
    [{ key: 'job', value: { stringValue: 'another' } }],
  ])
})

test('the parts of scraped histograms, summaries and counters become points with their start time', () => {
  const scope = makeScope(makeResource([], { derived: true }))
  const part = (kind: Kind, role: Series['role'], attributes = {}) =>
    series(kind, attributes, { scope, kind, role, monotonic: kind === 'sum' })
  const batch = batchOf([
    [part('histogram', 'bucket', { le: '1' }), 2],
    [part('histogram', 'bucket', { le: '+Inf' }), 5],
    [part('histogram', 'sum'), 7.5],
    [part('histogram', 'count'), 5],
    [part('histogram', 'created'), 1_600_000_000],
    [part('summary', 'quantile', { quantile: '0.5' }), 3],
    [part('summary', 'sum'), 9],
    [part('summary', 'count'), 4],
    [part('sum', 'total'), 6],
    [part('sum', 'created'), 1_600_000_000.5],
    [part('gauge_histogram', 'bucket', { le: '+Inf' }), 1],
  ])
  const [all] = new MetricsWalk().requests([batch], 1000)
  expect(all).toMatchObject({ points: 11, malformed: 0 })
  const points = pointsOf(requestsOf([batch])).toSorted((a, b) => (a.metric < b.metric ? -1 : 1))
  expect(points).toEqual([
    {
      metric: 'gauge_histogram_bucket',
      form: 'gauge',
      attributes: [{ key: 'le', value: { stringValue: '+Inf' } }],
      timeUnixNano: nano,
      asDouble: 1,
    },
    {
      metric: 'histogram',
      form: 'histogram',
      startTimeUnixNano: '1600000000000000000',
      timeUnixNano: nano,
      count: '5',
      sum: 7.5,
      bucketCounts: ['2', '3'],
      explicitBounds: [1],
    },
    {
      metric: 'sum_total',
      form: 'sum',
      startTimeUnixNano: '1600000000500000000',
      timeUnixNano: nano,
      asDouble: 6,
    },
    {
      metric: 'summary',
      form: 'summary',
      timeUnixNano: nano,
      count: '4',
      sum: 9,
      quantileValues: [{ quantile: 0.5, value: 3 }],
    },
  ])
})

test('each data point of a call is in a request or malformed, also where parts make no whole', () => {
  const scope = makeScope(makeResource([], { derived: true }))
  const part = (role: Series['role'], le?: string) =>
    series('h', le === undefined ? {} : { le }, { scope, kind: 'histogram', role })
  const whole = batchOf([
    [part('bucket', '1'), 3],
    [part('bucket', '+Inf'), 2],
    [series('no_point', {}, { scope, kind: 'histogram' }), 1],
    [series('g', {}, { scope }), 1],
  ])
  const requests = [...new MetricsWalk().requests([whole], 1000)]
  expect(requests.map(({ points, malformed }) => [points, malformed])).toEqual([[1, 3]])
  const broken = batchOf([[series('no_point', {}, { kind: 'summary' }), 1]])
  expect([...new MetricsWalk().requests([broken], 1000)]).toEqual([{ portions: [], points: 0, malformed: 1 }])
})

test('a series that ended has no value and says so', () => {
  const kinds: readonly Kind[] = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary']
  const layout = layoutOf(kinds.map((kind) => series(kind, {}, { kind })))
  const points = pointsOf(requestsOf([staleBatch(layout, layout.live, time)]))
  expect(points.map(({ form, flags, asDouble }) => [form, flags, asDouble])).toEqual([
    ['gauge', 1, undefined],
    ['sum', 1, undefined],
    ['histogram', 1, undefined],
    ['exponentialHistogram', 1, undefined],
    ['summary', 1, undefined],
  ])
})

test('a metric whose points are of two kinds becomes two metrics of that name', () => {
  const histogram: Point = {
    kind: 'histogram',
    count: 1,
    sum: 1,
    min: undefined,
    max: undefined,
    bounds: [],
    counts: [1],
  }
  const native: Point = {
    kind: 'exponential_histogram',
    count: 1,
    sum: 1,
    min: undefined,
    max: undefined,
    scale: 0,
    zeroCount: 1,
    zeroThreshold: 0.5,
    positive: { offset: 0, counts: [] },
    negative: { offset: 0, counts: [] },
  }
  const kinds: readonly Kind[] = ['histogram', 'unknown']
  const rows = kinds.flatMap((kind) => [
    [series(kind, { n: '1' }, { kind }), 0] as const,
    [series(kind, { n: '2' }, { kind }), 0] as const,
  ])
  const points = pointsOf(requestsOf([batchOf(rows, { points: [histogram, native, undefined, native] })]))
  expect(points.map(({ metric, form, zeroThreshold }) => [metric, form, zeroThreshold])).toEqual([
    ['histogram', 'histogram', undefined],
    ['histogram', 'exponentialHistogram', 0.5],
    ['unknown', 'gauge', undefined],
    ['unknown', 'exponentialHistogram', 0.5],
  ])
})

test('integers beyond 2^53 and nanoseconds are exact', () => {
  const batch = batchOf(
    [
      [series('i'), 2 ** 63],
      [series('j'), 2 ** 60],
      [series('k'), 1.5],
    ],
    {
      integers: BigInt64Array.of(9_223_372_036_854_775_807n, 1_152_921_504_606_846_977n, 0n),
      flags: Uint8Array.of(flag.integer, flag.integer, flag.integer),
      timesNano: BigInt64Array.of(1_700_000_000_123_456_789n, 1n, 2n),
      startTimesNano: BigInt64Array.of(1_600_000_000_987_654_321n, 0n, 0n),
    },
  )
  expect(pointsOf(requestsOf([batch]))).toEqual([
    {
      metric: 'i',
      form: 'gauge',
      startTimeUnixNano: '1600000000987654321',
      timeUnixNano: '1700000000123456789',
      asInt: '9223372036854775807',
    },
    { metric: 'j', form: 'gauge', timeUnixNano: '1', asInt: '1152921504606846977' },
    { metric: 'k', form: 'gauge', timeUnixNano: '2', asDouble: 1.5 },
  ])
})

test('times of slots of their own count before those of the batch; fractions of milliseconds are kept', () => {
  const batch = batchOf(
    [
      [series('a'), 1],
      [series('b'), 2],
    ],
    {
      times: Float64Array.of(1000.5, Number.NaN),
      startTimes: Float64Array.of(Number.NaN, 5),
      startTime: 7,
    },
  )
  expect(pointsOf(requestsOf([batch]))).toMatchObject([
    { startTimeUnixNano: '7000000', timeUnixNano: '1000500000' },
    { startTimeUnixNano: '5000000', timeUnixNano: nano },
  ])
})

test('exemplars bear ids in hexadecimal; what is no id stays an attribute; summaries have none', () => {
  const traceId = '0AF7651916CD43DD8448EB211C80319C'
  const summary: Point = { kind: 'summary', count: 1, sum: 1, quantiles: [] }
  const batch = batchOf(
    [
      [series('a'), 1],
      [series('s', {}, { kind: 'summary' }), 0],
    ],
    {
      points: [undefined, summary],
      exemplars: [
        {
          slot: 0,
          value: 0.5,
          time: 1000,
          attributes: internAttributes(['trace_id', traceId, 'span_id', 'short']),
        },
        { slot: 0, value: 3n, time: 5n, attributes: internAttributes(['span_id', '00f067aa0ba902b7']) },
        { slot: 1, value: 1, time: 1, attributes: internAttributes([]) },
      ],
    },
  )
  const [first, second] = pointsOf(requestsOf([batch]))
  expect(first?.['exemplars']).toEqual([
    {
      filteredAttributes: [{ key: 'span_id', value: { stringValue: 'short' } }],
      timeUnixNano: '1000000000',
      asDouble: 0.5,
      traceId: traceId.toLowerCase(),
    },
    { timeUnixNano: '5', asInt: '3', spanId: '00f067aa0ba902b7' },
  ])
  expect(second).not.toHaveProperty('exemplars')
})

test('two layouts of one source do not meet in a request, and each slot shows the series that it had', () => {
  const source = new Source('test', '')
  const before = layoutOf([series('x', { n: 'old' }), series('y', { n: 'old' })], source)
  const after = layoutOf([series('y', { n: 'new' }), series('x', { n: 'new' })], source)
  const values = Float64Array.of(1, 2)
  const requests = requestsOf([
    new Batch(before, { time, values }),
    staleBatch(before, before.live, time),
    new Batch(after, { time, values }),
  ])
  const seen = requests.map((request) =>
    pointsOf([request]).map(({ metric, attributes, asDouble }) => [metric, attributes?.[0]?.value, asDouble]),
  )
  const [old, young] = [{ stringValue: 'old' }, { stringValue: 'new' }]
  expect(seen).toEqual([
    [
      ['x', old, 1],
      ['x', old, undefined],
      ['y', old, 2],
      ['y', old, undefined],
    ],
    [
      ['x', young, 2],
      ['y', young, 1],
    ],
  ])
})

test('a source may have very many metrics', () => {
  const rows = Array.from({ length: 150_000 }, (_, n) => [series(`m${n}`), n] as const)
  const points = [...new MetricsWalk().requests([batchOf(rows, { points: [] })], 2048)]
  expect(points.reduce((sum, request) => sum + request.points, 0)).toBe(150_000)
})

test('what is remembered of a source goes with it', () => {
  const source = new Source('test', '')
  const json = new OtlpJson()
  const scope = makeScope(makeResource([], { derived: true }))
  const bucket = series('h', { le: '+Inf' }, { scope, kind: 'histogram', role: 'bucket' })
  json.requests([batchOf([[bucket, 1]], { source })])
  json.forget(source)
  json.forget(source)
  expect(pointsOf(json.requests([batchOf([[bucket, 1]], { source })])).length).toBe(1)
})
