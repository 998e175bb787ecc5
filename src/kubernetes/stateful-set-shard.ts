import type { KubernetesObject } from './object.ts'
import type { Resource } from './resource.ts'
import type { Shard } from './shard.ts'
import type { Subscribed, Watches } from './watches.ts'

/** StatefulSets, whose pods know their number. */
export const statefulSets: Resource = { group: 'apps', version: 'v1', name: 'statefulsets', namespaced: true }

const podName = /^(.+)-(\d{1,9})$/

interface Replicas {
  readonly total: number
  /** The ordinal of the first pod. */
  readonly start: number
}

/**
 * Finds the shard that a pod of a StatefulSet is: its ordinal is in its name, and how many there are the StatefulSet says.
 *
 * @param onShard told at first, and whenever the StatefulSet is scaled
 * @throws {Error} for the name of a pod that is of no StatefulSet
 */
export function watchShard(
  watches: Watches,
  { namespace, pod }: { readonly namespace: string; readonly pod: string },
  onShard: (shard: Shard) => void,
): Subscribed<Replicas> {
  const [, name, ordinal] = podName.exec(pod) ?? []
  if (name === undefined || ordinal === undefined)
    throw new Error(`the pod ${pod} is of no StatefulSet: its name does not end with a number`)
  let told = ''
  return watches.subscribe<Replicas>({
    scope: { resource: statefulSets, namespace, fieldSelector: `metadata.name=${name}` },
    projection: replicasOf,
    set({ total, start }) {
      const shard = { ordinal: Number(ordinal) - start, total }
      // A pod that is about to be removed has no share.
      if (told === JSON.stringify(shard)) return
      told = JSON.stringify(shard)
      onShard(shard)
    },
  })
}

function replicasOf(object: KubernetesObject): Replicas {
  const { replicas, ordinals } = (object['spec'] ?? {}) as {
    readonly replicas?: number
    readonly ordinals?: { readonly start?: number }
  }
  return { total: replicas ?? 1, start: ordinals?.start ?? 0 }
}
