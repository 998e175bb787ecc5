import type { Resource } from '#src/kubernetes/resource.ts'
import { maybe, several, type GeneratedBody, type GeneratedKind } from './kind.ts'

function core(name: string): Resource {
  return { group: '', version: 'v1', name, namespaced: true }
}

function rbac(name: string, namespaced: boolean): Resource {
  return { group: 'rbac.authorization.k8s.io', version: 'v1', name, namespaced }
}

const configMaps: GeneratedKind = {
  resource: core('configmaps'),
  make: (random) => ({
    data: { a: String(random.below(9)) },
    ...maybe(random, 0.2, () => ({ immutable: false })),
  }),
  change: (random) => ({ data: { a: String(random.below(1000)) } }),
}

const secrets: GeneratedKind = {
  resource: core('secrets'),
  make: (random) =>
    random.pick<GeneratedBody>([
      { stringData: { password: 'hidden' } },
      { type: 'kubernetes.io/basic-auth', stringData: { username: 'me', password: 'hidden' } },
      { type: 'kubernetes.io/tls', stringData: { 'tls.crt': '', 'tls.key': '' } },
      { type: 'example.org/own' },
    ]),
}

const accounts: GeneratedKind = {
  resource: core('serviceaccounts'),
  make: (random) => ({
    ...maybe(random, 0.5, () => ({ automountServiceAccountToken: random.chance(0.5) })),
    ...maybe(random, 0.5, () => ({ secrets: several(random, 2, (index) => ({ name: `token-${index}` })) })),
    ...maybe(random, 0.5, () => ({
      imagePullSecrets: several(random, 2, (index) => ({ name: `pull-${index}` })),
    })),
  }),
}

/** Names of roles may be nearly anything. */
const oddNames = ['system:node', 'größe', 'a "quoted" name', 'back\\slash', '😀', 'UPPER case'] as const

function roleName(kind: string): (index: number) => string {
  return (index) => `${kind}-${index}${index % 3 === 0 ? `:${oddNames[index % oddNames.length] ?? ''}` : ''}`
}

const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]

function role(name: string, namespaced: boolean): GeneratedKind {
  return {
    resource: rbac(name, namespaced),
    nameOf: roleName(name),
    make: () => ({ rules }),
    change: (random) => ({ rules: several(random, 3, () => rules[0]) }),
  }
}

function binding(name: string, namespaced: boolean): GeneratedKind {
  const kinds = namespaced ? (['Role', 'ClusterRole'] as const) : (['ClusterRole'] as const)
  return {
    resource: rbac(name, namespaced),
    nameOf: roleName(name),
    make: (random) => ({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: random.pick([...kinds]), name: 'view "x"' },
      subjects: several(random, 2, (index) => ({
        kind: 'User',
        apiGroup: 'rbac.authorization.k8s.io',
        name: `user-${index}`,
      })),
    }),
  }
}

function admission(name: string): Resource {
  return { group: 'admissionregistration.k8s.io', version: 'v1', name, namespaced: false }
}

const never = { apiGroups: ['never.example.org'], apiVersions: ['v1'], resources: ['nothing'] }
const matching = { resourceRules: [{ ...never, operations: ['CREATE'] }] }

/** Webhooks that no request ever matches: the server asks them before it writes. */
function webhooks(name: string): GeneratedKind {
  return {
    resource: admission(name),
    make: (random) => ({
      webhooks: several(random, 3, (index) => ({
        name: `hook-${index}.example.org`,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Ignore',
        rules: matching.resourceRules,
        clientConfig: random.pick([
          { url: 'https://hooks.example.org/' },
          { service: { namespace: 'hooks', name: `service-${index}` } },
        ]),
      })),
    }),
  }
}

const policies: GeneratedKind = {
  resource: admission('validatingadmissionpolicies'),
  make: (random) => ({
    spec: {
      matchConstraints: matching,
      validations: [{ expression: 'true' }],
      failurePolicy: random.pick(['Fail', 'Ignore']),
      ...maybe(random, 0.5, () => ({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } })),
    },
  }),
}

const policyBindings: GeneratedKind = {
  resource: admission('validatingadmissionpolicybindings'),
  make: (random) => ({
    spec: {
      policyName: `policy-${random.below(9)}`,
      matchResources: matching,
      validationActions: random.pick([['Deny'], ['Audit', 'Warn'], ['Deny', 'Audit']]),
      ...maybe(random, 0.6, () => ({
        paramRef: {
          name: 'parameters',
          parameterNotFoundAction: random.pick(['Allow', 'Deny']),
          ...maybe(random, 0.5, () => ({ namespace: 'shop' })),
        },
      })),
    },
  }),
}

/** Who may do what, and what is kept for them. */
export const accessKinds: readonly GeneratedKind[] = [
  configMaps,
  secrets,
  accounts,
  role('roles', true),
  role('clusterroles', false),
  binding('rolebindings', true),
  binding('clusterrolebindings', false),
  webhooks('mutatingwebhookconfigurations'),
  webhooks('validatingwebhookconfigurations'),
  policies,
  policyBindings,
]
