import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { replicationControllers } from './replicationcontrollers.ts'

const replicationController = {
  metadata: {
    name: 'old',
    namespace: 'shop',
    uid: 'c1',
    generation: 2,
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { replicas: 5, selector: { app: 'old' } },
  status: {
    replicas: 5,
    fullyLabeledReplicas: 4,
    readyReplicas: 3,
    availableReplicas: 2,
    observedGeneration: 1,
  },
}

test('a ReplicationController is told as kube-state-metrics does', () => {
  expect(tell(replicationControllers, replicationController)).toEqual([
    'kube_replicationcontroller_created{namespace="shop", replicationcontroller="old"} 1767225600',
    'kube_replicationcontroller_metadata_generation{namespace="shop", replicationcontroller="old"} 2',
    'kube_replicationcontroller_owner{namespace="shop", owner_is_controller="", owner_kind="", owner_name="", replicationcontroller="old"} 1',
    'kube_replicationcontroller_status_replicas{namespace="shop", replicationcontroller="old"} 5',
    'kube_replicationcontroller_status_fully_labeled_replicas{namespace="shop", replicationcontroller="old"} 4',
    'kube_replicationcontroller_status_ready_replicas{namespace="shop", replicationcontroller="old"} 3',
    'kube_replicationcontroller_status_available_replicas{namespace="shop", replicationcontroller="old"} 2',
    'kube_replicationcontroller_status_observed_generation{namespace="shop", replicationcontroller="old"} 1',
    'kube_replicationcontroller_spec_replicas{namespace="shop", replicationcontroller="old"} 5',
  ])
})

test("a ReplicationController is told in the Collector's words", () => {
  expect(tell(replicationControllers, replicationController, { naming: 'otel' })).toEqual([
    'k8s.replication_controller.available{} 2 [k8s.namespace.name="shop", k8s.replicationcontroller.name="old", k8s.replicationcontroller.uid="c1"]',
    'k8s.replication_controller.desired{} 5 [k8s.namespace.name="shop", k8s.replicationcontroller.name="old", k8s.replicationcontroller.uid="c1"]',
  ])
})

test('a ReplicationController is told in words of the semantic conventions', () => {
  expect(tell(replicationControllers, replicationController, { naming: 'semconv' })).toEqual([
    'k8s.replicationcontroller.pod.available{} 2 [k8s.namespace.name="shop", k8s.replicationcontroller.name="old", k8s.replicationcontroller.uid="c1"]',
    'k8s.replicationcontroller.pod.desired{} 5 [k8s.namespace.name="shop", k8s.replicationcontroller.name="old", k8s.replicationcontroller.uid="c1"]',
  ])
})
