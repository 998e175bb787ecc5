import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { namespaces } from './namespaces.ts'

const namespace = {
  metadata: { name: 'shop', uid: 's1', creationTimestamp: '2026-01-01T00:00:00Z' },
  status: { phase: 'Terminating', conditions: [{ type: 'NamespaceContentRemaining', status: 'True' }] },
}

test('a namespace is told as kube-state-metrics does', () => {
  expect(tell(namespaces, namespace)).toEqual([
    'kube_namespace_created{namespace="shop"} 1767225600',
    'kube_namespace_status_phase{namespace="shop", phase="Active"} 0',
    'kube_namespace_status_phase{namespace="shop", phase="Terminating"} 1',
    'kube_namespace_status_condition{condition="NamespaceContentRemaining", namespace="shop", status="true"} 1',
    'kube_namespace_status_condition{condition="NamespaceContentRemaining", namespace="shop", status="false"} 0',
    'kube_namespace_status_condition{condition="NamespaceContentRemaining", namespace="shop", status="unknown"} 0',
  ])
})

test('a namespace is told as the Collector does: by the number of its phase', () => {
  const resource = '[k8s.namespace.name="shop", k8s.namespace.uid="s1"]'
  const { metadata } = namespace
  expect(phase(namespace)).toEqual([`k8s.namespace.phase{} 0 ${resource}`])
  expect(phase({ metadata, status: { phase: 'Active' } })).toEqual([`k8s.namespace.phase{} 1 ${resource}`])
  expect(phase({ metadata })).toEqual([`k8s.namespace.phase{} -1 ${resource}`])
})

test('a namespace is told in the words of the semantic conventions', () => {
  const resource = '[k8s.namespace.name="shop", k8s.namespace.uid="s1"]'
  expect(tell(namespaces, namespace, { naming: 'semconv' })).toEqual([
    `k8s.namespace.phase{k8s.namespace.phase="active"} 0 ${resource}`,
    `k8s.namespace.phase{k8s.namespace.phase="terminating"} 1 ${resource}`,
  ])
})

function phase(told: object): string[] {
  return tell(namespaces, told, { naming: 'otel' })
}
