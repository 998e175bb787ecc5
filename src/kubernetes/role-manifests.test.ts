import { expect, test } from 'vitest'
import { manifestsIn } from '#src/testing/role-manifests.ts'
import { watchAccess, type AccessRule } from './access-rule.ts'
import { roleManifests } from './role-manifests.ts'

const account = { namespace: 'monitoring', name: 'weir' }
const pods = watchAccess({ resource: { group: '', version: 'v1', name: 'pods', namespaced: true } })
const jobs = watchAccess({ resource: { group: 'batch', version: 'v1', name: 'jobs', namespaced: true } })

function print(rules: readonly (readonly [by: string, rule: AccessRule])[]): string {
  return roleManifests(
    rules.map(([by, rule]) => ({ by, rule })),
    account,
  )
}

/** Kind, place and rules of each role. */
function roles(rules: readonly AccessRule[]) {
  return manifestsIn(print(rules.map((rule) => ['receivers.a', rule])))
    .filter(({ kind }) => kind.endsWith('Role'))
    .map(({ kind, metadata, rules: own }) => [kind, metadata.namespace, own])
}

test('an account is bound to what holds everywhere, and to what holds in a namespace; each rule says who needs it', () => {
  const rules = [
    ['receivers.k8s_state', pods],
    ['receivers.k8s_state', { group: 'apps', resource: 'deployments', verbs: ['watch', 'list'] }],
    ['receivers.k8s_state', { group: 'apps', resource: 'daemonsets', verbs: ['list', 'watch'] }],
    ['receivers.prometheus', pods],
    ['receivers.k8s_state', { group: '', resource: 'secrets', verbs: ['get'], namespace: 'team', name: 's' }],
  ] as const
  const text = print(rules)
  expect(text).toBe(`apiVersion: v1
kind: ServiceAccount
metadata:
  name: weir
  namespace: monitoring
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: weir
rules:
  # receivers.k8s_state, receivers.prometheus
  - apiGroups: [""]
    resources: [pods]
    verbs: [list, watch]
  # receivers.k8s_state
  - apiGroups: [apps]
    resources: [daemonsets, deployments]
    verbs: [list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: weir
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: weir
subjects:
  - kind: ServiceAccount
    name: weir
    namespace: monitoring
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: weir
  namespace: team
rules:
  # receivers.k8s_state
  - apiGroups: [""]
    resources: [secrets]
    resourceNames: [s]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: weir
  namespace: team
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: weir
subjects:
  - kind: ServiceAccount
    name: weir
    namespace: monitoring
`)
  expect(print(rules.toReversed())).toBe(text)
})

test('what is allowed everywhere is not allowed in a namespace again, nor of one object', () => {
  expect(
    roles([pods, { ...pods, namespace: 'a' }, { ...jobs, namespace: 'a' }, { ...jobs, name: 'j' }]),
  ).toEqual([
    [
      'ClusterRole',
      undefined,
      [
        { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
        { apiGroups: ['batch'], resources: ['jobs'], resourceNames: ['j'], verbs: ['list', 'watch'] },
      ],
    ],
    ['Role', 'a', [{ apiGroups: ['batch'], resources: ['jobs'], verbs: ['list', 'watch'] }]],
  ])
})

test('all resources of a group contain each, and whoever needs one is named at the rule that is left', () => {
  const all = { ...jobs, resource: '*' }
  const text = print([
    ['receivers.a', all],
    ['receivers.b', jobs],
    ['receivers.c', { ...jobs, name: 'j' }],
  ])
  expect(text).toContain(
    '  # receivers.a, receivers.b, receivers.c\n  - apiGroups: [batch]\n    resources: ["*"]\n',
  )
  expect(text.match(/apiGroups/g)).toHaveLength(1)
})

test('a rule is about the one object that a field selector names', () => {
  const resource = { group: 'apps', version: 'v1', name: 'statefulsets', namespaced: true }
  const wanted = {
    group: 'apps',
    resource: 'statefulsets',
    verbs: ['list', 'watch'],
    namespace: 'n',
    name: 'weir',
  }
  expect(watchAccess({ resource, namespace: 'n', fieldSelector: 'metadata.name=weir' })).toEqual(wanted)
  const other = watchAccess({ resource, namespace: 'n', fieldSelector: 'spec.nodeName=weir' })
  expect(other).toEqual({ ...wanted, name: undefined })
})

test('many resources stand in lines of readable length', () => {
  const many = [...Array(40).keys()].map((index) => ({ ...pods, resource: `resource-number-${index}s` }))
  const lines = print(many.map((rule) => ['receivers.a', rule])).split('\n')
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(120)
})
