import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { selfSignedCertificate } from '#src/http/self-signed-certificate.ts'
import { podHandler } from '#src/kubelet/pod-handler.ts'
import { summaryToMetricFamilies } from '#src/kubelet/summary-metrics.ts'
import type { Summary } from '#src/kubelet/summary.ts'
import { Batch } from '#src/model/batch.ts'
import { layoutOf, series } from '#src/testing/series.ts'
import { TestKubelet } from '../../../exporters/kubelet/test-exporter.ts'
import { KubernetesCluster, tokens } from '../kubernetes/kubernetes-cluster.ts'
import { Aggregation } from './aggregation.ts'
import { adminKubeconfig, MetricsServer } from './metrics-server.ts'

/** What the metrics API says of a node or a container. */
interface Usage {
  readonly cpu: string
  readonly memory: string
}

const run = promisify(execFile)

const mebibyte = 1024 * 1024
/** All started long ago, so that CPU time since then grows as these cores say. */
const started = Date.now() - 3_600_000
const cores = { node: 0.5, app: 0.25, sidecar: 0.125, virtual: 2, batch: 1.5 } as const

function cpuSeconds(who: keyof typeof cores, now: number): number {
  return (cores[who] * (now - started)) / 1000
}

function labelsOf(container: string) {
  return { namespace: 'shop', pod: 'web-0', container, id: `/x/${container}` }
}

/** Emits what a container receiver would, now. */
function rowsOfNode(): () => Batch {
  const counter = { kind: 'sum', monotonic: true } as const
  const layout = layoutOf([
    series('container_cpu_usage_seconds_total', { id: '/' }, counter),
    series('container_memory_working_set_bytes', { id: '/' }),
    ...['app', 'sidecar'].flatMap((name) => [
      series('container_cpu_usage_seconds_total', { ...labelsOf(name), cpu: 'total' }, counter),
      series('container_memory_working_set_bytes', labelsOf(name)),
      series('container_start_time_seconds', labelsOf(name)),
    ]),
  ])
  return () => {
    const now = Date.now()
    const start = started / 1000
    const values = Float64Array.of(
      cpuSeconds('node', now),
      512 * mebibyte,
      cpuSeconds('app', now),
      64 * mebibyte,
      start,
      cpuSeconds('sidecar', now),
      32 * mebibyte,
      start,
    )
    return new Batch(layout, { time: now, values })
  }
}

function virtualSummary(): Summary {
  const time = new Date()
  const startTime = new Date(started)
  const stats = (who: keyof typeof cores, bytes: number) => ({
    cpu: { time, usageCoreNanoSeconds: BigInt(Math.round(cpuSeconds(who, time.getTime()) * 1e9)) },
    memory: { time, workingSetBytes: bytes },
  })
  return {
    node: { nodeName: 'virtual', startTime, ...stats('virtual', 1024 * mebibyte) },
    pods: [
      {
        podRef: { name: 'job-0', namespace: 'shop', uid: 'u' },
        startTime,
        containers: [{ name: 'batch', startTime, ...stats('batch', 128 * mebibyte) }],
      },
    ],
  }
}

/** A provider of virtual nodes, over HTTPS, with its own certificate. */
async function startProvider(): Promise<AsyncDisposable & { readonly port: number }> {
  const handler = podHandler({
    getStatsSummary: virtualSummary,
    getMetricsResource: () => summaryToMetricFamilies(virtualSummary()),
  })
  const server = createServer(selfSignedCertificate({ name: 'virtual', now: Date.now() }), handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function nodeObject(name: string, port: number, annotations: Readonly<Record<string, string>> = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, annotations },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      capacity: { cpu: '4', memory: '4Gi' },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  }
}

function podObject(name: string, nodeName: string, ...containers: readonly string[]) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: { nodeName, containers: containers.map((each) => ({ name: each, image: 'example.org/image:1' })) },
  }
}

/** Makes a pod that runs: metrics-server asks for no others. */
async function runPod(cluster: KubernetesCluster, pod: ReturnType<typeof podObject>): Promise<void> {
  const path = '/api/v1/namespaces/shop/pods'
  const made = (await cluster.send('POST', path, pod)) as object
  await cluster.send('PUT', `${path}/${pod.metadata.name}/status`, { ...made, status: { phase: 'Running' } })
}

const parts: ReadonlyMap<string, number> = new Map([
  ['n', 1e6],
  ['u', 1e3],
  ['m', 1],
])

/** Thousandths of a core and the text of the memory; times of scrapes are milliseconds, so that a rate is not exact to the nanocore. */
function shown({ cpu, memory }: Usage): string {
  const part = parts.get(cpu.at(-1) ?? '')
  const millicores = part === undefined ? Number(cpu) * 1000 : Number(cpu.slice(0, -1)) / part
  return `${Math.round(millicores)}m ${memory}`
}

test('a real metrics-server shows the numbers of the exporter and of a provider for nodes and pods, and so does kubectl top', async () => {
  await using aggregation = await Aggregation.prepare()
  await using cluster = await KubernetesCluster.start(aggregation.apiServerOptions)
  await using kubelet = await TestKubelet.start({
    plain_http: false,
    bearer_token: tokens.admin,
    node_name: 'n1',
  })
  await using provider = await startProvider()
  await cluster.send('POST', '/api/v1/nodes', nodeObject('n1', Number(new URL(kubelet.origin).port)))
  // A path of its own, which is moved to the one that is answered: metrics-server follows.
  const annotations = { 'metrics.k8s.io/resource-metrics-path': '/metrics/resource/' }
  await cluster.send('POST', '/api/v1/nodes', nodeObject('virtual', provider.port, annotations))
  await cluster.send('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
  await runPod(cluster, podObject('web-0', 'n1', 'app', 'sidecar'))
  await runPod(cluster, podObject('job-0', 'virtual', 'batch'))

  const rows = rowsOfNode()
  kubelet.take(rows())
  const emitting = setInterval(() => kubelet.take(rows()), 500)
  try {
    await using server = await MetricsServer.start(cluster, aggregation.metricsServerOptions)
    await aggregation.register(cluster, server.port)
    const list = async <Item>(path: string): Promise<readonly Item[]> => {
      const { status, body } = await server.ask(`/apis/metrics.k8s.io/v1beta1${path}`)
      if (status !== 200) throw new Error(`${status}: ${body}\n${server.output}`)
      return (JSON.parse(body) as { readonly items: readonly Item[] }).items
    }
    type NodeMetrics = { readonly metadata: { readonly name: string }; readonly usage: Usage }
    type PodMetrics = {
      readonly metadata: { readonly name: string }
      readonly containers: readonly { readonly name: string; readonly usage: Usage }[]
    }
    const patience = { timeout: 90_000, interval: 1000 }
    // Errors say what metrics-server wrote; it needs two scrapes of a node, which are ten seconds apart.
    const whole = async (path: string): Promise<void> => {
      const { length } = await list(path)
      if (length < 2) throw new Error(`${path} has ${length} items: ${server.output}`)
    }
    await vi.waitFor(async () => await whole('/nodes'), patience)
    await vi.waitFor(async () => await whole('/namespaces/shop/pods'), patience)

    const nodes = await list<NodeMetrics>('/nodes')
    expect(Object.fromEntries(nodes.map(({ metadata, usage }) => [metadata.name, shown(usage)]))).toEqual({
      n1: '500m 512Mi',
      virtual: '2000m 1Gi',
    })
    const containers = (await list<PodMetrics>('/namespaces/shop/pods')).flatMap((pod) =>
      pod.containers.map(({ name, usage }) => [`${pod.metadata.name}/${name}`, shown(usage)]),
    )
    expect(Object.fromEntries(containers)).toEqual({
      'job-0/batch': '1500m 128Mi',
      'web-0/app': '250m 64Mi',
      'web-0/sidecar': '125m 32Mi',
    })
    expect((await server.ask('/readyz')).status).toBe(200)

    const top = async (...args: readonly string[]): Promise<string[]> => {
      const kubeconfig = await adminKubeconfig(cluster)
      const all = ['--kubeconfig', kubeconfig, '--cache-dir', cluster.folder, 'top', ...args, '--no-headers']
      const { stdout } = await run('kubectl', all)
      return stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.trimEnd().replaceAll(/ +/g, ' '))
    }
    // The API server finds out by itself that what is registered answers.
    await vi.waitFor(async () => expect(await top('nodes')).toHaveLength(2), patience)
    expect(await top('nodes')).toEqual(['n1 500m 12% 512Mi 12%', 'virtual 2000m 50% 1024Mi 25%'])
    expect(await top('pods', '--namespace', 'shop', '--containers')).toEqual([
      'job-0 batch 1500m 128Mi',
      'web-0 app 250m 64Mi',
      'web-0 sidecar 125m 32Mi',
    ])
  } finally {
    clearInterval(emitting)
  }
})
