import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { Server, ServerCredentials, type Metadata } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'vitest'
import type { TelemetryConfig } from '#src/config/configuration.ts'
import { Secret } from '#src/config/secret.ts'
import { ApiStatistics, clusterStatistics } from '#src/kubernetes/api-statistics.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { fakeComponent, fakeService, fakeWorker } from '#src/testing/service.ts'
import { ownMetrics } from './own-metrics.ts'
import { startOwnTelemetry, type OwnTelemetry } from './own-telemetry.ts'

const running: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of running.splice(0)) await end()
})

function config(metrics: Partial<TelemetryConfig['metrics']> = {}): TelemetryConfig {
  return {
    logs: { level: 'info', encoding: 'json', initialFields: {} },
    metrics: {
      level: 'normal',
      readers: [{ kind: 'prometheus', host: '127.0.0.1', port: 0 }],
      ...metrics,
    },
    resource: { 'deployment.environment': 'test "one"' },
  }
}

async function start(
  service = fakeService(),
  metrics: Partial<TelemetryConfig['metrics']> = {},
  { logger = new CapturedLog(), clock = new FakeClock() } = {},
): Promise<OwnTelemetry> {
  const telemetry = await startOwnTelemetry(config(metrics), service, logger, clock)
  running.push(async () => await telemetry.shutdown())
  return telemetry
}

async function scrape({ locations }: OwnTelemetry): Promise<string> {
  const response = await fetch(locations[0] ?? '')
  expect(response.status).toBe(200)
  return await response.text()
}

/** The lines of some metrics, without their comments. */
const lines = (text: string, prefix: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(prefix))

describe('what is scraped', () => {
  test('shows the ledgers of all components at this moment', async () => {
    const receiver = fakeComponent({ kind: 'receiver', id: 'hostmetrics', lastActivity: 1_700_000_001_500 })
    const processor = fakeComponent({ kind: 'processor', id: 'filter', pipeline: 'metrics/a' })
    const exporter = fakeComponent({ kind: 'exporter', id: 'prometheus/b' })
    const telemetry = await start(fakeService(receiver, processor, exporter))
    receiver.ledger.accepted = 100
    receiver.ledger.refused = 3
    processor.ledger.accepted = 100
    processor.ledger.dropped.add('filtered', 40)
    exporter.ledger.accepted = 60
    exporter.ledger.restored = 5
    exporter.ledger.delivered = 50
    exporter.ledger.rejected.add('out_of_order', 2)
    exporter.ledger.dropped.add('duplicate_series', 4)
    exporter.ledger.queued = 8
    const text = await scrape(telemetry)
    expect([...lines(text, 'weir_rec'), ...lines(text, 'weir_proc'), ...lines(text, 'weir_exp')]).toEqual(
      expect.arrayContaining([
        'weir_receiver_accepted_points_total{component="hostmetrics"} 100',
        'weir_receiver_refused_points_total{component="hostmetrics"} 3',
        'weir_processor_accepted_points_total{component="filter",pipeline="metrics/a"} 100',
        'weir_processor_dropped_points_total{component="filter",pipeline="metrics/a",reason="filtered"} 40',
        'weir_exporter_accepted_points_total{component="prometheus/b"} 60',
        'weir_exporter_restored_points_total{component="prometheus/b"} 5',
        'weir_exporter_delivered_points_total{component="prometheus/b"} 50',
        'weir_exporter_rejected_points_total{component="prometheus/b",reason="out_of_order"} 2',
        'weir_exporter_dropped_points_total{component="prometheus/b",reason="duplicate_series"} 4',
        'weir_exporter_queued_points{component="prometheus/b"} 8',
        'weir_exporter_imbalance_points{component="prometheus/b"} 1',
      ]),
    )
    expect(lines(text, 'weir_component_last')).toEqual([
      'weir_component_last_activity_timestamp_seconds{kind="receiver",component="hostmetrics"} 1700000001.5',
    ])
    exporter.ledger.delivered++
    expect(await scrape(telemetry)).toContain('weir_exporter_imbalance_points{component="prometheus/b"} 0\n')
  })

  test('shows the collections of each source, and forgets a source that is gone', async () => {
    const receiver = fakeComponent({ kind: 'receiver', id: 'hostmetrics' })
    receiver.collections?.record({ source: 'cpu', durationMs: 5 })
    receiver.collections?.record({ source: 'cpu', durationMs: 15, error: 'timeout' })
    receiver.collections?.record({ source: 'disk', durationMs: 1 })
    Object.assign(receiver.collections?.of('cpu') ?? {}, { series: 7, churn: 9 })
    const telemetry = await start(fakeService(receiver))
    expect(lines(await scrape(telemetry), 'weir_collection')).toEqual([
      'weir_collections_total{component="hostmetrics",source="cpu"} 2',
      'weir_collections_total{component="hostmetrics",source="disk"} 1',
      'weir_collection_errors_total{component="hostmetrics",source="cpu",reason="timeout"} 1',
      'weir_collection_duration_seconds_total{component="hostmetrics",source="cpu"} 0.02',
      'weir_collection_duration_seconds_total{component="hostmetrics",source="disk"} 0.001',
      'weir_collection_last_duration_seconds{component="hostmetrics",source="cpu"} 0.015',
      'weir_collection_last_duration_seconds{component="hostmetrics",source="disk"} 0.001',
      'weir_collection_series{component="hostmetrics",source="cpu"} 7',
      'weir_collection_series{component="hostmetrics",source="disk"} 0',
      'weir_collection_churned_series_total{component="hostmetrics",source="cpu"} 9',
      'weir_collection_churned_series_total{component="hostmetrics",source="disk"} 0',
      'weir_collection_missed_total{component="hostmetrics",source="cpu"} 0',
      'weir_collection_missed_total{component="hostmetrics",source="disk"} 0',
    ])
    receiver.collections?.forget('cpu')
    expect(await scrape(telemetry)).not.toContain('source="cpu"')
  })

  test('forgets a component that a reload took away, and does not stop at 2000 of them', async () => {
    const service = fakeService(fakeComponent({ kind: 'exporter', id: 'old' }))
    const telemetry = await start(service)
    expect(await scrape(telemetry)).toContain('component="old"')
    service.listed.splice(
      0,
      1,
      ...Array.from({ length: 2500 }, (_, index) => fakeComponent({ kind: 'exporter', id: `new/${index}` })),
    )
    const text = await scrape(telemetry)
    expect(text).not.toContain('component="old"')
    expect(lines(text, 'weir_exporter_queued_points').length).toBe(2500)
  })

  test('shows the state of components and the outcome of reloads', async () => {
    const service = fakeService(fakeComponent({ kind: 'exporter', id: 'debug', state: 'permanent_error' }))
    const telemetry = await start(service)
    const before = await scrape(telemetry)
    expect(lines(before, 'weir_component_state').filter((line) => line.endsWith(' 1'))).toEqual([
      'weir_component_state{kind="exporter",component="debug",state="permanent_error"} 1',
    ])
    expect(lines(before, 'weir_config_last_reload_successful ')).toEqual([
      'weir_config_last_reload_successful 1',
    ])
    service.reloads = { ok: 1, failed: 2 }
    service.lastReload = { ok: false, changed: false, message: 'no', time: 0 }
    expect(lines(await scrape(telemetry), 'weir_config')).toEqual([
      'weir_config_last_reload_successful 0',
      'weir_config_last_reload_success_timestamp_seconds 1700000000',
      'weir_config_reloads_total{outcome="ok"} 1',
      'weir_config_reloads_total{outcome="failed"} 2',
    ])
  })

  test('shows this process', async () => {
    const text = await scrape(await start())
    const value = (name: string): number => Number(lines(text, `${name} `)[0]?.split(' ')[1])
    expect(value('weir_process_resident_memory_bytes')).toBeGreaterThan(20e6)
    expect(value('weir_process_heap_used_bytes')).toBeGreaterThan(1e6)
    expect(value('weir_process_heap_total_bytes')).toBeGreaterThan(value('weir_process_heap_used_bytes'))
    expect(value('weir_process_external_memory_bytes')).toBeGreaterThan(0)
    expect(value('weir_process_open_file_descriptors')).toBeGreaterThan(3)
    expect(value('weir_process_uptime_seconds_total')).toBeGreaterThan(0)
    expect(lines(text, 'weir_process_cpu_seconds_total{mode=').length).toBe(2)
    expect(text).toContain(`weir_build_info{version="1.2.3",node_version="${process.versions.node}"} 1\n`)
    expect(text).toContain('deployment_environment="test \\"one\\""')
  })

  test('has at each level what the table says', async () => {
    const receiver = fakeComponent({ kind: 'receiver', pipeline: 'x', lastActivity: 1 })
    receiver.collections?.record({ source: 'a', durationMs: 1, error: 'timeout' })
    const all = (['receiver', 'processor', 'exporter'] as const).map((kind) => fakeComponent({ kind }))
    const disk = {
      directory: '/queue',
      bytes: 1,
      maxBytes: 2,
      lossWindowSeconds: 1,
      writable: true,
      damages: 0,
      damagedBytes: 0,
    }
    for (const each of all)
      if (each.kind === 'exporter') each.queueStatus = { memoryBytes: 1, oldest: 1000, disk }
    for (const { ledger } of [receiver, ...all]) {
      ledger.dropped.add('x', 1)
      ledger.rejected.add('x', 1)
    }
    const kubernetes = new ApiStatistics()
    kubernetes.request('list', 'pods', '200', 1)
    const watch = kubernetes.watch('pods', undefined)
    watch.newestEvent = 1
    watch.restarts.set('expired', 1)
    watch.events.set('added', 1)
    clusterStatistics.add(kubernetes)
    running.push(() => clusterStatistics.clear())
    const levels = ['basic', 'normal', 'detailed'] as const
    for (const [rank, level] of levels.entries()) {
      const service = fakeService(receiver, ...all)
      service.workers = () => [fakeWorker()]
      const text = await scrape(await start(service, { level }))
      const shown = [...text.matchAll(/^# TYPE (weir_\S+) (\S+)$/gm)].map(
        ([, name, kind]) => `${name} ${kind}`,
      )
      const expected = ownMetrics
        .filter((metric) => levels.indexOf(metric.level) <= rank)
        .map(({ name, kind }) => `${name}${kind === 'counter' ? '_total' : ''} ${kind}`)
      // The delay of the event loop has no sample yet in a process that has just started.
      const delay = 'weir_process_event_loop_delay_seconds gauge'
      expect(shown.filter((name) => name !== delay)).toEqual(expected.filter((name) => name !== delay))
    }
  })

  test('escapes names, as hostile as they may be', async () => {
    const receiver = fakeComponent({ kind: 'receiver', id: 'a/"b"\n\\' })
    receiver.ledger.dropped.add('__proto__', 1)
    expect(await scrape(await start(fakeService(receiver)))).toContain(
      'weir_receiver_dropped_points_total{component="a/\\"b\\"\\n\\\\",reason="__proto__"} 1\n',
    )
  })

  test('is compressed where the client likes that, and only at /metrics', async () => {
    const [location = ''] = (await start()).locations
    const response = await fetch(`${location}?x=1`, {
      headers: { 'accept-encoding': 'gzip' },
    })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toContain('weir_build_info')
    expect((await fetch(new URL('/', location))).status).toBe(404)
    expect((await fetch(location, { method: 'POST' })).status).toBe(405)
  })

  test('a metric that cannot be read is logged, and the others are there', async () => {
    const logger = new CapturedLog()
    const broken = fakeComponent({ kind: 'exporter' })
    Object.defineProperty(broken.ledger, 'queued', {
      get: () => {
        throw new Error('broken')
      },
    })
    const telemetry = await start(fakeService(broken), {}, { logger, clock: new FakeClock() })
    expect(await scrape(telemetry)).toContain('weir_exporter_accepted_points_total{')
    expect(logger.lines).toMatchObject([
      { level: 'error', fields: { error: 'weir_exporter_queued_points cannot be read: broken' } },
      { level: 'error', fields: { error: 'weir_exporter_imbalance_points cannot be read: broken' } },
    ])
  })
})

describe('a start', () => {
  test('does nothing at level none, nor without readers', async () => {
    expect((await start(fakeService(), { level: 'none' })).locations).toEqual([])
    expect((await start(fakeService(), { readers: [] })).locations).toEqual([])
  })

  test('on a port in use says who has it, and leaves nothing open', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    running.push(() => void taken.close())
    const { port } = taken.address() as AddressInfo
    const readers = [0, port].map((each) => ({ kind: 'prometheus', host: '127.0.0.1', port: each }) as const)
    await expect(start(fakeService(), { readers })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: in use by another component of this process`,
    )
  })
})

const bytes = (value: Buffer): Buffer => value

/** A real gRPC server that takes OTLP metrics. */
async function collector(answer: Error | null = null): Promise<{
  readonly port: number
  readonly requests: { readonly body: Buffer; readonly metadata: Metadata }[]
}> {
  const server = new Server()
  const requests: { body: Buffer; metadata: Metadata }[] = []
  const path = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'
  const plain = { requestSerialize: bytes, requestDeserialize: bytes }
  const replied = { responseSerialize: bytes, responseDeserialize: bytes }
  server.addService(
    { Export: { path, requestStream: false, responseStream: false, ...plain, ...replied } },
    {
      Export(
        call: { readonly request: Buffer; readonly metadata: Metadata },
        reply: (error: Error | null, response?: Buffer) => void,
      ) {
        requests.push({ body: call.request, metadata: call.metadata })
        reply(answer, Buffer.alloc(0))
      },
    },
  )
  running.push(() => server.forceShutdown())
  const port = await promisify(server.bindAsync.bind(server))(
    '127.0.0.1:0',
    ServerCredentials.createInsecure(),
  )
  return { port, requests }
}

function pushTo(port: number): Partial<TelemetryConfig['metrics']> {
  return {
    readers: [
      {
        kind: 'otlp_grpc',
        endpoint: `http://127.0.0.1:${port}`,
        intervalMs: 50,
        timeoutMs: 10_000,
        headers: { 'x-token': new Secret('canary'), 'x-site': 'north' },
        insecure: true,
      },
    ],
  }
}

describe('what is pushed', () => {
  test('reaches a collector by gRPC, with the headers, now and again and at the end', async () => {
    const { port, requests } = await collector()
    const exporter = fakeComponent({ kind: 'exporter', id: 'debug' })
    const telemetry = await start(fakeService(exporter), pushTo(port))
    await expect.poll(() => requests.length, { timeout: 5000 }).toBeGreaterThan(1)
    const [{ body, metadata } = { body: Buffer.alloc(0), metadata: undefined }] = requests
    expect(metadata?.get('x-token')).toEqual(['canary'])
    expect(metadata?.get('x-site')).toEqual(['north'])
    const texts = ['weir_exporter_accepted_points', 'debug', 'service.name', 'weir', '{point}']
    expect(texts.filter((text) => !body.includes(text))).toEqual([])
    const before = requests.length
    await telemetry.shutdown()
    expect(requests.length).toBeGreaterThan(before)
    running.length = 1
  })

  test('and fails is logged, without what is secret', async () => {
    const logger = new CapturedLog()
    const { port, requests } = await collector(Object.assign(new Error('full'), { code: 8, details: 'full' }))
    await start(fakeService(), pushTo(port), { logger, clock: new FakeClock() })
    await expect.poll(() => logger.lines.length, { timeout: 5000 }).toBeGreaterThan(0)
    expect(requests.length).toBeGreaterThan(0)
    expect(logger.lines[0]).toMatchObject({
      level: 'error',
      message: 'own metrics could not be pushed',
      fields: { error: expect.objectContaining({ message: expect.stringContaining('full') }) },
    })
    expect(JSON.stringify(logger.lines)).not.toContain('canary')
  })
})
