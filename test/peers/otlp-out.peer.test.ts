import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { internAttributes } from '#src/model/attribute-set.ts'
import { Batch, flag } from '#src/model/batch.ts'
import type { Layout } from '#src/model/layout.ts'
import type { Point } from '#src/model/point.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { Source } from '#src/model/source.ts'
import { contentOf, pointsOf, requestsOf } from '#src/testing/otlp-json.ts'
import type { TestExporter } from '#src/testing/pushing-exporter.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor as grpcExporter } from '../../exporters/otlp/test-exporter.ts'
import { exporterFor as httpExporter } from '../../exporters/otlp_http/test-exporter.ts'
import { Collector } from './collector.ts'

let collector: Collector
beforeAll(async () => {
  collector = await Collector.start()
})
afterAll(async () => await collector[Symbol.asyncDispose]())

const quickly = { initial_interval: '10ms', max_interval: '100ms' }

interface Case {
  readonly name: string
  readonly make: () => TestExporter
}

const cases: readonly Case[] = [
  ...['gzip', 'zstd', 'none'].map((compression) => ({
    name: `gRPC with ${compression}`,
    make: () =>
      grpcExporter({
        endpoint: `127.0.0.1:${collector.grpcPort}`,
        tls: { insecure: true },
        compression,
        retry_on_failure: quickly,
      }),
  })),
  ...['proto', 'json'].flatMap((encoding) =>
    ['gzip', 'zstd', 'snappy', 'none'].map((compression) => ({
      name: `HTTP in ${encoding} with ${compression}`,
      make: () =>
        httpExporter({
          endpoint: `http://127.0.0.1:${collector.httpPort}`,
          encoding,
          compression,
          retry_on_failure: quickly,
        }),
    })),
  ),
]

/** Data of every kind, with all that a data point can say; `run` tells those of each case apart. */
function everyKind(run: string): Batch[] {
  const resource = makeResource(['host.name', 'n1', 'run', run, 'cpus', 4n, 'ratio', 0.5], {
    schemaUrl: 'https://example.com/1',
  })
  const scope = makeScope(resource, {
    name: 'meter',
    version: '1.2',
    attributes: internAttributes(['short', true]),
    schemaUrl: 'https://example.com/2',
  })
  const attributes = {
    text: 'grüße',
    flag: true,
    whole: 2n ** 62n,
    number: -0.25,
    bytes: new Uint8Array([0, 255, 7]),
    list: ['a', 1n, false],
    map: new Map<string, string | bigint>([
      ['a', 'b'],
      ['c', 5n],
    ]),
    empty: '',
  }
  const sum = { scope, kind: 'sum', unit: 'By', description: 'What it is.' } as const
  const numbers = batchOf(
    [
      [series('gauge', attributes, { scope, unit: '1' }), -15.5],
      [series('gauge', { n: 'nothing' }, { scope, unit: '1' }), 0],
      [series('gauge', { n: 'largest' }, { scope, unit: '1' }), Number.MAX_VALUE],
      [series('gauge', { n: 'smallest' }, { scope, unit: '1' }), 5e-324],
      [series('gauge', { n: 'integer' }, { scope, unit: '1' }), 42],
      [series('gauge', { n: 'large integer' }, { scope, unit: '1' }), 2 ** 60],
      [series('gauge', { n: 'ended' }, { scope, unit: '1' }), 0],
      [series('counter', { a: 'b' }, { ...sum, monotonic: true }), 123.456],
      [series('balance', {}, sum), -7],
      [series('delta', {}, { ...sum, monotonic: true, temporality: 'delta' }), 3],
    ],
    {
      source: new Source('test', `${run} numbers`),
      startTime: 1_600_000_000_000,
      timesNano: BigInt64Array.from({ length: 10 }, (_, index) => 1_700_000_000_123_456_789n + BigInt(index)),
      integers: BigInt64Array.of(0n, 0n, 0n, 0n, 42n, 2n ** 60n + 1n, 0n, 0n, 0n, 0n),
      flags: Uint8Array.of(0, 0, 0, 0, flag.integer, flag.integer, flag.stale, 0, 0, 0),
      exemplars: [
        {
          slot: 7,
          value: 1.5,
          time: 1_700_000_000_000,
          attributes: internAttributes([
            'trace_id',
            '0102030405060708090a0b0c0d0e0f10',
            'span_id',
            '0102030405060708',
            'user',
            'u1',
          ]),
        },
        { slot: 7, value: 7n, time: 1_700_000_000_000_000_001n, attributes: internAttributes([]) },
      ],
    },
  )
  const points: Point[] = [
    { kind: 'histogram', count: 6, sum: 10.5, min: 0.5, max: 7, bounds: [1, 5], counts: [1, 2, 3] },
    { kind: 'histogram', count: 0, sum: undefined, min: undefined, max: undefined, bounds: [], counts: [0] },
    {
      kind: 'exponential_histogram',
      count: 11,
      sum: -3,
      min: -8,
      max: 8,
      scale: 3,
      zeroCount: 2,
      zeroThreshold: 0.001,
      positive: { offset: -4, counts: [1, 0, 5] },
      negative: { offset: 2, counts: [3] },
    },
    {
      kind: 'summary',
      count: 9,
      sum: 4.5,
      quantiles: [
        { quantile: 0.5, value: 1 },
        { quantile: 0.99, value: 3 },
      ],
    },
  ]
  const shaped = batchOf(
    [
      [series('histogram', { a: 'b' }, { scope, kind: 'histogram', unit: 's' }), 0],
      [series('histogram', { a: 'empty' }, { scope, kind: 'histogram', unit: 's' }), 0],
      [series('exponential', { a: 'b' }, { scope, kind: 'exponential_histogram', unit: 's' }), 0],
      [series('summary', { a: 'b' }, { scope, kind: 'summary', unit: 's' }), 0],
      [series('histogram', { a: 'ended' }, { scope, kind: 'histogram', unit: 's' }), 0],
    ],
    {
      source: new Source('test', `${run} points`),
      startTimesNano: BigInt64Array.from({ length: 5 }, () => 1_600_000_000_000_000_001n),
      points: [...points, undefined],
      flags: Uint8Array.of(0, 0, 0, 0, flag.stale),
      exemplars: [
        { slot: 0, value: 0.75, time: 1_700_000_000_000, attributes: internAttributes(['k', 'v']) },
      ],
    },
  )
  return [numbers, shaped]
}

/** The same JSON with its members in one order. */
function canonical(text: string): string {
  return JSON.stringify(
    JSON.parse(text, (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    ),
  )
}

/** The requests of one case, of all that the Collector has. */
async function requestsOfRun(run: string) {
  const all = await collector.requests()
  return all.filter((request) => JSON.stringify(request).includes(JSON.stringify(run)))
}

describe.each(cases)('to a Collector over $name', ({ name, make }) => {
  test('every kind of data point arrives as it was', async () => {
    await using sut = make()
    const batches = everyKind(name)
    sut.take(batches)
    await sut.settled()
    expect(sut.ledger).toMatchObject({ accepted: 15, delivered: 15, queued: 0, imbalance: 0 })
    expect(sut.lines).toEqual([])
    await expect.poll(async () => pointsOf(await requestsOfRun(name)).length).toBe(15)
    // The Collector leaves a count of 0 out.
    const sent = contentOf(requestsOf(batches)).map((each) =>
      JSON.stringify(each).replace('"count":"0",', ''),
    )
    const got = contentOf(await requestsOfRun(name)).map((each) => JSON.stringify(each))
    expect(got.map(canonical)).toEqual(sent.map(canonical))
  })
})

test('a few points, told by hand, are in the file of the Collector', async () => {
  await using sut = cases[0]?.make()
  sut?.take(everyKind('by hand'))
  await sut?.settled()
  await expect.poll(async () => pointsOf(await requestsOfRun('by hand')).length).toBe(15)
  const points = pointsOf(await requestsOfRun('by hand'))
  const named = (metric: string): unknown[] => points.filter((point) => point.metric === metric)
  expect(named('delta')).toMatchObject([
    { asDouble: 3, startTimeUnixNano: '1600000000000000000', timeUnixNano: '1700000000123456798' },
  ])
  expect(named('exponential')).toMatchObject([
    {
      count: '11',
      sum: -3,
      scale: 3,
      zeroCount: '2',
      zeroThreshold: 0.001,
      positive: { offset: -4, bucketCounts: ['1', '0', '5'] },
      negative: { offset: 2, bucketCounts: ['3'] },
    },
  ])
  expect(named('gauge')).toContainEqual(
    expect.objectContaining({ asInt: String(2n ** 60n + 1n), timeUnixNano: '1700000000123456794' }),
  )
  expect(named('histogram')).toContainEqual(expect.objectContaining({ flags: 1 }))
})

/** A layout of one series. */
function layoutOfRun(run: string): Layout {
  const scope = makeScope(makeResource(['run', run]))
  return batchOf([[series('m', {}, { scope }), 0]], { source: new Source('test', run) }).layout
}

function sampleOf(layout: Layout, value: number): Batch {
  return new Batch(layout, { time: 1_700_000_000_000 + value, values: Float64Array.of(value) })
}

test('a Collector that is killed and comes back gets every point, and each series in order', async () => {
  await using grpc = cases[0]?.make()
  await using http = cases[3]?.make()
  const [one, two] = [layoutOfRun('killed grpc'), layoutOfRun('killed http')]
  for (let value = 0; value < 60; value++) {
    grpc?.take([sampleOf(one, value)])
    http?.take([sampleOf(two, value)])
    if (value === 20) await collector.kill()
    if (value === 40) await collector.resume()
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  for (const [run, sut] of [
    ['killed grpc', grpc],
    ['killed http', http],
  ] as const) {
    await sut?.settled()
    expect(sut?.ledger).toMatchObject({ delivered: 60, queued: 0, imbalance: 0 })
    const values = async (): Promise<number[]> =>
      pointsOf(await requestsOfRun(run)).map((point) => Number(point['asDouble']))
    await expect.poll(async () => (await values()).at(-1)).toBe(59)
    // What it had acknowledged and not yet written to its file went down with it: its own loss, in one run.
    const arrived = [...new Set(await values())]
    expect(arrived).toEqual(arrived.toSorted((a, b) => a - b))
    expect(arrived.filter((value) => value > 21)).toEqual(
      Array.from({ length: 38 }, (_, index) => index + 22),
    )
  }
})
