import type { CgroupIdentity } from '#src/cgroup/cgroup-identity.ts'

/**
 * What a fact is of, as vocabularies tell it apart: the node, a slice of it (a service, a class of pods), a pod, a
 * container of a pod, the sandbox that only holds a pod's namespaces, or a container of no pod.
 */
export const levels = ['node', 'slice', 'pod', 'container', 'sandbox', 'plain'] as const

export type Level = (typeof levels)[number]

/** Containers, in a pod or not: what vocabularies without pods' own rows have. */
export const containerLevels = ['container', 'plain'] as const

/** The level of a cgroup. */
export function levelOf({ kind, podUid }: CgroupIdentity, isSandbox: boolean): Level {
  if (kind === 'root') return 'node'
  if (kind !== 'container') return kind
  if (isSandbox) return 'sandbox'
  return podUid === '' ? 'plain' : 'container'
}
