import { watchAccess, type AccessRule, type Account } from '#src/kubernetes/access-rule.ts'
import { leaseAccess } from '#src/kubernetes/lease-election.ts'
import { statefulSets } from '#src/kubernetes/stateful-set-shard.ts'
import type { K8sStateConfig } from './config.ts'
import { chosenResources } from './state-resources.ts'

/**
 * What must be allowed to tell what the options choose.
 *
 * @param account who asks; a StatefulSet that shards is taken to be named as it
 */
export function accessOf(config: K8sStateConfig, account: Account): AccessRule[] {
  const { resources, exclude_resources: excluded, namespaces, leader_election: lease, sharding } = config
  const rules = chosenResources(resources, excluded).flatMap(({ resource }) => {
    const places = resource.namespaced && namespaces.length > 0 ? namespaces : [undefined]
    return places.map((namespace) => watchAccess({ resource, namespace }))
  })
  if (lease !== undefined)
    rules.push(...leaseAccess(lease.lease_namespace ?? account.namespace, lease.lease_name))
  if (sharding !== undefined && sharding.shard === undefined) {
    const fieldSelector = `metadata.name=${account.name}`
    rules.push(watchAccess({ resource: statefulSets, namespace: account.namespace, fieldSelector }))
  }
  return rules
}
