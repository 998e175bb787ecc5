import type { ApiObject } from '#src/kubernetes/wire.ts'
import { created, info, resourceVersion } from '../shared-families.ts'
import { stateResource, type StateFamily } from '../state-resource.ts'

type Role = ApiObject<object>

const familiesOf = (prefix: string): readonly StateFamily<Role>[] => [
  info(prefix),
  created(prefix),
  resourceVersion(prefix),
]

/** Roles within a namespace, as `kube_role_*`. */
export const roles = stateResource<Role>({
  resource: { group: 'rbac.authorization.k8s.io', version: 'v1', name: 'roles', namespaced: true },
  byDefault: false,
  form: 'metadata',
  prefix: 'kube_role',
  label: 'role',
  attribute: 'k8s.role',
  families: familiesOf('kube_role'),
})

/** Roles of the cluster, as `kube_clusterrole_*`. */
export const clusterRoles = stateResource<Role>({
  resource: { group: 'rbac.authorization.k8s.io', version: 'v1', name: 'clusterroles', namespaced: false },
  byDefault: false,
  form: 'metadata',
  prefix: 'kube_clusterrole',
  label: 'clusterrole',
  attribute: 'k8s.clusterrole',
  families: familiesOf('kube_clusterrole'),
})
