import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { statefulSets } from './statefulsets.ts'

const statefulSet = {
  metadata: {
    name: 'db',
    namespace: 'shop',
    uid: 's1',
    generation: 3,
    creationTimestamp: '2026-01-01T00:00:00Z',
    deletionTimestamp: '2026-01-02T00:00:00Z',
  },
  spec: {
    replicas: 3,
    serviceName: 'db',
    ordinals: { start: 4 },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Delete' },
  },
  status: {
    observedGeneration: 2,
    replicas: 3,
    readyReplicas: 2,
    currentReplicas: 1,
    updatedReplicas: 2,
    availableReplicas: 1,
    currentRevision: 'db-6f4',
    updateRevision: 'db-9c8',
    collisionCount: 0,
  },
}

test('a StatefulSet is told as kube-state-metrics does', () => {
  expect(tell(statefulSets, statefulSet)).toEqual([
    'kube_statefulset_created{namespace="shop", statefulset="db"} 1767225600',
    'kube_statefulset_metadata_generation{namespace="shop", statefulset="db"} 3',
    'kube_statefulset_deletion_timestamp{namespace="shop", statefulset="db"} 1767312000',
    'kube_statefulset_status_replicas{namespace="shop", statefulset="db"} 3',
    'kube_statefulset_status_replicas_available{namespace="shop", statefulset="db"} 1',
    'kube_statefulset_status_replicas_current{namespace="shop", statefulset="db"} 1',
    'kube_statefulset_status_replicas_ready{namespace="shop", statefulset="db"} 2',
    'kube_statefulset_status_replicas_updated{namespace="shop", statefulset="db"} 2',
    'kube_statefulset_status_observed_generation{namespace="shop", statefulset="db"} 2',
    'kube_statefulset_replicas{namespace="shop", statefulset="db"} 3',
    'kube_statefulset_ordinals_start{namespace="shop", statefulset="db"} 4',
    'kube_statefulset_persistentvolumeclaim_retention_policy{namespace="shop", statefulset="db", when_deleted="Retain", when_scaled="Delete"} 1',
    'kube_statefulset_status_current_revision{namespace="shop", revision="db-6f4", statefulset="db"} 1',
    'kube_statefulset_status_update_revision{namespace="shop", revision="db-9c8", statefulset="db"} 1',
  ])
})

test("a StatefulSet is told in the Collector's words", () => {
  expect(tell(statefulSets, statefulSet, { naming: 'otel' })).toEqual([
    'k8s.statefulset.pod.available{} 1 [k8s.namespace.name="shop", k8s.statefulset.name="db", k8s.statefulset.uid="s1"]',
    'k8s.statefulset.current_pods{} 1 [k8s.namespace.name="shop", k8s.statefulset.name="db", k8s.statefulset.uid="s1"]',
    'k8s.statefulset.ready_pods{} 2 [k8s.namespace.name="shop", k8s.statefulset.name="db", k8s.statefulset.uid="s1"]',
    'k8s.statefulset.updated_pods{} 2 [k8s.namespace.name="shop", k8s.statefulset.name="db", k8s.statefulset.uid="s1"]',
    'k8s.statefulset.desired_pods{} 3 [k8s.namespace.name="shop", k8s.statefulset.name="db", k8s.statefulset.uid="s1"]',
  ])
})

test('a StatefulSet is told in words of the semantic conventions', () => {
  expect(tell(statefulSets, statefulSet, { naming: 'semconv' })).toEqual([
    'k8s.statefulset.pod.current{} 1 [k8s.namespace.name="shop", k8s.statefulset.name="db", k8s.statefulset.uid="s1"]',
    'k8s.statefulset.pod.ready{} 2 [k8s.namespace.name="shop", k8s.statefulset.name="db", k8s.statefulset.uid="s1"]',
    'k8s.statefulset.pod.updated{} 2 [k8s.namespace.name="shop", k8s.statefulset.name="db", k8s.statefulset.uid="s1"]',
    'k8s.statefulset.pod.desired{} 3 [k8s.namespace.name="shop", k8s.statefulset.name="db", k8s.statefulset.uid="s1"]',
  ])
})

test('what is not said of ordinals and claims makes no series', () => {
  const lines = tell(statefulSets, { spec: { replicas: 1, persistentVolumeClaimRetentionPolicy: {} } })
  expect(lines.filter((line) => line.includes('ordinals') || line.includes('retention'))).toEqual([])
})

test('ordinals that are given begin with 0 unless they say so', () => {
  expect(tell(statefulSets, { spec: { ordinals: {} } })).toContain(
    'kube_statefulset_ordinals_start{statefulset="it"} 0',
  )
})
