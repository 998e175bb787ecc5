import { afterAll, describe, expect, test } from 'vitest'
import { Batch } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { Source } from '#src/model/source.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from '../../exporters/otlp_http/test-exporter.ts'
import { peerBinary } from './peer-binary.ts'
import { prometheus, RemoteWritePeer, victoriaMetrics, type PeerKind } from './remote-write-peer.ts'

interface Case {
  readonly name: string
  readonly kind: PeerKind
  readonly path: string
  readonly options: object
  /** What it calls the series of these tests. */
  readonly names: { readonly gauge: string; readonly counter: string; readonly count: string }
}

const prometheusCase = {
  kind: prometheus(peerBinary('prometheus', '3.16.0'), ['--web.enable-otlp-receiver']),
  path: '/api/v1/otlp/v1/metrics',
  names: {
    gauge: 'room_temperature_celsius',
    counter: 'shop_orders_total',
    count: 'request_duration_seconds_count',
  },
}
const victoriaCase = {
  kind: victoriaMetrics(peerBinary('victoria-metrics', '1.151.0')),
  path: '/opentelemetry/v1/metrics',
  names: { gauge: 'room.temperature', counter: 'shop.orders', count: 'request.duration_count' },
}

const cases: readonly Case[] = [
  { name: 'Prometheus 3, in proto with gzip', ...prometheusCase, options: {} },
  { name: 'Prometheus 3, in proto without', ...prometheusCase, options: { compression: 'none' } },
  { name: 'Prometheus 3, in JSON', ...prometheusCase, options: { encoding: 'json' } },
  { name: 'VictoriaMetrics, in proto with gzip', ...victoriaCase, options: {} },
  { name: 'VictoriaMetrics, in proto with zstd', ...victoriaCase, options: { compression: 'zstd' } },
  { name: 'VictoriaMetrics, in proto with snappy', ...victoriaCase, options: { compression: 'snappy' } },
]

/** A whole number of seconds, a little ago, so that receivers take it for now. */
const start = Math.floor(Date.now() / 1000) * 1000 - 120_000

describe.each(cases)('$name', ({ kind, path, options, names }) => {
  let peer: RemoteWritePeer | undefined
  afterAll(async () => await peer?.[Symbol.asyncDispose]())

  test('holds the values that were sent, also those of a time when it was down', async () => {
    peer = await RemoteWritePeer.start(kind)
    await using sut = exporterFor({
      metrics_endpoint: peer.url + path,
      retry_on_failure: { initial_interval: '10ms', max_interval: '100ms' },
      ...options,
    })
    const scope = makeScope(makeResource(['service.name', 'shop', 'service.instance.id', 'i1']))
    const sum = { scope, kind: 'sum', monotonic: true } as const
    const { layout } = batchOf(
      [
        [series('room.temperature', { room: 'kitchen' }, { scope, unit: 'Cel' }), 0],
        [series('shop.orders', { kind: 'web' }, sum), 0],
        [series('request.duration', {}, { scope, kind: 'histogram', unit: 's' }), 0],
      ],
      { source: new Source('test', '') },
    )
    for (let cycle = 0; cycle < 20; cycle++) {
      const histogram = {
        kind: 'histogram' as const,
        count: cycle,
        sum: cycle / 4,
        min: undefined,
        max: undefined,
        bounds: [0.5, 1],
        counts: [cycle, 0, 0],
      }
      const batch = new Batch(layout, {
        time: start + cycle * 1000,
        startTime: start - 1000,
        values: Float64Array.of(20 + cycle / 8, cycle, 0),
        points: [undefined, undefined, histogram],
      })
      expect(sut.take([batch])).toBe(true)
      if (cycle === 7) {
        await sut.settled()
        await peer.kill('SIGTERM')
      }
      if (cycle === 14) await peer.resume()
    }
    await sut.settled()
    expect(sut.ledger).toMatchObject({ accepted: 60, delivered: 60, queued: 0, imbalance: 0 })
    expect(await peer.troubles()).toEqual([])
    const held = async (name: string): Promise<number[]> => {
      const all = [...((await peer?.held()) ?? [])]
      const [, samples] = all.find(([key]) => JSON.parse(key).some(isName(name))) ?? []
      return [...(samples ?? [])].toSorted(([a], [b]) => a - b).map(([, value]) => Number(value))
    }
    const cycles = Array.from({ length: 20 }, (_, cycle) => cycle)
    await expect.poll(async () => (await held(names.gauge)).length, { timeout: 10_000 }).toBe(20)
    expect(await held(names.gauge)).toEqual(cycles.map((cycle) => 20 + cycle / 8))
    expect(await held(names.counter)).toEqual(cycles)
    expect(await held(names.count)).toEqual(cycles)
  })
})

function isName(name: string) {
  return ([label, value]: readonly [string, string]): boolean => label === '__name__' && value === name
}
