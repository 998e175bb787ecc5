import type { V1RoleBinding, V1RoleRef } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { created, resourceVersion } from '../shared-families.ts'
import { family, stateResource, type StateFamily } from '../state-resource.ts'

/** `roleRef` is required, and yet read as what may be missing, as everything else is. */
type Binding = Omit<ApiObject<V1RoleBinding>, 'roleRef'> & { readonly roleRef?: Partial<Wire<V1RoleRef>> }

const familiesOf = (prefix: string): readonly StateFamily<Binding>[] => [
  family<Binding>()(
    labelFact({
      fact: 'which role it grants',
      source: 'roleRef',
      prometheus: `${prefix}_info`,
      labels: ['roleref_kind', 'roleref_name'],
    }),
    ({ roleRef: { kind = '', name = '' } = {} }, add) => add(1, { roleref_kind: kind, roleref_name: name }),
  ),
  created(prefix),
  resourceVersion(prefix),
]

/** Who has roles within a namespace, as `kube_rolebinding_*`. */
export const roleBindings = stateResource<Binding>({
  resource: { group: 'rbac.authorization.k8s.io', version: 'v1', name: 'rolebindings', namespaced: true },
  byDefault: false,
  prefix: 'kube_rolebinding',
  label: 'rolebinding',
  attribute: 'k8s.rolebinding',
  families: familiesOf('kube_rolebinding'),
})

/** Who has roles of the cluster, as `kube_clusterrolebinding_*`. */
export const clusterRoleBindings = stateResource<Binding>({
  resource: {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    name: 'clusterrolebindings',
    namespaced: false,
  },
  byDefault: false,
  prefix: 'kube_clusterrolebinding',
  label: 'clusterrolebinding',
  attribute: 'k8s.clusterrolebinding',
  families: familiesOf('kube_clusterrolebinding'),
})
