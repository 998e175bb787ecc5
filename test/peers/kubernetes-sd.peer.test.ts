import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { WeirProcess } from '../weir-process.ts'
import {
  annotatedPod,
  DiscoveredObjects,
  podReference,
  podStatus,
  smallCluster,
} from './kubernetes/discovered-objects.ts'
import { KubernetesCluster, tokens } from './kubernetes/kubernetes-cluster.ts'
import { peerBinary } from './peer-binary.ts'
import { prometheus, RemoteWritePeer } from './remote-write-peer.ts'

let cluster: KubernetesCluster
let objects: DiscoveredObjects
let target: FakeTarget
let peer: RemoteWritePeer
let weir: WeirProcess
const closing: (() => Promise<unknown>)[] = []

/** What both answer to `/api/v1/targets`. */
interface Targets {
  readonly data: {
    readonly activeTargets: readonly {
      readonly scrapePool: string
      readonly discoveredLabels: Readonly<Record<string, string>>
      readonly labels: Readonly<Record<string, string>>
      readonly scrapeUrl: string
      readonly health: string
    }[]
    readonly droppedTargets: readonly {
      readonly scrapePool?: string
      readonly discoveredLabels: Readonly<Record<string, string>>
    }[]
  }
}

const everything = '{ node: true, namespace: true, deployment: true, job: true, cronjob: true }'

/** Options of discovery, by the job that tells what they find and scrapes nothing of it. */
const jobs: Readonly<Record<string, string>> = {
  node: 'role: node',
  node_selected: 'role: node, selectors: [{ role: node, label: "zone in (a, c),!old" }]',
  pod: 'role: pod',
  pod_attached: `role: pod, attach_metadata: ${everything}`,
  pod_selected:
    'role: pod, namespaces: { names: [shop] }, selectors: [{ role: pod, label: app=web, field: status.phase!=Pending }]',
  pod_of_nodes: 'role: pod, attach_metadata: { node: true }, selectors: [{ role: node, label: zone=a }]',
  service: 'role: service',
  service_attached: 'role: service, attach_metadata: { namespace: true }',
  endpoints: 'role: endpoints',
  endpoints_attached: `role: endpoints, attach_metadata: ${everything}`,
  endpointslice: 'role: endpointslice, namespaces: { names: [shop, other] }',
  endpointslice_attached: `role: endpointslice, attach_metadata: ${everything}`,
  endpointslice_selected:
    'role: endpointslice, selectors: [{ role: service, label: app=web }, { role: pod, label: app=web }]',
  ingress: 'role: ingress',
  ingress_attached: 'role: ingress, attach_metadata: { namespace: true }',
}

/** The rules that everybody has for pods that say by annotations how they are scraped. */
const annotationRules = `
    relabel_configs:
      - { source_labels: [__meta_kubernetes_pod_phase], regex: Pending|Succeeded|Failed, action: drop }
      - { source_labels: [__meta_kubernetes_pod_container_init], regex: 'true', action: drop }
      - { source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape], regex: 'true', action: keep }
      - { source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scheme], regex: '(https?)', target_label: __scheme__ }
      - { source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path], regex: '(.+)', target_label: __metrics_path__ }
      - source_labels: [__address__, __meta_kubernetes_pod_annotation_prometheus_io_port]
        regex: '([^:]+)(?::\\d+)?;(\\d+)'
        replacement: '$1:$2'
        target_label: __address__
      - { action: labelmap, regex: __meta_kubernetes_pod_annotation_prometheus_io_param_(.+), replacement: __param_$1 }
      - { action: labelmap, regex: __meta_kubernetes_pod_label_(.+) }
      - { source_labels: [__meta_kubernetes_namespace], target_label: namespace }
      - { source_labels: [__meta_kubernetes_pod_name], target_label: pod }`

/** Jobs for Prometheus and for Weir. */
function scrapeConfigs(): string {
  const access = `api_server: '${cluster.url.href}', authorization: { credentials: ${tokens.admin} }, tls_config: { ca_file: ${cluster.authority} }`
  const told = Object.entries(jobs).map(
    ([name, options]) => `
  - job_name: ${name}
    kubernetes_sd_configs: [{ ${access}, ${options} }]
    relabel_configs: [{ action: drop, source_labels: [__address__] }]`,
  )
  return `scrape_configs:${told.join('')}
  - job_name: annotated
    scrape_interval: 1s
    scrape_timeout: 1s
    kubernetes_sd_configs: [{ ${access}, role: pod }]${annotationRules}
`
}

/** Weir with these jobs. */
function weirWith(config: string): WeirProcess {
  const yaml = `receivers:
  prometheus:
    config:
${config.replaceAll(/^(?=.)/gm, '      ')}
exporters: { prometheus: { endpoint: '127.0.0.1:0' } }
extensions: { health_check: { endpoint: '127.0.0.1:0' } }
service:
  extensions: [health_check]
  telemetry: { logs: { level: info, encoding: json }, metrics: { level: none } }
  pipelines: { metrics: { receivers: [prometheus], exporters: [prometheus] } }
`
  return new WeirProcess(['--config', `yaml:${yaml}`])
}

/** What was found, by job: of each target its labels as JSON, sorted. What the job itself adds is left out. */
function found({ data }: Targets): Record<string, string[]> {
  const all = [...data.activeTargets, ...data.droppedTargets].map(({ scrapePool = '', discoveredLabels }) => {
    const own = Object.entries(discoveredLabels).filter(([name]) =>
      /^(?:__address__|instance|__meta_.*)$/.test(name),
    )
    return { job: scrapePool, text: JSON.stringify(own.toSorted(([a], [b]) => (a < b ? -1 : 1))) }
  })
  const byJob = Object.groupBy(all, ({ job }) => job)
  return Object.fromEntries(
    Object.entries(byJob).map(([job, targets = []]) => [job, targets.map(({ text }) => text).toSorted()]),
  )
}

/** How many targets each job has. */
function counts(all: Readonly<Record<string, readonly string[]>>): Record<string, number> {
  return Object.fromEntries(Object.entries(all).map(([job, targets]) => [job, targets.length]))
}

async function theirs(): Promise<Targets> {
  return await peer.get<Targets>('/api/v1/targets', { state: 'any' })
}

async function ours(): Promise<Targets> {
  return (await (await weir.admin('/api/v1/targets')).json()) as Targets
}

/**
 * Waits until Prometheus knows what a text is part of, or no longer, in a job, and Weir has found the same as it in some jobs, all
 * unless said; then compares.
 */
async function compare(job: string, text: string, { isThere = true, only = /^/ } = {}) {
  const end = performance.now() + 30_000
  const told = (all: Readonly<Record<string, string[]>>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => only.test(name)))
  for (;;) {
    const [expected, got] = [told(found(await theirs())), told(found(await ours()))]
    const isKnown = (expected[job] ?? []).some((labels) => labels.includes(text)) === isThere
    if ((isKnown && isDeepStrictEqual(got, expected)) || performance.now() > end) return { expected, got }
    await sleep(250)
  }
}

beforeAll(async () => {
  cluster = await KubernetesCluster.start()
  closing.push(async () => await cluster[Symbol.asyncDispose]())
  target = await FakeTarget.start('# TYPE answers gauge\nanswers{of="pod"} 42\n')
  closing.push(async () => await target.close())
  objects = new DiscoveredObjects(cluster)
  const all = { ...smallCluster, annotated: annotatedPod(target.port) }
  for (const [name, object] of Object.entries(all)) await objects.create(name, object)
  peer = await RemoteWritePeer.start(
    prometheus(peerBinary('prometheus-kubernetes', '3.16.0')),
    scrapeConfigs(),
  )
  closing.push(async () => await peer[Symbol.asyncDispose]())
  weir = weirWith(scrapeConfigs())
  closing.push(async () => await weir[Symbol.asyncDispose]())
}, 120_000)

afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

test('what is found of every role is what Prometheus finds', async () => {
  const { expected, got } = await compare('pod', 'web-1')
  expect(got).toEqual(expected)
  expect(counts(expected)).toEqual({
    node: 3,
    node_selected: 2,
    pod: 8,
    pod_attached: 8,
    pod_selected: 5,
    pod_of_nodes: 6,
    service: 6,
    service_attached: 6,
    endpoints: 12,
    endpoints_attached: 12,
    endpointslice: 9,
    endpointslice_attached: 9,
    endpointslice_selected: 9,
    ingress: 5,
    ingress_attached: 5,
    annotated: 8,
  })
})

/** What is scraped, and how. */
function scraped({ data }: Targets) {
  return data.activeTargets.map(({ scrapePool, scrapeUrl, labels, health }) => ({
    scrapePool,
    scrapeUrl,
    labels,
    health,
  }))
}

test('a pod that says so by annotations is scraped as Prometheus scrapes it', async () => {
  for (const targets of [ours, theirs])
    await weir.until('a scrape', async () => scraped(await targets()).find(({ health }) => health === 'up'))
  expect(scraped(await ours())).toEqual(scraped(await theirs()))
  expect(target.requests[0]?.url).toBe('/stats?part=all')
})

test('what changes, comes and goes is found as Prometheus finds it', async () => {
  await objects.change('replicaSet', { metadata: { ownerReferences: [] } })
  await objects.change('shop', { metadata: { labels: { team: 'core' } } })
  await objects.change('n1', { metadata: { labels: { zone: 'b' } } })
  await objects.change('service', { metadata: { annotations: { 'prometheus.io/probe': 'false' } } })
  await objects.change('web1', {
    metadata: { labels: { app: 'api' } },
    status: podStatus('10.1.0.1', 'Failed', 'False'),
  })
  await objects.change('ingress', { spec: { rules: [{ host: 'www.shop.example.org' }] } })
  for (const name of ['web2', 'n3', 'external', 'looseSlice', 'loneEndpoints']) await objects.remove(name)
  // Prometheus makes targets of endpoints from the pods that it knows as endpoints change, and not when pods change later.
  const pods = await compare('pod', 'web-2', { isThere: false, only: /^pod/ })
  expect(pods.got).toEqual(pods.expected)

  await objects.change('endpoints', {
    subsets: [{ addresses: [{ ip: '10.1.0.1', targetRef: podReference('web-1') }], ports: [{ port: 8080 }] }],
  })
  await objects.change('slice', {
    endpoints: [{ addresses: ['10.1.0.1'], conditions: { ready: false }, targetRef: podReference('web-1') }],
  })
  const { expected, got } = await compare('endpointslice', '10.1.0.9', { isThere: false })
  expect(got).toEqual(expected)
  expect(counts(expected)).toEqual({
    node: 2,
    pod: 7,
    pod_attached: 6,
    service: 5,
    service_attached: 5,
    endpoints: 3,
    endpoints_attached: 3,
    endpointslice: 4,
    endpointslice_attached: 4,
    endpointslice_selected: 2,
    ingress: 1,
    ingress_attached: 1,
    annotated: 7,
  })
})
