import type { KubernetesObject } from '#src/kubernetes/object.ts'
import { pathOf, type Resource } from '#src/kubernetes/resource.ts'
import { SeededRandom } from '#src/testing/random.ts'
import { accessKinds } from './generated/access.ts'
import { certificateRequests } from './generated/certificates.ts'
import { clusterKinds } from './generated/cluster-scope.ts'
import { batchJobs } from './generated/jobs.ts'
import type { GeneratedKind } from './generated/kind.ts'
import { networkKinds } from './generated/network.ts'
import { labelsAndAnnotations } from './generated/object-metadata.ts'
import { pods } from './generated/pods.ts'
import { storageKinds } from './generated/storage.ts'
import { workloads } from './generated/workloads.ts'
import type { KubernetesCluster } from './kubernetes-cluster.ts'

/** All kinds of objects that are made up. */
export const generatedKinds: readonly GeneratedKind[] = [
  ...clusterKinds,
  ...workloads,
  ...batchJobs,
  pods,
  ...networkKinds,
  ...storageKinds,
  ...accessKinds,
  certificateRequests,
]

const namespaces = ['shop', 'bank', 'bounds'] as const
const lanes = 16

function core(name: string): Resource {
  return { group: '', version: 'v1', name, namespaced: false }
}

/**
 * Objects of every kind in a real cluster, the same for the same seed but for what the server adds. The server decides what
 * is legal: it refuses what no cluster can hold.
 */
export class GeneratedObjects {
  readonly #cluster: KubernetesCluster
  readonly #kinds: readonly GeneratedKind[]
  readonly #seed: number
  readonly #each: number
  /** By kind and number, those that are there. */
  readonly #objects = new Map<string, KubernetesObject>()
  #changes = 0
  /** What the server refused, in its words. */
  readonly refused: string[] = []

  /** @param each how many objects of each kind there are about */
  constructor(
    cluster: KubernetesCluster,
    { seed, each, kinds = generatedKinds }: { seed: number; each: number; kinds?: readonly GeneratedKind[] },
  ) {
    this.#cluster = cluster
    this.#seed = seed
    this.#each = each
    this.#kinds = kinds
  }

  /** How many there are. */
  get size(): number {
    return this.#objects.size
  }

  /** Makes all of them. */
  async fill(): Promise<void> {
    for (const name of namespaces) await this.#cluster.create(core('namespaces'), { metadata: { name } })
    const overhead = { podFixed: { cpu: '250m', memory: '120Mi' } }
    const classes = { group: 'node.k8s.io', version: 'v1', name: 'runtimeclasses', namespaced: false }
    await this.#cluster.create(classes, { metadata: { name: 'gvisor' }, handler: 'runsc', overhead })
    const all = this.#kinds.flatMap((kind) => [...Array(this.#each).keys()].map((index) => ({ kind, index })))
    await this.#inLanes(all, async ({ kind, index }) => {
      await this.#make(kind, index, new SeededRandom(this.#seed + index))
    })
  }

  /** Makes, changes and removes objects at random, so often. */
  async change(count: number): Promise<void> {
    const random = new SeededRandom(this.#seed + this.#changes)
    const all = [...Array(count).keys()].map(() => ({
      kind: this.#kinds[random.below(this.#kinds.length)] ?? pods,
      index: random.below(this.#each + this.#each / 5),
    }))
    await this.#inLanes(all, async ({ kind, index }) => {
      const own = new SeededRandom(this.#seed + 1000 + this.#changes++)
      const object = this.#objects.get(keyOf(kind, index))
      if (object === undefined) await this.#make(kind, index, own)
      else if (own.chance(0.3)) await this.#remove(kind, index, object, own)
      else await this.#update(kind, index, object, own)
    })
  }

  /** What concerns the same object happens in turn. */
  async #inLanes<Task extends { readonly kind: GeneratedKind; readonly index: number }>(
    tasks: readonly Task[],
    perform: (task: Task) => Promise<void>,
  ): Promise<void> {
    const ofLane = (lane: number): readonly Task[] => tasks.filter(({ index }) => index % lanes === lane)
    await Promise.all(
      [...Array(lanes).keys()].map(async (lane) => {
        for (const task of ofLane(lane))
          await perform(task).catch((error: unknown) => this.refused.push(String(error)))
      }),
    )
  }

  async #make(kind: GeneratedKind, index: number, random: SeededRandom): Promise<void> {
    const name = kind.nameOf?.(index) ?? `${kind.resource.name}-${index}`
    const { metadata, ...body } = kind.make(random, name)
    const common = labelsAndAnnotations(random)
    const object = { ...body, metadata: { ...merged(common, metadata ?? {}), name } }
    const made = await this.#cluster.create(kind.resource, object, placeOf(kind, index))
    this.#objects.set(keyOf(kind, index), made)
    await this.#tell(kind, index, made, random)
  }

  async #update(
    kind: GeneratedKind,
    index: number,
    object: KubernetesObject,
    random: SeededRandom,
  ): Promise<void> {
    const { labels: _, annotations: __, ...metadata } = object.metadata
    const special = object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class']
    const kept =
      special === undefined ? {} : { annotations: { 'volume.beta.kubernetes.io/storage-class': special } }
    const changed = {
      ...object,
      ...kind.change?.(random, object),
      metadata: { ...metadata, ...merged(labelsAndAnnotations(random), kept) },
    }
    const updated = await this.#cluster.replace(kind.resource, changed)
    this.#objects.set(keyOf(kind, index), updated)
    await this.#tell(kind, index, updated, random)
  }

  /** Writes what controllers would say of an object. */
  async #tell(
    kind: GeneratedKind,
    index: number,
    object: KubernetesObject,
    random: SeededRandom,
  ): Promise<void> {
    let last = object
    for (const part of ['approval', 'status'] as const) {
      const status = kind[part]?.(random, last)
      if (status === undefined) continue
      const path = `${this.#pathOf(kind, last)}/${part}`
      last = (await this.#cluster.send('PUT', path, { ...last, status })) as KubernetesObject
      this.#objects.set(keyOf(kind, index), last)
    }
  }

  async #remove(
    kind: GeneratedKind,
    index: number,
    object: KubernetesObject,
    random: SeededRandom,
  ): Promise<void> {
    const { resource, finalized } = kind
    const { name, namespace } = object.metadata
    // One that is on a node is not gone before its time is up.
    const grace = resource.name === 'pods' && random.chance(0.4) ? 3600 : 0
    await this.#cluster.remove(resource, name, namespace, grace)
    const stays = grace > 0 || (finalized !== undefined && random.chance(0.4))
    if (stays || finalized === undefined) {
      this.#objects.delete(keyOf(kind, index))
      return
    }
    const path = this.#pathOf(kind, object)
    if (finalized === 'spec') await this.#cluster.send('PUT', `${path}/finalize`, { ...object, spec: {} })
    else {
      const { resourceVersion: _, ...metadata } = object.metadata
      await this.#cluster.send('PUT', path, { ...object, metadata: { ...metadata, finalizers: [] } })
    }
    this.#objects.delete(keyOf(kind, index))
  }

  #pathOf({ resource }: GeneratedKind, { metadata }: KubernetesObject): string {
    return `${pathOf(resource, metadata.namespace)}/${encodeURIComponent(metadata.name)}`
  }
}

function keyOf({ resource }: GeneratedKind, index: number): string {
  return `${resource.name} ${index}`
}

function placeOf({ resource, namespace }: GeneratedKind, index: number): string | undefined {
  if (!resource.namespaced) return undefined
  return namespace ?? namespaces[index % 2]
}

/** Metadata of which labels and annotations are those of both. */
function merged(common: object, special: object): object {
  const [one, other] = [common, special] as Readonly<Record<string, object | undefined>>[]
  const both = (field: string): object => {
    const value = { ...one?.[field], ...other?.[field] }
    return Object.keys(value).length === 0 ? {} : { [field]: value }
  }
  return { ...common, ...special, ...both('labels'), ...both('annotations') }
}
