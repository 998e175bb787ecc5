import { watchAccess, type AccessRule, type Account } from '#src/kubernetes/access-rule.ts'
import { leaseAccess } from '#src/kubernetes/lease-election.ts'
import { statefulSets } from '#src/kubernetes/stateful-set-shard.ts'
import type { K8sStateConfig } from './config.ts'
import { customResourcesOf } from './custom/configured.ts'
import type { CustomResource } from './custom/custom-resource.ts'
import { customResourceDefinitions } from './custom/definitions.ts'
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
  rules.push(...customAccess(customResourcesOf(config), namespaces))
  if (lease !== undefined)
    rules.push(...leaseAccess(lease.lease_namespace ?? account.namespace, lease.lease_name))
  if (sharding !== undefined && sharding.shard === undefined) {
    const fieldSelector = `metadata.name=${account.name}`
    rules.push(watchAccess({ resource: statefulSets, namespace: account.namespace, fieldSelector }))
  }
  return rules
}

/**
 * What must be allowed to tell of custom resources. Whether they are in namespaces, and what their plural is, a cluster knows;
 * where it is not configured it is made of the kind as those of most are.
 */
function customAccess(resources: readonly CustomResource[], namespaces: readonly string[]): AccessRule[] {
  if (resources.length === 0) return []
  return [
    watchAccess({ resource: customResourceDefinitions }),
    ...resources.flatMap(({ group, kind, plural }) => {
      const name = kind === '*' ? '*' : (plural ?? pluralOf(kind))
      const places = namespaces.length > 0 ? namespaces : [undefined]
      return places.map((namespace) =>
        watchAccess({ resource: { group, version: '*', name, namespaced: true }, namespace }),
      )
    }),
  ]
}

/** `networkpolicies` of `NetworkPolicy`, `ingresses` of `Ingress`, `gateways` of `Gateway`. */
function pluralOf(kind: string): string {
  const word = kind.toLowerCase()
  if (/(?:s|x|z|ch|sh)$/.test(word)) return `${word}es`
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`
}
