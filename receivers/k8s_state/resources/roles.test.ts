import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { clusterRoles, roles } from './roles.ts'

const metadata = { name: 'reader', creationTimestamp: '2026-01-01T00:00:00Z', resourceVersion: '42' }

test('a role is told as kube-state-metrics does', () => {
  expect(tell(roles, { metadata: { ...metadata, namespace: 'shop' }, rules: null })).toEqual([
    'kube_role_info{namespace="shop", role="reader"} 1',
    'kube_role_created{namespace="shop", role="reader"} 1767225600',
    'kube_role_metadata_resource_version{namespace="shop", role="reader"} 42',
  ])
})

test('a role of the cluster is told by the same facts', () => {
  expect(tell(clusterRoles, { metadata })).toEqual([
    'kube_clusterrole_info{clusterrole="reader"} 1',
    'kube_clusterrole_created{clusterrole="reader"} 1767225600',
    'kube_clusterrole_metadata_resource_version{clusterrole="reader"} 42',
  ])
})
