import type { V1ReplicationController } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { numberFact } from '../number-fact.ts'
import { created, generation, observedGeneration, owners } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type ReplicationController = ApiObject<V1ReplicationController>
const of = family<ReplicationController>()

/** ReplicationControllers, as `kube_replicationcontroller_*`. */
export const replicationControllers = stateResource<ReplicationController>({
  resource: { group: '', version: 'v1', name: 'replicationcontrollers', namespaced: true },
  byDefault: true,
  prefix: 'kube_replicationcontroller',
  label: 'replicationcontroller',
  attribute: 'k8s.replicationcontroller',
  hasLabels: false,
  families: [
    created('kube_replicationcontroller'),
    generation('kube_replicationcontroller'),
    owners('kube_replicationcontroller'),
    of(
      numberFact({
        fact: 'pods that it has',
        source: 'status.replicas',
        prometheus: 'kube_replicationcontroller_status_replicas',
      }),
      ({ status }) => status?.replicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that have all labels of its template',
        source: 'status.fullyLabeledReplicas',
        prometheus: 'kube_replicationcontroller_status_fully_labeled_replicas',
      }),
      ({ status }) => status?.fullyLabeledReplicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that are ready',
        source: 'status.readyReplicas',
        prometheus: 'kube_replicationcontroller_status_ready_replicas',
      }),
      ({ status }) => status?.readyReplicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that have been ready for long enough',
        source: 'status.availableReplicas',
        prometheus: 'kube_replicationcontroller_status_available_replicas',
        unit: '{pod}',
        otel: 'k8s.replication_controller.available',
        semconv: 'k8s.replicationcontroller.pod.available',
      }),
      ({ status }) => status?.availableReplicas ?? 0,
    ),
    observedGeneration('kube_replicationcontroller'),
    of(
      numberFact({
        fact: 'pods that are wanted',
        source: 'spec.replicas',
        prometheus: 'kube_replicationcontroller_spec_replicas',
        unit: '{pod}',
        otel: 'k8s.replication_controller.desired',
        semconv: 'k8s.replicationcontroller.pod.desired',
      }),
      ({ spec }) => spec?.replicas,
    ),
  ],
})
