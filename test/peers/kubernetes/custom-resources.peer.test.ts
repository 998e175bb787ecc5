import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { SeededRandom } from '#src/testing/random.ts'
import { customResourceDefinitions } from '../../../receivers/k8s_state/custom/definitions.ts'
import type { CustomResourceState } from '../../../receivers/k8s_state/custom/options.ts'
import { customKinds, definitionOf, type CustomKind } from './custom-objects.ts'
import { KubernetesCluster } from './kubernetes-cluster.ts'
import { StateMetrics } from './state-metrics.ts'
import { differences, type StatePage } from './state-page.ts'

const seed = Number(process.env['WEIR_SEED'] ?? 5)
const each = Number(process.env['WEIR_OBJECTS'] ?? 30)
const patience = { timeout: 60_000, interval: 300 }

const random = new SeededRandom(seed)
let cluster: KubernetesCluster
let ours: StateMetrics
let theirs: StateMetrics

beforeAll(async () => {
  cluster = await KubernetesCluster.start()
  for (const kind of customKinds.slice(1)) await define(kind)
  for (const kind of customKinds.slice(1)) await fill(kind)
  const options = { resources: [], keys: [], customResources: await describedResources() }
  ours = await StateMetrics.ours(cluster, options)
  theirs = await StateMetrics.theirs(cluster, options)
})

afterAll(async () => {
  await theirs[Symbol.asyncDispose]()
  await ours[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

/** A file with what our ready configuration says of KubeVirt, and with all else that can be said. */
async function describedResources(): Promise<string> {
  const here = import.meta.dirname
  const read = async (...path: string[]): Promise<unknown> =>
    parse(await readFile(join(here, ...path), 'utf8'))
  const ready = (await read('../../../configs/kubevirt.yaml')) as {
    receivers: { k8s_state: { custom_resource_state: CustomResourceState } }
  }
  const other = (await read('custom-resources.yaml')) as CustomResourceState
  const { spec } = ready.receivers.k8s_state.custom_resource_state
  const file = join(cluster.folder, 'custom-resources.yaml')
  await writeFile(
    file,
    stringify({ ...other, spec: { resources: [...spec.resources, ...other.spec.resources] } }),
  )
  return file
}

async function define(kind: CustomKind): Promise<void> {
  await cluster.create(customResourceDefinitions, definitionOf(kind))
}

function objectOf({ resource, kind, content }: CustomKind, name: string): object {
  const { group, version } = resource
  const labels = random.chance(0.7) ? { app: random.pick(['web', 'shop']), 'example.org/tier': 'Front' } : {}
  const annotations = random.chance(0.5) ? { note: 'with "quotes"\nand lines' } : {}
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name, labels, annotations },
    ...content(random),
  }
}

function namespaceOf({ resource }: CustomKind): string | undefined {
  return resource.namespaced ? 'default' : undefined
}

/** Makes objects; the server serves a resource some time after it is defined. */
async function fill(kind: CustomKind): Promise<void> {
  for (let index = 0; index < each; index++) {
    const object = objectOf(kind, `o${index}`)
    await vi.waitFor(async () => await cluster.create(kind.resource, object, namespaceOf(kind)), patience)
  }
}

async function agreed(): Promise<StatePage> {
  return await vi.waitFor(async () => {
    const [own, their] = await Promise.all([ours.page(), theirs.page()])
    expect(their.samples.length).toBeGreaterThan(0)
    expect(differences(own, their, [])).toEqual([])
    return own
  }, patience)
}

test('of custom resources both say the same by the same file', async () => {
  const { samples } = await agreed()
  const names = new Set(samples.map(({ name }) => name))
  expect([...names].filter((name) => name.startsWith('kube_virtualmachineinstance')).length).toBe(12)
  expect([...names].filter((name) => name.startsWith('kube_customresource_')).length).toBe(20)
})

test('when objects come, change and go too', async () => {
  for (const kind of customKinds.slice(1)) {
    const namespace = namespaceOf(kind)
    await cluster.remove(kind.resource, 'o0', namespace)
    await cluster.create(kind.resource, objectOf(kind, 'new'), namespace)
    await cluster.remove(kind.resource, 'o1', namespace)
    await cluster.create(kind.resource, objectOf(kind, 'o1'), namespace)
  }
  expect(await agreed()).toBeDefined()
})

test('a resource that is defined later is told from then on, and one that is no longer defined is not', async () => {
  const [late, gone] = customKinds
  if (late === undefined || gone === undefined) throw new Error('there are too few custom resources')
  await define(late)
  await fill(late)
  await cluster.remove(customResourceDefinitions, `${gone.resource.name}.${gone.resource.group}`)
  await vi.waitFor(async () => {
    const names = new Set((await ours.page()).samples.map(({ name }) => name))
    expect([names.has('kube_virtualmachine_info'), names.has('kube_virtualmachineinstance_info')]).toEqual([
      true,
      false,
    ])
  }, patience)
  expect(await agreed()).toBeDefined()
})
