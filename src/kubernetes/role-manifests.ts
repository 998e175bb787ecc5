import { Document, stringify, type YAMLMap, type YAMLSeq } from 'yaml'
import type { AccessRule, Account } from './access-rule.ts'

/** A rule, and who needs it. */
export interface NeededRule {
  readonly rule: AccessRule
  /** In words for people: `receivers.k8s_state`. */
  readonly by: string
}

/** One verb on one resource in one place, and who needs it. */
interface Permission {
  readonly group: string
  readonly resource: string
  readonly verb: string
  /** Empty: everywhere. */
  readonly namespace: string
  /** Empty: all objects. */
  readonly name: string
  readonly by: Set<string>
}

/** A rule of a Role or ClusterRole. */
interface PolicyRule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

interface Explained {
  readonly policy: PolicyRule
  readonly by: string
}

/** In the order in which people write them. */
const verbOrder = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']

const rbac = 'rbac.authorization.k8s.io'

/** Characters of a list that stands in one line. */
const longestList = 100

/**
 * The manifests that let an account do what rules say and no more: the account, a ClusterRole for what holds everywhere, a Role
 * for each namespace, and what binds them. What is allowed everywhere is not allowed in a namespace again. Equal for the same
 * rules in any order.
 *
 * @returns YAML, a document each
 */
export function roleManifests(needed: readonly NeededRule[], account: Account): string {
  const permissions = withoutCovered(permissionsOf(needed))
  const places = [...new Set(permissions.map(({ namespace }) => namespace))].toSorted()
  const { name, namespace } = account
  const serviceAccount = stringify({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
  })
  const roles = places.flatMap((place) => {
    const rules = rulesOf(permissions.filter((permission) => permission.namespace === place))
    return [roleText(rules, place, name), bindingText(place, account)]
  })
  return [serviceAccount, ...roles].join('---\n')
}

function permissionsOf(needed: readonly NeededRule[]): Permission[] {
  const permissions = new Map<string, Permission>()
  for (const { rule, by } of needed) {
    const { group, resource, namespace = '', name = '' } = rule
    for (const verb of rule.verbs) {
      const key = JSON.stringify([namespace, group, resource, name, verb])
      const known = permissions.get(key) ?? { group, resource, verb, namespace, name, by: new Set() }
      permissions.set(key, known)
      known.by.add(by)
    }
  }
  return [...permissions.values()]
}

/** Without what is allowed in more places, or of more objects, anyway. */
function withoutCovered(permissions: readonly Permission[]): Permission[] {
  const widest = permissions.filter((each) => !permissions.some((other) => covers(other, each)))
  for (const narrow of permissions) {
    const wide = widest.find((other) => covers(other, narrow))
    for (const by of narrow.by) wide?.by.add(by)
  }
  return widest
}

function covers(wide: Permission, narrow: Permission): boolean {
  if (wide === narrow || wide.verb !== narrow.verb || wide.group !== narrow.group) return false
  const isAsWide = (option: 'namespace' | 'name'): boolean =>
    wide[option] === '' || wide[option] === narrow[option]
  const hasResource = wide.resource === narrow.resource || wide.resource === '*'
  return hasResource && isAsWide('namespace') && isAsWide('name')
}

/** As few rules as can be: resources of a group stand together where the same is done with them, by the same components. */
function rulesOf(permissions: readonly Permission[]): Explained[] {
  const byObjects = Map.groupBy(permissions, ({ group, resource, name, by }) =>
    JSON.stringify([group, resource, name, [...by].toSorted()]),
  )
  const wholes = [...byObjects.values()].map((all) => ({
    ...(all[0] as Permission),
    verbs: all
      .map(({ verb }) => verb)
      .toSorted((a, b) => verbOrder.indexOf(a) - verbOrder.indexOf(b) || (a < b ? -1 : 1)),
  }))
  const byRule = Map.groupBy(wholes, ({ group, name, verbs, by }) =>
    JSON.stringify([group, name, verbs, [...by].toSorted()]),
  )
  return [...byRule.keys()].toSorted().map((key) => {
    const [group, name, verbs, by] = JSON.parse(key) as [string, string, string[], string[]]
    const resources = (byRule.get(key) ?? []).map(({ resource }) => resource).toSorted()
    const names = name === '' ? {} : { resourceNames: [name] }
    return { policy: { apiGroups: [group], resources, ...names, verbs }, by: by.join(', ') }
  })
}

function roleText(rules: readonly Explained[], namespace: string, name: string): string {
  const document = new Document({
    apiVersion: `${rbac}/v1`,
    kind: namespace === '' ? 'ClusterRole' : 'Role',
    metadata: namespace === '' ? { name } : { name, namespace },
    rules: rules.map(({ policy }) => policy),
  })
  const { items } = document.get('rules') as YAMLSeq<YAMLMap<unknown, YAMLSeq>>
  for (const [index, { by }] of rules.entries()) {
    const item = items[index]
    if (item === undefined) continue
    item.commentBefore = ` ${by}`
    for (const { value } of item.items)
      if (value !== null) value.flow = value.items.join(', ').length < longestList
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

function bindingText(place: string, { name, namespace }: Account): string {
  const kind = place === '' ? 'ClusterRole' : 'Role'
  return stringify({
    apiVersion: `${rbac}/v1`,
    kind: `${kind}Binding`,
    metadata: place === '' ? { name } : { name, namespace: place },
    roleRef: { apiGroup: rbac, kind, name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  })
}
