import { expect, test } from 'vitest'
import { attributeText } from '#src/attributes/attribute-text.ts'
import { vocabularies } from '#src/naming/vocabulary.ts'
import { fullSummary } from './full-summary.ts'
import type { Sample } from '#src/testing/captured-batches.ts'
import { writeKubeconfig } from '#src/testing/kubeconfig.ts'
import { KubernetesApi } from '#src/testing/kubernetes-api.ts'
import { nodes } from '#src/testing/kubernetes-client.ts'
import { summaryToJson } from '#src/kubelet/summary-json.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { renderBatches } from '#src/testing/rendered-batches.ts'
import { TestKubelet, until } from './test-kubelet.ts'

const everything = ['container', 'pod', 'node', 'volume']

test.each(vocabularies)('%s: the summary is as in the golden file', async (naming) => {
  await using kubelet = await TestKubelet.start()
  kubelet.summary = fullSummary()
  const { clock } = kubelet.context
  kubelet.start({
    naming,
    metric_groups: everything,
    metrics: { scrape_duration_seconds: { enabled: false } },
  })
  await kubelet.cycle(0)
  expect(clock.now()).toBeGreaterThan(0)
  const text = renderBatches(kubelet.context.next.batches).replaceAll(
    `127.0.0.1:${kubelet.server.port}`,
    'KUBELET',
  )
  await expect(text).toMatchFileSnapshot(`golden/${naming}.txt`)
  expect(kubelet.context.logger.lines).toEqual([])
})

test('whole numbers beyond 2^53 stay exact, and each row counts since its own start', async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.summary = fullSummary()
  kubelet.start()
  await kubelet.cycle(0)
  const batch = kubelet.context.next.batches.find(({ layout }) => layout.source.part === 'node')
  const slot = batch?.layout.series.findIndex((series) => series?.name === 'k8s.node.memory.available') ?? -1
  expect(batch?.integers?.[slot]).toBe(2n ** 60n + 1n)
  expect(batch?.startTime).toBe(Date.parse('2021-10-03T09:18:32Z'))
})

test('a pod that goes leaves stale markers, and its source is forgotten', async () => {
  await using kubelet = await TestKubelet.start()
  const summary = fullSummary()
  kubelet.summary = summary
  kubelet.start()
  const before = await kubelet.cycle(0)
  kubelet.summary = { ...summary, pods: summary.pods.slice(1) }
  const after = await kubelet.cycle()
  const gone = after.filter(({ value }) => value === 'stale')
  expect(gone.length).toBeGreaterThan(0)
  expect(after.length).toBe(before.length)
  expect(kubelet.context.next.forgotten.map(({ part }) => part)).toEqual([
    'pod/shop/web-0/u-2',
    'pod/shop/web-0/u-2/container/app',
  ])
})

test('a kubelet that is away ends all series once, says so once, and is taken up again', async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.summary = fullSummary()
  kubelet.start({ naming: 'prometheus' })
  const first = await kubelet.cycle(0)
  kubelet.answers.set('/stats/summary', { status: 503, body: 'starting' })
  const second = await kubelet.cycle()
  expect(second.filter(({ value }) => value === 'stale')).toHaveLength(first.length - 2)
  expect(second.find(({ name }) => name === 'up')).toMatchObject({
    value: 0,
    attributes: { job: 'kubelet', metrics_path: '/stats/summary', node: 'n1' },
  })
  const third = await kubelet.cycle()
  expect(third.map(({ name }) => name)).toEqual(['up', 'scrape_duration_seconds'])
  expect(kubelet.context.logger.lines).toHaveLength(1)
  kubelet.summary = fullSummary()
  const fourth = await kubelet.cycle()
  expect(fourth).toHaveLength(first.length)
  expect(kubelet.context.reports.map(({ state }) => state)).toEqual(['recoverable_error', 'ok'])
  expect(kubelet.context.collections.of('summary').errors).toEqual(new Map([['http_status', 2]]))
})

test.each([
  [401, '/stats/summary', 'the token of token_file is not valid'],
  [403, '/stats/summary', 'resources [nodes/stats]'],
  [404, '/stats/summary', 'the kubelet has no /stats/summary (404)'],
  [500, '/stats/summary', 'the kubelet answered /stats/summary with 500: Forbidden (user=u)'],
])('status %i tells what to do', async (status, path, words) => {
  await using kubelet = await TestKubelet.start()
  kubelet.answers.set(path, { status, body: 'Forbidden (user=u)' })
  kubelet.start()
  await kubelet.cycle(0)
  expect(JSON.stringify(kubelet.context.logger.lines)).toContain(words)
})

test.each([
  ['not JSON', 'the answer is no JSON'],
  ['[]', 'it has no node'],
  [`{"node":${'['.repeat(100_000)}`, 'the answer is no JSON'],
])('an answer that is no summary fails the cycle: %#', async (body, words) => {
  await using kubelet = await TestKubelet.start()
  kubelet.answers.set('/stats/summary', body)
  kubelet.start()
  await kubelet.cycle(0)
  expect(JSON.stringify(kubelet.context.logger.lines)).toContain(words)
  expect(kubelet.context.collections.of('summary').errors).toEqual(new Map([['malformed_summary', 1]]))
})

test('a token that was rotated is used at once, and never shown', async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.summary = fullSummary()
  kubelet.start()
  await kubelet.cycle(0)
  kubelet.token = 'secret-two'
  await kubelet.writeToken('secret-two')
  const samples = await kubelet.cycle()
  expect(samples.filter(({ value }) => value === 'stale')).toEqual([])
  expect(kubelet.context.logger.lines).toEqual([])
})

test('a kubelet whose certificate nobody vouches for is not believed, unless that is said', async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.summary = fullSummary()
  kubelet.start({ ca_file: undefined, auth_type: 'none', endpoint: kubelet.server.url().origin })
  kubelet.token = undefined
  await kubelet.cycle(0)
  expect(kubelet.context.collections.of('summary').errors).toEqual(
    new Map([['tls_certificate_untrusted', 1]]),
  )
  await kubelet.receiver?.stop()
  kubelet.start({ auth_type: 'none', endpoint: kubelet.server.url().origin, insecure_skip_verify: true })
  expect(await kubelet.cycle(0)).not.toEqual([])
})

test('the text endpoints keep the labels and times of the kubelet, and say where they are from', async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.answers.set(
    '/metrics/resource',
    '# TYPE container_cpu_usage_seconds_total counter\ncontainer_cpu_usage_seconds_total{container="app",namespace="shop",pod="web-0"} 4.5 1633253812125\n',
  )
  kubelet.answers.set('/metrics/cadvisor', { status: 403, body: 'Forbidden' })
  kubelet.start({ endpoints: ['resource', 'cadvisor'] })
  const { clock, next } = kubelet.context
  const ups = () => next.samples.filter(({ name }) => name === 'up')
  await clock.advance(10_000)
  await until(() => ups().length >= 2)
  expect(next.samples.find(({ name }) => name.startsWith('container_'))).toEqual({
    name: 'container_cpu_usage_seconds_total',
    attributes: {
      container: 'app',
      instance: `127.0.0.1:${kubelet.server.port}`,
      job: 'kubelet',
      metrics_path: '/metrics/resource',
      namespace: 'shop',
      node: 'n1',
      pod: 'web-0',
    },
    value: 4.5,
    time: 1_633_253_812_125,
  })
  expect(
    new Set(
      ups().map(({ attributes, value }) => `${attributeText(attributes['metrics_path'] ?? '')} ${value}`),
    ),
  ).toEqual(new Set(['/metrics/resource 1', '/metrics/cadvisor 0']))
  const refused = [...(kubelet.receiver?.targets.active() ?? [])].find(({ error }) => error !== undefined)
  expect(refused?.error).toContain('resources [nodes/metrics]')
})

test('the pods tell the ids of containers and the types of volumes', async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.summary = fullSummary()
  kubelet.answers.set(
    '/pods',
    JSON.stringify({
      items: [
        {
          metadata: { uid: 'u-2' },
          spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-0' } }] },
          status: { containerStatuses: [{ name: 'app', containerID: 'containerd://abc123' }] },
        },
      ],
    }),
  )
  kubelet.start({ metric_groups: everything, extra_metadata_labels: ['container.id', 'k8s.volume.type'] })
  await kubelet.cycle(0)
  const resources = kubelet.context.next.batches.map(({ layout }) =>
    Object.fromEntries(
      layout.series.find((series) => series !== undefined)?.metric.scope.resource.attributes ?? [],
    ),
  )
  expect(resources).toContainEqual(
    expect.objectContaining({ 'k8s.container.name': 'app', 'container.id': 'abc123' }),
  )
  expect(resources).toContainEqual(
    expect.objectContaining({
      'k8s.volume.name': 'data',
      'k8s.volume.type': 'persistentVolumeClaim',
      'k8s.persistentvolumeclaim.name': 'data-web-0',
    }),
  )
})

test('where the pods cannot be read, the rest is there, and it is said once', async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.summary = fullSummary()
  kubelet.answers.set('/pods', { status: 403, body: 'Forbidden' })
  kubelet.start({ extra_metadata_labels: ['container.id'] })
  expect(await kubelet.cycle(0)).not.toEqual([])
  await kubelet.cycle()
  expect(kubelet.context.logger.lines).toHaveLength(1)
  expect(JSON.stringify(kubelet.context.logger.lines)).toContain('nodes/pods')
})

const twoContainers = {
  metadata: { uid: 'u-2' },
  spec: {
    containers: [
      {
        name: 'app',
        resources: { limits: { cpu: '500m', memory: '32Mi' }, requests: { cpu: '250m' } },
      },
    ],
    initContainers: [
      { name: 'proxy', restartPolicy: 'Always', resources: { limits: { cpu: '1500m' } } },
      { name: 'setup', resources: { limits: { cpu: '8' } } },
    ],
  },
}

/** The values of metrics whose names contain a word, by name, container and pod. */
function ratios(samples: readonly Sample[], word: string): Record<string, unknown> {
  return Object.fromEntries(
    samples.filter(({ name }) => name.includes(word)).map(({ name, value }) => [name, value]),
  )
}

test('usage is told as a part of limits and requests, of pods where each of their containers has one', async () => {
  await using kubelet = await TestKubelet.start()
  const summary = fullSummary()
  kubelet.summary = { ...summary, pods: summary.pods.filter(({ podRef }) => podRef.uid === 'u-2') }
  kubelet.answers.set('/pods', JSON.stringify({ items: [twoContainers] }))
  const names = ['container', 'pod'].flatMap((level) =>
    ['cpu', 'memory'].flatMap((resource) =>
      ['limit', 'request'].map((whole) => `k8s.${level}.${resource}_${whole}_utilization`),
    ),
  )
  kubelet.start({ metrics: Object.fromEntries(names.map((name) => [name, { enabled: true }])) })
  const samples = await kubelet.cycle(0)
  expect(ratios(samples, 'utilization')).toEqual({
    'k8s.container.cpu_limit_utilization': 0.5,
    'k8s.container.cpu_request_utilization': 1,
    'k8s.container.memory_limit_utilization': 16_000_000 / (32 * 1024 * 1024),
    // The sidecar's limit counts, that of a container that has ended does not; it has no request and no limit of memory.
    'k8s.pod.cpu_limit_utilization': 0.125,
  })
  expect(kubelet.context.logger.lines).toEqual([])
})

test('what a pod itself may use counts before the sum over its containers; a limit of 0 is none', async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.summary = fullSummary()
  const spec = {
    resources: { limits: { memory: 64_000_000 } },
    containers: [{ name: 'app', resources: { limits: { cpu: '0', memory: 'much' } } }],
  }
  kubelet.answers.set('/pods', JSON.stringify({ items: [{ metadata: { uid: 'u-2' }, spec }, null] }))
  kubelet.start({
    metrics: {
      'k8s.pod.memory_limit_utilization': { enabled: true },
      'k8s.container.memory_limit_utilization': { enabled: true },
      'k8s.container.cpu_limit_utilization': { enabled: true },
    },
  })
  expect(ratios(await kubelet.cycle(0), 'utilization')).toEqual({ 'k8s.pod.memory_limit_utilization': 0.25 })
})

test('usage is told as a part of what the node has, as the API server says it, once that does', async () => {
  await using kubelet = await TestKubelet.start()
  await using api = await KubernetesApi.start()
  kubelet.summary = fullSummary()
  kubelet.start({
    k8s_api_config: { auth_type: 'kubeConfig', kubeconfig: await writeKubeconfig(kubelet.folder, api.url) },
    metrics: {
      'k8s.container.cpu.node.utilization': { enabled: true },
      'k8s.pod.memory.node.utilization': { enabled: true },
    },
  })
  expect(ratios(await kubelet.cycle(0), 'utilization')).toEqual({})
  await kubelet.cycle()
  expect(kubelet.context.logger.lines.map(({ message }) => message)).toEqual([
    'node.utilization is missing: the API server does not tell of the node',
  ])
  api.put(nodes, { metadata: { name: 'n1' }, status: { capacity: { cpu: '4', memory: '64M' } } })
  expect(ratios(await kubelet.cycle(), 'utilization')).toEqual({
    'k8s.container.cpu.node.utilization': 0.0625,
    'k8s.pod.memory.node.utilization': 0.25,
  })
})

test('through the API server come the same series, of the summary and of text', async () => {
  await using kubelet = await TestKubelet.start()
  const before = '/api/v1/nodes/n1/proxy'
  const answers = new Map([
    [`${before}/stats/summary`, summaryToJson(fullSummary())],
    [`${before}/metrics/resource`, '# TYPE resource_scrape_error gauge\nresource_scrape_error 0\n'],
  ])
  await using api = await ScriptedServer.start(({ target }) => answerOf(answers.get(target) ?? ''))
  kubelet.start({
    auth_type: 'kubeConfig',
    endpoint: 'n1',
    kubeconfig: await writeKubeconfig(kubelet.folder, api.url()),
    endpoints: ['summary', 'resource'],
  })
  const { clock, next } = kubelet.context
  const samples = await kubelet.cycle(0)
  expect(samples.find(({ name }) => name === 'k8s.node.memory.working_set')?.value).toBe(12_533_760)
  await clock.advance(10_000)
  const scraped = (): Sample | undefined => next.samples.find(({ name }) => name === 'resource_scrape_error')
  await until(() => scraped() !== undefined)
  expect(scraped()?.attributes).toMatchObject({ instance: 'n1:10250', node: 'n1', job: 'kubelet' })
  expect(kubelet.context.logger.lines).toEqual([])
})
