import { describe, expect, test } from 'vitest'
import { manifestsIn } from '#src/testing/role-manifests.ts'
import { run } from './run.ts'

/** What `weir rbac` prints for a configuration that has these components, all of them in its pipeline. */
async function rbac(components: { receivers: object; exporters?: object }, ...args: string[]) {
  const { receivers, exporters = { debug: {} } } = components
  const configuration = {
    receivers,
    exporters,
    service: {
      pipelines: { metrics: { receivers: Object.keys(receivers), exporters: Object.keys(exporters) } },
    },
  }
  const written = { out: '', err: '' }
  const status = await run(['rbac', '--config', `yaml:${JSON.stringify(configuration)}`, ...args], {
    environment: {},
    interactive: false,
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
  })
  return { status, ...written }
}

/** The same as lines: `namespace group/resource/name verbs`. */
async function rules(...given: Parameters<typeof rbac>): Promise<string[]> {
  const { out, status } = await rbac(...given)
  expect(status).toBe(0)
  return manifestsIn(out).flatMap(({ metadata, rules: own = [] }) =>
    own.flatMap(({ apiGroups, resources, resourceNames = ['*'], verbs }) =>
      resources.map(
        (resource) =>
          `${metadata.namespace ?? '*'} ${apiGroups.join()}/${resource}/${resourceNames.join()} ${verbs.join()}`,
      ),
    ),
  )
}

const deployments = { resources: ['deployments'] }
const described = (...kinds: object[]) => ({
  resources: [],
  custom_resource_state: {
    spec: { resources: kinds.map((kind) => ({ groupVersionKind: { group: 'g.example', ...kind } })) },
  },
})
const prometheus = (...discoveries: object[]) => ({
  config: { scrape_configs: [{ job_name: 'j', kubernetes_sd_configs: discoveries }] },
})

test('a receiver of the state of a cluster may list and watch what it tells', async () => {
  expect(await rules({ receivers: { k8s_state: deployments } })).toEqual(['* apps/deployments/* list,watch'])
  expect(await rules({ receivers: { k8s_state: { ...deployments, namespaces: ['b', 'a'] } } })).toEqual([
    'a apps/deployments/* list,watch',
    'b apps/deployments/* list,watch',
  ])
})

test('one that is elected has a lease in its namespace, and no other', async () => {
  const k8s_state = { ...deployments, leader_election: {} }
  expect(await rules({ receivers: { k8s_state } }, '--namespace', 'monitoring')).toEqual([
    '* apps/deployments/* list,watch',
    'monitoring coordination.k8s.io/leases/* create',
    'monitoring coordination.k8s.io/leases/weir-k8s-state get,update',
  ])
  const elsewhere = { ...deployments, leader_election: { lease_name: 'l', lease_namespace: 'kube-system' } }
  expect(await rules({ receivers: { k8s_state: elsewhere } })).toContain(
    'kube-system coordination.k8s.io/leases/l get,update',
  )
})

test('one that finds its shard may see its own StatefulSet; one that is told its shard asks nothing', async () => {
  const found = { receivers: { k8s_state: { ...deployments, sharding: {} } } }
  expect(await rules(found, '--name', 'state', '--namespace', 'monitoring')).toEqual([
    '* apps/deployments/* list,watch',
    'monitoring apps/statefulsets/state list,watch',
  ])
  const told = { receivers: { k8s_state: { ...deployments, sharding: { shard: 0, total_shards: 2 } } } }
  expect(await rules(told)).toEqual(['* apps/deployments/* list,watch'])
})

test('one that tells of custom resources may see what a cluster defines, and those that are described', async () => {
  const kinds = ['Thing', 'NetworkPolicy', 'Ingress', 'Gateway'].map((kind) => ({ version: 'v1', kind }))
  expect(await rules({ receivers: { k8s_state: described(...kinds) } })).toEqual([
    '* apiextensions.k8s.io/customresourcedefinitions/* list,watch',
    '* g.example/gateways/* list,watch',
    '* g.example/ingresses/* list,watch',
    '* g.example/networkpolicies/* list,watch',
    '* g.example/things/* list,watch',
  ])
  const anyInOne = { ...described({}, { kind: 'Thing' }), namespaces: ['a'] }
  expect(await rules({ receivers: { k8s_state: anyInOne } })).toEqual([
    '* apiextensions.k8s.io/customresourcedefinitions/* list,watch',
    'a g.example/*/* list,watch',
  ])
})

test('a discovery may list and watch what it makes targets of, in the namespaces that it is about', async () => {
  const pods = {
    role: 'pod',
    attach_metadata: { node: true, deployment: true },
    namespaces: { names: ['a'] },
  }
  expect(await rules({ receivers: { prometheus: prometheus(pods) } })).toEqual([
    '* /nodes/* list,watch',
    'a /pods/* list,watch',
    'a apps/replicasets/* list,watch',
  ])
  const slices = { role: 'endpointslice', namespaces: { own_namespace: true, names: ['b'] } }
  expect(await rules({ receivers: { prometheus: prometheus(slices) } }, '--namespace', 'o')).toEqual(
    ['b', 'o'].flatMap((place) => [
      `${place} /pods/* list,watch`,
      `${place} /services/* list,watch`,
      `${place} discovery.k8s.io/endpointslices/* list,watch`,
    ]),
  )
  const one = { role: 'node', selectors: [{ role: 'node', field: 'metadata.name=n1' }] }
  expect(await rules({ receivers: { prometheus: prometheus(one) } })).toEqual(['* /nodes/n1 list,watch'])
  expect(await rules({ receivers: { prometheus: prometheus(one, { role: 'node' }) } })).toEqual([
    '* /nodes/* list,watch',
  ])
})

test.each([
  [{}, ['stats']],
  [{ endpoints: ['resource', 'cadvisor'] }, ['metrics']],
  [
    { endpoints: ['summary', 'probes'], extra_metadata_labels: ['container.id'] },
    ['metrics', 'pods', 'stats'],
  ],
])('a receiver of the kubelet %j may ask for %j', async (options, parts) => {
  const kubelet_stats = { auth_type: 'serviceAccount', endpoint: 'n1:10250', ...options }
  expect(await rules({ receivers: { kubelet_stats } })).toEqual(parts.map((part) => `* /nodes/${part}/* get`))
})

test('whoever asks the kubelet for pods may do that', async () => {
  const kubelet = { auth_type: 'serviceAccount', endpoint: 'n1:10250' }
  const components = {
    receivers: { container: { kubelet } },
    exporters: { kubelet: { endpoint: '127.0.0.1:0', pods: kubelet } },
  }
  expect((await rbac(components)).out).toContain(`rules:
  # exporters.kubelet, receivers.container
  - apiGroups: [""]
    resources: [nodes/pods]
    verbs: [get]
`)
})

describe('nothing is printed', () => {
  test('where nothing asks an API server', async () => {
    const none = 'nothing of this configuration asks an API server of Kubernetes: it needs no rules\n'
    const container = { kubelet: { auth_type: 'none' } }
    expect(await rbac({ receivers: { container } })).toEqual({ status: 0, out: '', err: none })
    expect(await rbac({ receivers: { hostmetrics: { scrapers: { load: {} } } } })).toMatchObject({
      err: none,
    })
  })

  test('of a configuration that is wrong: its mistakes are', async () => {
    const { status, out, err } = await rbac({ receivers: { k8s_state: { metric_denylist: ['('] } } })
    expect([status, out]).toEqual([1, ''])
    expect(err).toMatch(
      /error: receivers\.k8s_state\.metric_denylist\[0\]: [^]*\nthe configuration is wrong: 1 mistake\n$/,
    )
  })
})
