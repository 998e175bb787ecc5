import { mkdtemp, rm } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sendText } from '#src/http/content-encoding.ts'
import { startServer } from '#src/http/server.ts'
import { Batch, staleBatch } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { Source } from '#src/model/source.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { CertificateMaker } from '#src/testing/certificates.ts'
import { decodeResourceMetrics, usageBetween } from '#src/testing/metrics-server.ts'
import { optionsOf } from '#src/testing/options.ts'
import { batchOf, layoutOf, series } from '#src/testing/series.ts'
import { checkConfig, Config } from './config.ts'
import { TestKubelet } from './test-exporter.ts'

const now = 1_700_000_000_000
const counter = { kind: 'sum', monotonic: true } as const
const uid = '0f8f5bca-9d2d-4a7e-8c1d-0c6c5cbd9a11'
const app = {
  namespace: 'shop',
  pod: 'web-0',
  container: 'app',
  id: `/kubepods/pod${uid}/abc`,
  image: 'img:1',
}
const podLabels = { ...app, container: '', id: `/kubepods/pod${uid}`, image: '' }
const root = { namespace: '', pod: '', container: '', id: '/' }

/** The root cgroup, a pod and its container as a kubelet's /metrics/cadvisor has them. */
function cadvisorRows(cpu: number): Parameters<typeof batchOf>[0] {
  return [
    [series('container_cpu_usage_seconds_total', { ...root, cpu: 'total' }, counter), 100 + cpu],
    [series('container_memory_working_set_bytes', root), 4e9],
    [series('container_cpu_usage_seconds_total', { ...podLabels, cpu: 'total' }, counter), 3 + cpu],
    [series('container_memory_working_set_bytes', podLabels), 3e6],
    [series('container_cpu_usage_seconds_total', { ...app, cpu: 'total' }, counter), 2 + cpu],
    [series('container_cpu_usage_seconds_total', { ...app, cpu: 'cpu00' }, counter), 2 + cpu],
    [series('container_memory_working_set_bytes', app), 2e6],
    [series('container_start_time_seconds', app), 1_699_999_000],
  ]
}

test("a kubelet's cAdvisor metrics become rows of node, pod and container", async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.take(batchOf(cadvisorRows(0)))
  expect(await kubelet.series()).toEqual([
    'container_cpu_usage_seconds_total{container="app",namespace="shop",pod="web-0"} 2 1700000000000',
    'container_memory_working_set_bytes{container="app",namespace="shop",pod="web-0"} 2e+06 1700000000000',
    'container_start_time_seconds{container="app",namespace="shop",pod="web-0"} 1.699999e+09',
    'node_cpu_usage_seconds_total 100 1700000000000',
    'node_memory_working_set_bytes 4e+09 1700000000000',
    'pod_cpu_usage_seconds_total{namespace="shop",pod="web-0"} 3 1700000000000',
    'pod_memory_working_set_bytes{namespace="shop",pod="web-0"} 3e+06 1700000000000',
    'resource_scrape_error 0',
  ])
  const { ledger } = kubelet.context
  expect([ledger.delivered, ledger.dropped.get('not_served'), ledger.imbalance]).toEqual([7, 1, 0])
})

test('two samples make a rate, in the summary and in metrics-server', async () => {
  await using kubelet = await TestKubelet.start()
  const layout = layoutOf(cadvisorRows(0).map(([each]) => each))
  const emit = (cpu: number, time: number): void => {
    kubelet.take(
      new Batch(layout, { time, values: Float64Array.from(cadvisorRows(cpu), ([, value]) => value) }),
    )
  }
  emit(0, now)
  const before = decodeResourceMetrics((await kubelet.ask('/metrics/resource')).body, 0)
  expect(await kubelet.summary()).toMatchObject({ node: { cpu: { usageCoreNanoSeconds: 100e9 } } })
  emit(5, now + 10_000)
  // The same sample again, as a kubelet that caches tells it, changes no rate.
  emit(5, now + 10_000)
  const after = decodeResourceMetrics((await kubelet.ask('/metrics/resource')).body, 0)
  expect(usageBetween(before.node, after.node)).toEqual({ cpu: 0.5e9, memory: 4e9 })
  const [first, second] = [before, after].map(({ pods }) => pods.get('shop/web-0')?.get('app'))
  expect(usageBetween(first, second)).toEqual({ cpu: 0.5e9, memory: 2e6 })
  expect(await kubelet.summary()).toEqual({
    node: {
      nodeName: 'n1',
      startTime: '2023-11-14T22:13:20Z',
      cpu: { time: '2023-11-14T22:13:30Z', usageNanoCores: 5e8, usageCoreNanoSeconds: 105e9 },
      memory: { time: '2023-11-14T22:13:30Z', workingSetBytes: 4e9 },
    },
    pods: [
      {
        podRef: { name: 'web-0', namespace: 'shop', uid },
        startTime: '2023-11-14T21:56:40Z',
        containers: [
          {
            name: 'app',
            startTime: '2023-11-14T21:56:40Z',
            cpu: { time: '2023-11-14T22:13:30Z', usageNanoCores: 5e8, usageCoreNanoSeconds: 7e9 },
            memory: { time: '2023-11-14T22:13:30Z', workingSetBytes: 2e6 },
          },
        ],
        cpu: { time: '2023-11-14T22:13:30Z', usageNanoCores: 5e8, usageCoreNanoSeconds: 8e9 },
        memory: { time: '2023-11-14T22:13:30Z', workingSetBytes: 3e6 },
      },
    ],
  })
  // A counter that fell has no rate until it was seen twice.
  emit(1, now + 20_000)
  expect(await kubelet.summary()).not.toMatchObject({
    node: { cpu: { usageNanoCores: expect.anything() as unknown } },
  })
})

describe('names of OpenTelemetry', () => {
  const scope = makeScope(
    makeResource(
      Object.entries({
        'k8s.namespace.name': 'shop',
        'k8s.pod.name': 'web-0',
        'k8s.pod.uid': uid,
        'k8s.container.name': 'app',
        'container.id': 'abc',
        'k8s.node.name': 'n1',
      }).flat(),
    ),
  )
  const podScope = makeScope(
    makeResource(['k8s.namespace.name', 'shop', 'k8s.pod.name', 'web-0', 'k8s.pod.uid', uid]),
  )

  test('modes and directions are put together, and the start is that of the counter', async () => {
    await using kubelet = await TestKubelet.start()
    kubelet.take(
      batchOf(
        [
          [series('container.cpu.time', { 'cpu.mode': 'user' }, { ...counter, scope }), 2],
          [series('container.cpu.time', { 'cpu.mode': 'system' }, { ...counter, scope }), 1],
          [series('container.memory.working_set', {}, { scope }), 1000],
          [series('container.memory.available', {}, { scope }), 24],
          [series('container.memory.rss', {}, { scope }), 900],
          [
            series('container.paging.faults', { 'system.paging.fault.type': 'minor' }, { ...counter, scope }),
            5,
          ],
          [
            series('container.paging.faults', { 'system.paging.fault.type': 'major' }, { ...counter, scope }),
            2,
          ],
          [series('container.filesystem.usage', {}, { scope }), 30],
          [series('container.filesystem.capacity', {}, { scope }), 100],
          [
            series(
              'k8s.pod.network.io',
              { interface: 'eth0', direction: 'receive' },
              { ...counter, scope: podScope },
            ),
            7,
          ],
          [
            series(
              'k8s.pod.network.io',
              { 'network.interface.name': 'eth0', 'network.io.direction': 'transmit' },
              { ...counter, scope: podScope },
            ),
            8,
          ],
          [
            series(
              'k8s.pod.network.errors',
              { interface: 'eth1', direction: 'receive' },
              { ...counter, scope: podScope },
            ),
            1,
          ],
          [series('k8s.node.cpu.usage'), 0.25],
          [series('k8s.node.memory.usage'), 5000],
        ],
        { startTime: now - 60_000 },
      ),
    )
    const time = '2023-11-14T22:13:20Z'
    expect(await kubelet.summary()).toMatchObject({
      node: { cpu: { usageNanoCores: 250_000_000 }, memory: { usageBytes: 5000 } },
      pods: [
        {
          podRef: { uid },
          cpu: { time, usageCoreNanoSeconds: 3e9 },
          memory: { workingSetBytes: 1000, rssBytes: 900 },
          network: {
            time,
            name: 'eth0',
            rxBytes: 7,
            txBytes: 8,
            interfaces: [
              { name: 'eth0', rxBytes: 7, txBytes: 8 },
              { name: 'eth1', rxErrors: 1 },
            ],
          },
          containers: [
            {
              startTime: '2023-11-14T22:12:20Z',
              cpu: { usageCoreNanoSeconds: 3e9 },
              memory: { workingSetBytes: 1000, availableBytes: 24, pageFaults: 7, majorPageFaults: 2 },
              rootfs: { usedBytes: 30, capacityBytes: 100, availableBytes: 70 },
            },
          ],
        },
      ],
    })
    expect(kubelet.context.ledger.dropped.total).toBe(0)
  })

  test('series without a pod, of deltas, and of no kubelet are left out', async () => {
    await using kubelet = await TestKubelet.start()
    kubelet.take(
      batchOf([
        [series('container.cpu.time', {}, counter), 1],
        [series('k8s.pod.cpu.time', {}, { ...counter, temporality: 'delta', scope: podScope }), 1],
        [series('go_goroutines'), 1],
      ]),
    )
    expect([...kubelet.context.ledger.dropped]).toEqual([
      ['no_row', 1],
      ['not_served', 2],
    ])
  })
})

test("our own names, with limits, make the same rows; the host's metrics make the node's", async () => {
  await using kubelet = await TestKubelet.start()
  const labels = { namespace: 'shop', pod_name: 'web-0', container_name: 'app', container_id: 'abc' }
  const cpu = (mode: string, each: string) => series('node_cpu_seconds_total', { cpu: each, mode }, counter)
  kubelet.take(
    batchOf([
      [series('vm_container_cpu_usage_seconds_total', labels, counter), 0],
      [series('vm_container_memory_usage_bytes', { ...labels, type: 'used' }), 500],
      [series('vm_container_memory_usage_bytes', { ...labels, type: 'working_set' }), 400],
      [series('vm_container_memory_usage_bytes', { ...labels, type: 'limit' }), 1000],
      [series('vm_container_memory_usage_bytes', { ...labels, type: 'swap' }), 3],
      [cpu('user', '0'), 10],
      [cpu('system', '1'), 5],
      [cpu('idle', '0'), 1000],
      [series('node_memory_MemTotal_bytes'), 1000],
      [series('node_memory_MemFree_bytes'), 300],
      [series('node_memory_Inactive_file_bytes'), 100],
      [series('node_filesystem_size_bytes', { mountpoint: '/' }), 50],
      [series('node_filesystem_avail_bytes', { mountpoint: '/' }), 20],
      [series('node_filesystem_size_bytes', { mountpoint: '/data' }), 99],
      [series('node_network_receive_bytes_total', { device: 'eth0' }, counter), 4],
    ]),
  )
  expect(await kubelet.summary()).toMatchObject({
    node: {
      cpu: { usageCoreNanoSeconds: 15e9 },
      memory: { workingSetBytes: 600, usageBytes: 700, availableBytes: 400 },
      fs: { capacityBytes: 50, availableBytes: 20, usedBytes: 30 },
      network: { name: 'eth0', rxBytes: 4 },
    },
    pods: [
      {
        containers: [
          {
            // 0 would hide the pod from metrics-server.
            cpu: { usageCoreNanoSeconds: 1 },
            memory: { usageBytes: 500, workingSetBytes: 400, availableBytes: 600 },
            swap: { swapUsageBytes: 3 },
          },
        ],
      },
    ],
  })
})

test("what a kubelet says of the node counts, not what the host's metrics make of it", async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.take(batchOf([[series('system.cpu.time', { state: 'user' }, counter), 99]]))
  kubelet.take(batchOf([[series('node_cpu_usage_seconds_total', {}, counter), 7]]))
  expect(await kubelet.series()).toContain('node_cpu_usage_seconds_total 7 1700000000000')
})

test('of a container that was made anew the newest is told, with what names no instance', async () => {
  await using kubelet = await TestKubelet.start()
  const old = { ...app, id: 'old' }
  const { id: _, ...unnamed } = app
  kubelet.take(
    batchOf([
      [series('container_cpu_usage_seconds_total', old, counter), 50],
      [series('container_start_time_seconds', old), 1_699_990_000],
      ...cadvisorRows(0),
      [series('container_memory_rss', unnamed), 12],
    ]),
  )
  expect(await kubelet.summary()).toMatchObject({
    pods: [{ containers: [{ cpu: { usageCoreNanoSeconds: 2e9 }, memory: { rssBytes: 12 } }] }],
  })
})

describe('what is not refreshed', () => {
  test('is gone after its time; where nothing is left, that is said', async () => {
    await using kubelet = await TestKubelet.start({ metric_expiration: '30s' })
    kubelet.take(batchOf(cadvisorRows(0)))
    kubelet.context.clock.skip(29_000)
    expect(await kubelet.series()).toHaveLength(8)
    kubelet.context.clock.skip(2000)
    expect(await kubelet.series()).toEqual(['resource_scrape_error 1'])
    expect(await kubelet.ask('/stats/summary')).toMatchObject({
      status: 500,
      body: 'Internal Error: no node, pod or container was measured lately',
    })
  })

  test('is gone at once where its series ended, and with its source', async () => {
    await using kubelet = await TestKubelet.start()
    const source = new Source('container', '')
    const batch = batchOf(cadvisorRows(0), { source })
    kubelet.take(batch)
    kubelet.take(staleBatch(batch.layout, Int32Array.of(0, 1), now))
    expect((await kubelet.series()).filter((line) => line.startsWith('node_'))).toEqual([])
    kubelet.exporter.forget(source)
    expect(await kubelet.series()).toEqual(['resource_scrape_error 1'])
    expect(kubelet.context.ledger.imbalance).toBe(0)
  })

  test('never goes where the time is 0', async () => {
    await using kubelet = await TestKubelet.start({ metric_expiration: '0s' })
    kubelet.take(batchOf(cadvisorRows(0)))
    kubelet.context.clock.skip(1e9)
    expect(await kubelet.series()).toHaveLength(8)
  })
})

test('series of another node are left out, with a word', async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.take(batchOf([[series('container_memory_working_set_bytes', { ...app, node: 'n2' }), 1]]))
  expect(await kubelet.series()).toEqual(['resource_scrape_error 1'])
  expect(kubelet.context.ledger.dropped.get('other_node')).toBe(1)
  expect(kubelet.context.logger.lines.at(-1)).toMatchObject({ level: 'warn', fields: { node: 'n1' } })
})

describe('the server', () => {
  test('old and new endpoint stand side by side, in both forms; other paths name them', async () => {
    await using kubelet = await TestKubelet.start()
    kubelet.take(batchOf(cadvisorRows(0)))
    for (const path of ['/metrics/resource', '/metrics/resource/'])
      expect(await kubelet.ask(path)).toMatchObject({
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      })
    for (const path of ['/stats/summary', '/stats/summary/'])
      expect(await kubelet.ask(path)).toMatchObject({
        status: 200,
        headers: { 'content-type': 'application/json' },
      })
    expect((await kubelet.ask('/stats/summary/', { method: 'POST' })).status).toBe(200)
    expect(await kubelet.ask('/healthz')).toMatchObject({ status: 200, body: 'ok' })
    expect(await kubelet.ask('/pods')).toMatchObject({
      status: 404,
      body: '404 page not found: there are /healthz, /metrics/resource, /stats/summary\n',
    })
    expect(await kubelet.ask('/metrics/resource', { method: 'POST' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
      body: 'Method Not Allowed',
    })
  })

  test('only CPU and memory are told where no more is asked for', async () => {
    await using kubelet = await TestKubelet.start()
    kubelet.take(
      batchOf([...cadvisorRows(0), [series('container_fs_usage_bytes', { ...app, device: 'd' }), 7]]),
    )
    expect(JSON.stringify(await kubelet.summary())).toContain('rootfs')
    expect(JSON.stringify(await kubelet.summary('?only_cpu_and_memory=true'))).not.toContain('rootfs')
  })

  test('large bodies are compressed for those who like it', async () => {
    await using kubelet = await TestKubelet.start()
    kubelet.take(batchOf(cadvisorRows(0)))
    const answer = await kubelet.ask('/metrics/resource', { headers: { 'accept-encoding': 'gzip' } })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(answer.body).toBe((await kubelet.ask('/metrics/resource')).body)
  })

  test('running pods are shown behind their switch', async () => {
    await using kubelet = await TestKubelet.start({ debug_handlers: true })
    kubelet.take(batchOf(cadvisorRows(0)))
    const { headers, body } = await kubelet.ask('/runningpods/')
    expect(headers['content-type']).toBe('application/json')
    expect(JSON.parse(body)).toMatchObject({
      kind: 'PodList',
      items: [
        {
          metadata: { name: 'web-0', namespace: 'shop', uid },
          spec: { containers: [{ name: 'app', image: 'img:1' }] },
        },
      ],
    })
  })

  test("a kubelet's pods are passed on; what it refuses is told", async () => {
    let status = 200
    const source = await startServer({
      endpoint: '127.0.0.1:0',
      name: 'source',
      logger: new CapturedLog(),
      handler: (request, response) =>
        sendText(response, request.url === '/pods' ? status : 404, '{"kind":"PodList"}'),
    })
    const pods = { auth_type: 'none', endpoint: source.url, timeout: '30s' }
    await using kubelet = await TestKubelet.start({ pods })
    const answer = {
      status: 200,
      body: '{"kind":"PodList"}',
      headers: { 'content-type': 'application/json' },
    }
    for (const path of ['/pods', '/pods/']) expect(await kubelet.ask(path)).toMatchObject(answer)
    status = 403
    const refused = await kubelet.ask('/pods')
    expect(refused.status).toBe(502)
    expect(refused.body).toMatch(/^Bad Gateway: the kubelet does not allow \/pods \(403\)/)
    await source.close(0)
  })

  test('without a certificate one is made; a token is asked for', async () => {
    await using kubelet = await TestKubelet.start({ plain_http: false, bearer_token: 'metrics-token' })
    kubelet.take(batchOf(cadvisorRows(0)))
    expect(kubelet.origin).toMatch(/^https:/)
    const options = { rejectUnauthorized: false }
    expect((await kubelet.ask('/metrics/resource', options)).status).toBe(401)
    expect((await kubelet.ask('/healthz', options)).status).toBe(200)
    const headers = { authorization: 'Bearer metrics-token' }
    expect((await kubelet.ask('/metrics/resource', { ...options, headers })).status).toBe(200)
  })

  test('with an authority for clients only those with its certificates are let in', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'weir-kubelet-'))
    try {
      const maker = new CertificateMaker(folder)
      const authority = await maker.make('authority')
      await maker.make('server', { authority })
      const client = await maker.make('client', { authority })
      await using kubelet = await TestKubelet.start({
        plain_http: false,
        tls: {
          cert_file: join(folder, 'server.crt'),
          key_file: join(folder, 'server.key'),
          client_ca_file: join(folder, 'authority.crt'),
        },
      })
      await expect(kubelet.ask('/healthz', { ca: authority.cert })).rejects.toThrow(
        /certificate required|socket hang up|ECONNRESET/,
      )
      const { cert, key } = client
      expect((await kubelet.ask('/healthz', { ca: authority.cert, cert, key })).status).toBe(200)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('with an authority for clients and a token, either will do, as at a kubelet', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'weir-kubelet-'))
    try {
      const maker = new CertificateMaker(folder)
      const authority = await maker.make('authority')
      await maker.make('server', { authority })
      const known = await maker.make('client', { authority })
      const stranger = await maker.make('stranger')
      await using kubelet = await TestKubelet.start({
        plain_http: false,
        bearer_token: 'metrics-token',
        tls: {
          cert_file: join(folder, 'server.crt'),
          key_file: join(folder, 'server.key'),
          client_ca_file: join(folder, 'authority.crt'),
        },
      })
      const headers = { authorization: 'Bearer metrics-token' }
      const statusOf = async (options: RequestOptions, path = '/metrics/resource') =>
        (await kubelet.ask(path, { ca: authority.cert, ...options })).status
      expect(await statusOf({ cert: known.cert, key: known.key })).toBe(200)
      expect(await statusOf({ headers })).toBe(200)
      expect(await statusOf({ cert: stranger.cert, key: stranger.key, headers })).toBe(200)
      expect(await statusOf({ cert: stranger.cert, key: stranger.key })).toBe(401)
      expect(await statusOf({})).toBe(401)
      expect(await statusOf({}, '/healthz')).toBe(200)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

test.each([
  [{ plain_http: true, tls: { cert_file: 'a', key_file: 'b' } }, 'of plain_http and tls only one can hold'],
  [{ tls: { cert_file: 'a' } }, 'the server needs a private key'],
])('%j is refused', (options, message) => {
  expect(() => checkConfig(optionsOf(Config, { endpoint: ':0', ...options }))).toThrow(message)
})
