import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Resource } from '#src/kubernetes/resource.ts'
import type { Sample } from '#src/testing/captured-batches.ts'
import { testContext } from '#src/testing/context.ts'
import { writeKubeconfig } from '#src/testing/kubeconfig.ts'
import { KubernetesApi } from '#src/testing/kubernetes-api.ts'
import { optionsOf } from '#src/testing/options.ts'
import { temporaryFolder } from '../../../test/temporary-folder.ts'
import { Config } from '../config.ts'
import { K8sStateReceiver } from '../k8s-state-receiver.ts'
import { customResourceDefinitions } from './definitions.ts'

const machines: Resource = { group: 'virt.example', version: 'v1', name: 'machines', namespaced: true }
const zones: Resource = { group: 'virt.example', version: 'v1', name: 'zones', namespaced: false }
const intervalMs = 1000
const patience = { timeout: 10_000, interval: 10 }

/** What is told of machines: their replicas. */
const replicas = {
  groupVersionKind: { group: 'virt.example', version: 'v1', kind: 'Machine' },
  labelsFromPath: { name: ['metadata', 'name'], namespace: ['metadata', 'namespace'] },
  metrics: [
    {
      name: 'replicas',
      help: 'In {braces}.',
      each: { type: 'Gauge', gauge: { path: ['spec', 'replicas'] } },
    },
  ],
}

function definition(
  { group, name, namespaced }: Resource,
  kind: string,
  {
    versions = [{ name: 'v1', served: true }],
    established = 'True',
  }: { versions?: readonly object[]; established?: string } = {},
) {
  const scope = namespaced ? 'Namespaced' : 'Cluster'
  return {
    metadata: { name: `${name}.${group}` },
    spec: { group, names: { plural: name, kind }, scope, versions },
    status: { conditions: [{ type: 'Established', status: established }] },
  }
}

/** A server of the API, and a receiver that watches nothing but custom resources. */
async function setting(resources: readonly object[], options: object = {}) {
  const server = await KubernetesApi.start()
  const folder = await temporaryFolder()
  const file = join(folder.path, 'custom.yaml')
  const write = async (described: unknown): Promise<void> =>
    await writeFile(file, JSON.stringify({ spec: { resources: described } }))
  await write(resources)
  const context = testContext('k8s_state')
  const written = {
    auth_type: 'kubeConfig',
    kubeconfig: await writeKubeconfig(folder.path, server.url),
    interval: '1s',
    resources: [],
    metric_denylist: ['kube_state_metrics_.*', 'k8s.*'],
    custom_resource_state_file: file,
    ...options,
  }
  const receiver = new K8sStateReceiver(optionsOf(Config, written), context)
  receiver.start()
  const tick = async (): Promise<string[]> => {
    await context.clock.advance(intervalMs)
    return context.next.take().map(textOf)
  }
  return {
    server,
    context,
    write,
    tick,
    put: (name: string, count: unknown, namespace = 'shop') =>
      server.put(machines, { metadata: { name, namespace }, spec: { replicas: count } }),
    async [Symbol.asyncDispose]() {
      await receiver.stop()
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

function textOf({ name, attributes, value }: Sample): string {
  const labels = Object.entries(attributes).map(
    ([key, each]) => `${key.replace('customresource_', '')}=${JSON.stringify(each)}`,
  )
  return `${name.replace('kube_customresource_', '')}{${labels.toSorted().join(',').replaceAll('"', '')}} ${value}`
}

const web = (value: string, version = 'v1'): string =>
  `replicas{group=virt.example,kind=Machine,name=web,namespace=shop,version=${version}} ${value}`

test('custom resources are told as they are described, in the vocabulary otel too', async () => {
  await using setup = await setting([replicas])
  setup.server.put(customResourceDefinitions, definition(machines, 'Machine'))
  setup.put('web', 3)
  await expect.poll(setup.tick, patience).toEqual([web('3')])
  setup.put('web', '25%')
  await expect.poll(setup.tick, patience).toEqual([web('0.25')])
  setup.server.remove(machines, 'web', 'shop')
  await expect.poll(setup.tick, patience).toContain(web('stale'))
})

test('help is told as it is written, braces and all', async () => {
  await using setup = await setting([replicas])
  setup.server.put(customResourceDefinitions, definition(machines, 'Machine'))
  setup.put('web', 3)
  await vi.waitFor(async () => {
    await setup.context.clock.advance(intervalMs)
    const series = setup.context.next.batches.flatMap(({ layout }) => layout.series)
    expect(series[0]?.metric.descriptor.description).toBe('In {braces}.')
  }, patience)
})

test('a custom resource is told from when it is established, and one that goes ends its series', async () => {
  await using setup = await setting([replicas])
  setup.server.put(customResourceDefinitions, definition(machines, 'Machine', { established: 'False' }))
  await vi.waitFor(async () => {
    await setup.tick()
    expect(setup.context.logger.lines).toContainEqual(
      expect.objectContaining({
        message: 'a custom resource is not in the cluster: it is told once it is',
      }),
    )
  }, patience)
  setup.put('web', 3)
  expect(setup.server.requests.map(({ path }) => path)).not.toContain('/apis/virt.example/v1/machines')
  setup.server.put(customResourceDefinitions, definition(machines, 'Machine'))
  await expect.poll(setup.tick, patience).toEqual([web('3')])
  setup.server.remove(customResourceDefinitions, 'machines.virt.example')
  await expect.poll(setup.tick, patience).toEqual([web('stale')])
  expect(setup.context.next.forgotten.map(({ part }) => part)).toEqual(['/apis/virt.example/v1/machines'])
  await expect.poll(() => setup.server.watches, patience).toBe(1)
})

test('a wildcard is every kind and every version that is served', async () => {
  const any = {
    groupVersionKind: { group: 'virt.example', version: '*', kind: '*' },
    metrics: [
      { name: 'info', each: { type: 'Info', info: { labelsFromPath: { name: ['metadata', 'name'] } } } },
    ],
  }
  await using setup = await setting([any])
  const versions = [
    { name: 'v1', served: true },
    { name: 'v2', served: true },
    { name: 'v1alpha1', served: false },
  ]
  setup.server.put(customResourceDefinitions, definition(machines, 'Machine', { versions }))
  setup.server.put(customResourceDefinitions, definition(zones, 'Zone'))
  setup.server.put(customResourceDefinitions, definition({ ...zones, group: 'other.example' }, 'Zone'))
  setup.put('web', 3)
  setup.server.put({ ...machines, version: 'v2' }, { metadata: { name: 'web', namespace: 'shop' } })
  setup.server.put(zones, { metadata: { name: 'north' } })
  await expect
    .poll(setup.tick, patience)
    .toEqual([
      'info{group=virt.example,kind=Machine,name=web,version=v1} 1',
      'info{group=virt.example,kind=Machine,name=web,version=v2} 1',
      'info{group=virt.example,kind=Zone,name=north,version=v1} 1',
    ])
  expect(setup.server.requests.map(({ path }) => path)).not.toContain('/apis/other.example/v1/zones')
})

test('what a metric says of labels wins over what its resource says, and a sample over both', async () => {
  const labels = {
    ...replicas,
    commonLabels: { a: 'resource', b: 'resource', customresource_kind: 'resource' },
    metricNamePrefix: '',
    metrics: [
      {
        name: 'same',
        commonLabels: { b: 'metric', c: 'metric' },
        labelsFromPath: { c: ['metadata', 'name'] },
        each: {
          type: 'StateSet',
          stateSet: { path: ['spec', 'replicas'], labelName: 'name', list: ['one', 'two'] },
        },
      },
    ],
  }
  await using setup = await setting([labels])
  setup.server.put(customResourceDefinitions, definition(machines, 'Machine'))
  setup.put('web', 'two')
  await expect
    .poll(setup.tick, patience)
    .toEqual([
      'same{a=resource,b=metric,c=web,group=virt.example,kind=Machine,name=one,namespace=shop,version=v1} 0',
      'same{a=resource,b=metric,c=web,group=virt.example,kind=Machine,name=two,namespace=shop,version=v1} 1',
    ])
})

test('two descriptions of one resource are told together, and metrics of one name are one', async () => {
  const cpu = { ...replicas, commonLabels: { resource: 'cpu' } }
  await using setup = await setting([replicas, cpu])
  setup.server.put(customResourceDefinitions, definition(machines, 'Machine'))
  setup.put('web', 3)
  await expect
    .poll(setup.tick, patience)
    .toEqual([web('3'), web('3').replace('version=v1', 'resource=cpu,version=v1')])
})

test('objects that cannot be told apart are one series, with the value of the one that changed last, and are counted', async () => {
  await using setup = await setting([{ ...replicas, labelsFromPath: {} }])
  setup.put('web', 3)
  setup.put('shop', 4)
  setup.server.put(customResourceDefinitions, definition(machines, 'Machine'))
  const one = 'replicas{group=virt.example,kind=Machine,version=v1}'
  await expect.poll(setup.tick, patience).toEqual([`${one} 4`])
  await setup.tick()
  expect(setup.context.ledger.dropped.get('duplicate_series')).toBe(1)
  await expect.poll(() => setup.server.watches, patience).toBe(2)
  setup.server.remove(machines, 'shop', 'shop')
  setup.put('web', 5)
  await expect.poll(setup.tick, patience).toEqual([`${one} 5`])
  setup.server.remove(machines, 'web', 'shop')
  await expect.poll(setup.tick, patience).toEqual([`${one} stale`])
})

test('a value that is no number is in the log, and others are told', async () => {
  await using setup = await setting([replicas])
  setup.put('bad', 'many')
  setup.put('web', 3)
  setup.server.put(customResourceDefinitions, definition(machines, 'Machine'))
  await expect.poll(setup.tick, patience).toEqual([web('3')])
  expect(setup.context.logger.lines).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      fields: {
        metric: 'kube_customresource_replicas',
        name: 'bad',
        namespace: 'shop',
        problem: 'expected a number, found a text',
      },
    }),
  )
})

test('namespaces and patterns of metrics hold for custom resources too', async () => {
  const more = { ...replicas, metrics: [...replicas.metrics, { ...replicas.metrics[0], name: 'denied' }] }
  await using setup = await setting([more], { namespaces: ['shop'], metric_denylist: ['.*_denied', 'k8s.*'] })
  setup.put('web', 3)
  setup.put('web', 4, 'other')
  setup.server.put(customResourceDefinitions, definition(machines, 'Machine'))
  await expect.poll(setup.tick, patience).toEqual([web('3')])
  expect(setup.server.requests.map(({ path }) => path)).toContain(
    '/apis/virt.example/v1/namespaces/shop/machines',
  )
})

test('what the file says from now on holds; what is wrong with it is told, and changes nothing', async () => {
  await using setup = await setting([replicas])
  setup.put('web', 3)
  setup.server.put(customResourceDefinitions, definition(machines, 'Machine'))
  await expect.poll(setup.tick, patience).toEqual([web('3')])
  await setup.write([{ ...replicas, metricNamePrefix: 'mine' }])
  await expect.poll(setup.tick, patience).toContain(`mine_${web('3')}`)
  await setup.write([{ groupVersionKind: {} }])
  await vi.waitFor(async () => {
    await setup.tick()
    expect(setup.context.logger.lines).toContainEqual(
      expect.objectContaining({
        message: 'the file of custom resources changed and cannot be used: what it said before holds',
      }),
    )
  }, patience)
  expect(await setup.tick()).toEqual([`mine_${web('3')}`])
})

test('definitions that may not be seen are told with the rule that is missing', async () => {
  await using setup = await setting([replicas])
  setup.server.forbidden.add('customresourcedefinitions')
  await vi.waitFor(async () => {
    await setup.tick()
    expect(setup.context.reports.at(-1)?.state).toBe('recoverable_error')
  }, patience)
  expect(String(setup.context.reports.at(-1)?.error)).toContain(
    '{apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["list", "watch"]}',
  )
})
