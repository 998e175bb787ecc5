import type { V1DaemonSet } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { numberFact } from '../number-fact.ts'
import { created, deletion, generation, observedGeneration } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type DaemonSet = ApiObject<V1DaemonSet>
const of = family<DaemonSet>()

/** DaemonSets, as `kube_daemonset_*`. */
export const daemonSets = stateResource<DaemonSet>({
  resource: { group: 'apps', version: 'v1', name: 'daemonsets', namespaced: true },
  byDefault: true,
  prefix: 'kube_daemonset',
  label: 'daemonset',
  attribute: 'k8s.daemonset',
  families: [
    created('kube_daemonset'),
    generation('kube_daemonset'),
    deletion('kube_daemonset'),
    of(
      numberFact({
        fact: 'nodes that run its pod and should',
        source: 'status.currentNumberScheduled',
        prometheus: 'kube_daemonset_status_current_number_scheduled',
        unit: '{node}',
        otel: 'k8s.daemonset.current_scheduled_nodes',
        semconv: 'k8s.daemonset.node.current_scheduled',
      }),
      ({ status }) => status?.currentNumberScheduled ?? 0,
    ),
    of(
      numberFact({
        fact: 'nodes that should run its pod',
        source: 'status.desiredNumberScheduled',
        prometheus: 'kube_daemonset_status_desired_number_scheduled',
        unit: '{node}',
        otel: 'k8s.daemonset.desired_scheduled_nodes',
        semconv: 'k8s.daemonset.node.desired_scheduled',
      }),
      ({ status }) => status?.desiredNumberScheduled ?? 0,
    ),
    of(
      numberFact({
        fact: 'nodes that run its pod and should not',
        source: 'status.numberMisscheduled',
        prometheus: 'kube_daemonset_status_number_misscheduled',
        unit: '{node}',
        otel: 'k8s.daemonset.misscheduled_nodes',
        semconv: 'k8s.daemonset.node.misscheduled',
      }),
      ({ status }) => status?.numberMisscheduled ?? 0,
    ),
    of(
      numberFact({
        fact: 'nodes that should run its pod and have one that is ready',
        source: 'status.numberReady',
        prometheus: 'kube_daemonset_status_number_ready',
        unit: '{node}',
        otel: 'k8s.daemonset.ready_nodes',
        semconv: 'k8s.daemonset.node.ready',
      }),
      ({ status }) => status?.numberReady ?? 0,
    ),
    of(
      numberFact({
        fact: 'nodes that should run its pod and have one that has been ready for long enough',
        source: 'status.numberAvailable',
        prometheus: 'kube_daemonset_status_number_available',
      }),
      ({ status }) => status?.numberAvailable ?? 0,
    ),
    of(
      numberFact({
        fact: 'nodes that should run its pod and have none that is available',
        source: 'status.numberUnavailable',
        prometheus: 'kube_daemonset_status_number_unavailable',
      }),
      ({ status }) => status?.numberUnavailable ?? 0,
    ),
    of(
      numberFact({
        fact: 'nodes that run its pod of the newest template',
        source: 'status.updatedNumberScheduled',
        prometheus: 'kube_daemonset_status_updated_number_scheduled',
      }),
      ({ status }) => status?.updatedNumberScheduled ?? 0,
    ),
    observedGeneration('kube_daemonset'),
  ],
})
