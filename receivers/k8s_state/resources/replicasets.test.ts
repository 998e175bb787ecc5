import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { replicaSets } from './replicasets.ts'

const replicaSet = {
  metadata: {
    name: 'web-7d9',
    namespace: 'shop',
    uid: 'r1',
    generation: 2,
    creationTimestamp: '2026-01-01T00:00:00Z',
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: 'web',
        uid: 'd1',
        controller: true,
        blockOwnerDeletion: true,
      },
      { apiVersion: 'example.org/v1', kind: 'Rollout', name: 'web', uid: 'x1' },
    ],
  },
  spec: { replicas: 5, selector: { matchLabels: { app: 'web' } } },
  status: {
    replicas: 5,
    fullyLabeledReplicas: 4,
    readyReplicas: 3,
    availableReplicas: 2,
    terminatingReplicas: 1,
    observedGeneration: 2,
  },
}

test('a ReplicaSet is told as kube-state-metrics does', () => {
  expect(tell(replicaSets, replicaSet)).toEqual([
    'kube_replicaset_created{namespace="shop", replicaset="web-7d9"} 1767225600',
    'kube_replicaset_metadata_generation{namespace="shop", replicaset="web-7d9"} 2',
    'kube_replicaset_owner{namespace="shop", owner_is_controller="true", owner_kind="Deployment", owner_name="web", replicaset="web-7d9"} 1',
    'kube_replicaset_owner{namespace="shop", owner_is_controller="false", owner_kind="Rollout", owner_name="web", replicaset="web-7d9"} 1',
    'kube_replicaset_status_replicas{namespace="shop", replicaset="web-7d9"} 5',
    'kube_replicaset_status_fully_labeled_replicas{namespace="shop", replicaset="web-7d9"} 4',
    'kube_replicaset_status_ready_replicas{namespace="shop", replicaset="web-7d9"} 3',
    'kube_replicaset_status_terminating_replicas{namespace="shop", replicaset="web-7d9"} 1',
    'kube_replicaset_status_observed_generation{namespace="shop", replicaset="web-7d9"} 2',
    'kube_replicaset_spec_replicas{namespace="shop", replicaset="web-7d9"} 5',
  ])
})

test("a ReplicaSet is told in the Collector's words", () => {
  expect(tell(replicaSets, replicaSet, { naming: 'otel' })).toEqual([
    'k8s.replicaset.desired{} 5 [k8s.namespace.name="shop", k8s.replicaset.name="web-7d9", k8s.replicaset.uid="r1"]',
    'k8s.replicaset.available{} 2 [k8s.namespace.name="shop", k8s.replicaset.name="web-7d9", k8s.replicaset.uid="r1"]',
  ])
})

test('a ReplicaSet is told in words of the semantic conventions', () => {
  expect(tell(replicaSets, replicaSet, { naming: 'semconv' })).toEqual([
    'k8s.replicaset.pod.desired{} 5 [k8s.namespace.name="shop", k8s.replicaset.name="web-7d9", k8s.replicaset.uid="r1"]',
    'k8s.replicaset.pod.available{} 2 [k8s.namespace.name="shop", k8s.replicaset.name="web-7d9", k8s.replicaset.uid="r1"]',
  ])
})
