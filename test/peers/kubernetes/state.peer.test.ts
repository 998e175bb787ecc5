import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { stateResourceNames } from '../../../receivers/k8s_state/state-resources.ts'
import { KubernetesCluster } from './kubernetes-cluster.ts'
import { knownDifferences } from './state-differences.ts'
import { generatedKinds, GeneratedObjects } from './state-generator.ts'
import { StateMetrics, type StateMetricsOptions } from './state-metrics.ts'
import { differences, type PageSample, type StatePage } from './state-page.ts'

/** A run by hand has more of them. */
const each = Number(process.env['WEIR_OBJECTS'] ?? 40)
const changes = Number(process.env['WEIR_CHANGES'] ?? 1000)
const seed = Number(process.env['WEIR_SEED'] ?? 6)

let cluster: KubernetesCluster
let objects: GeneratedObjects
let ours: StateMetrics
let theirs: StateMetrics

/** What the other has not got, or the server, which is of 1.34. */
const left = ['events', 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings']
const resources = stateResourceNames.filter((name) => !left.includes(name))
const all: StateMetricsOptions = { resources, keys: ['*'] }
const patience = { timeout: 60_000, interval: 300 }

beforeAll(async () => {
  cluster = await KubernetesCluster.start()
  objects = new GeneratedObjects(cluster, { seed, each })
  await objects.fill()
  ours = await StateMetrics.ours(cluster, all)
  theirs = await StateMetrics.theirs(cluster, all)
})

afterAll(async () => {
  await theirs[Symbol.asyncDispose]()
  await ours[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

/** Waits until both say the same, and returns what they say. */
async function agreed(one: StateMetrics, other: StateMetrics): Promise<StatePage> {
  return await vi.waitFor(async () => {
    const [own, their] = await Promise.all([one.page(), other.page()])
    expect(their.samples.length).toBeGreaterThan(0)
    expect(differences(own, their, knownDifferences)).toEqual([])
    return own
  }, patience)
}

/** Which series there are, whatever their values: the server renews leases of its own all the time. */
function identities(samples: readonly PageSample[]): PageSample[] {
  return samples.map((sample) => ({ ...sample, value: 0 }))
}

test('of every object in a cluster both say the same', async () => {
  await agreed(ours, theirs)
  expect(generatedKinds.map(({ resource }) => resource.name).toSorted()).toEqual(resources.toSorted())
  // What the server refuses when it is made is no object of a cluster.
  expect(objects.refused).toEqual([])
})

test('after objects were made, changed and removed at random too', async () => {
  await objects.change(changes)
  await agreed(ours, theirs)
  // Not every status may follow every other, and the server knows.
  expect(objects.refused.length).toBeLessThan(changes / 10)
})

test('after the API server and etcd were killed and started again too', async () => {
  await cluster.kill('kube-apiserver')
  await cluster.kill('etcd')
  await cluster.startEtcd()
  await cluster.startApiServer()
  await objects.change(50)
  expect(await agreed(ours, theirs)).toBeDefined()
})

test('of labels and annotations both tell those that are allowed', async () => {
  const part = { resources: ['services', 'secrets'], keys: ['app*', 'tier-1', 'example.org/team'] }
  await using one = await StateMetrics.ours(cluster, part)
  await using other = await StateMetrics.theirs(cluster, part)
  expect((await agreed(one, other)).types.has('kube_service_annotations')).toBe(true)
})

test('three shards of both have the same objects each, and together all of them', async () => {
  const whole = await agreed(ours, theirs)
  const parts: PageSample[] = []
  for (const ordinal of [0, 1, 2]) {
    const part = { ...all, shard: { ordinal, total: 3 } }
    await using one = await StateMetrics.ours(cluster, part)
    await using other = await StateMetrics.theirs(cluster, part)
    parts.push(...(await agreed(one, other)).samples)
  }
  expect(parts.length).toBe(whole.samples.length)
  const [together, alone] = [identities(parts), identities(whole.samples)]
  expect(differences({ ...whole, samples: together }, { ...whole, samples: alone }, [])).toEqual([])
})
