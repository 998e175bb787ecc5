import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { clusterRoleBindings, roleBindings } from './rolebindings.ts'

const metadata = { name: 'readers', creationTimestamp: '2026-01-01T00:00:00Z', resourceVersion: '42' }
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }

test('a binding is told as kube-state-metrics does', () => {
  expect(
    tell(roleBindings, { metadata: { ...metadata, namespace: 'shop' }, roleRef, subjects: null }),
  ).toEqual([
    'kube_rolebinding_info{namespace="shop", rolebinding="readers", roleref_kind="ClusterRole", roleref_name="view"} 1',
    'kube_rolebinding_created{namespace="shop", rolebinding="readers"} 1767225600',
    'kube_rolebinding_metadata_resource_version{namespace="shop", rolebinding="readers"} 42',
  ])
})

test('a binding of the cluster is told by the same facts', () => {
  expect(tell(clusterRoleBindings, { metadata, roleRef })).toEqual([
    'kube_clusterrolebinding_info{clusterrolebinding="readers", roleref_kind="ClusterRole", roleref_name="view"} 1',
    'kube_clusterrolebinding_created{clusterrolebinding="readers"} 1767225600',
    'kube_clusterrolebinding_metadata_resource_version{clusterrolebinding="readers"} 42',
  ])
})
