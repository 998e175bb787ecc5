import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { daemonSets } from './daemonsets.ts'

const daemonSet = {
  metadata: {
    name: 'agent',
    namespace: 'kube-system',
    uid: 'a1',
    generation: 4,
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { selector: { matchLabels: { app: 'agent' } }, updateStrategy: { type: 'RollingUpdate' } },
  status: {
    currentNumberScheduled: 9,
    numberMisscheduled: 1,
    desiredNumberScheduled: 10,
    numberReady: 8,
    observedGeneration: 4,
    updatedNumberScheduled: 6,
    numberAvailable: 7,
    numberUnavailable: 3,
  },
}

test('a DaemonSet is told as kube-state-metrics does', () => {
  expect(tell(daemonSets, daemonSet)).toEqual([
    'kube_daemonset_created{daemonset="agent", namespace="kube-system"} 1767225600',
    'kube_daemonset_metadata_generation{daemonset="agent", namespace="kube-system"} 4',
    'kube_daemonset_status_current_number_scheduled{daemonset="agent", namespace="kube-system"} 9',
    'kube_daemonset_status_desired_number_scheduled{daemonset="agent", namespace="kube-system"} 10',
    'kube_daemonset_status_number_misscheduled{daemonset="agent", namespace="kube-system"} 1',
    'kube_daemonset_status_number_ready{daemonset="agent", namespace="kube-system"} 8',
    'kube_daemonset_status_number_available{daemonset="agent", namespace="kube-system"} 7',
    'kube_daemonset_status_number_unavailable{daemonset="agent", namespace="kube-system"} 3',
    'kube_daemonset_status_updated_number_scheduled{daemonset="agent", namespace="kube-system"} 6',
    'kube_daemonset_status_observed_generation{daemonset="agent", namespace="kube-system"} 4',
  ])
})

test("a DaemonSet is told in the Collector's words", () => {
  expect(tell(daemonSets, daemonSet, { naming: 'otel' })).toEqual([
    'k8s.daemonset.current_scheduled_nodes{} 9 [k8s.daemonset.name="agent", k8s.daemonset.uid="a1", k8s.namespace.name="kube-system"]',
    'k8s.daemonset.desired_scheduled_nodes{} 10 [k8s.daemonset.name="agent", k8s.daemonset.uid="a1", k8s.namespace.name="kube-system"]',
    'k8s.daemonset.misscheduled_nodes{} 1 [k8s.daemonset.name="agent", k8s.daemonset.uid="a1", k8s.namespace.name="kube-system"]',
    'k8s.daemonset.ready_nodes{} 8 [k8s.daemonset.name="agent", k8s.daemonset.uid="a1", k8s.namespace.name="kube-system"]',
  ])
})

test('a DaemonSet is told in words of the semantic conventions', () => {
  expect(tell(daemonSets, daemonSet, { naming: 'semconv' })).toEqual([
    'k8s.daemonset.node.current_scheduled{} 9 [k8s.daemonset.name="agent", k8s.daemonset.uid="a1", k8s.namespace.name="kube-system"]',
    'k8s.daemonset.node.desired_scheduled{} 10 [k8s.daemonset.name="agent", k8s.daemonset.uid="a1", k8s.namespace.name="kube-system"]',
    'k8s.daemonset.node.misscheduled{} 1 [k8s.daemonset.name="agent", k8s.daemonset.uid="a1", k8s.namespace.name="kube-system"]',
    'k8s.daemonset.node.ready{} 8 [k8s.daemonset.name="agent", k8s.daemonset.uid="a1", k8s.namespace.name="kube-system"]',
  ])
})
