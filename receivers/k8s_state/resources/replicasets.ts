import type { V1ReplicaSet } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { numberFact } from '../number-fact.ts'
import { created, generation, observedGeneration, owners } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type ReplicaSet = ApiObject<V1ReplicaSet>
const of = family<ReplicaSet>()

/** ReplicaSets, as `kube_replicaset_*`. */
export const replicaSets = stateResource<ReplicaSet>({
  resource: { group: 'apps', version: 'v1', name: 'replicasets', namespaced: true },
  byDefault: true,
  prefix: 'kube_replicaset',
  label: 'replicaset',
  attribute: 'k8s.replicaset',
  families: [
    created('kube_replicaset'),
    generation('kube_replicaset'),
    owners('kube_replicaset'),
    of(
      numberFact({
        fact: 'pods that it has',
        source: 'status.replicas',
        prometheus: 'kube_replicaset_status_replicas',
      }),
      ({ status }) => status?.replicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that have all labels of its template',
        source: 'status.fullyLabeledReplicas',
        prometheus: 'kube_replicaset_status_fully_labeled_replicas',
      }),
      ({ status }) => status?.fullyLabeledReplicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that are ready',
        source: 'status.readyReplicas',
        prometheus: 'kube_replicaset_status_ready_replicas',
      }),
      ({ status }) => status?.readyReplicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that are being deleted',
        source: 'status.terminatingReplicas',
        prometheus: 'kube_replicaset_status_terminating_replicas',
      }),
      ({ status }) => status?.terminatingReplicas,
    ),
    observedGeneration('kube_replicaset'),
    of(
      numberFact({
        fact: 'pods that are wanted',
        source: 'spec.replicas',
        prometheus: 'kube_replicaset_spec_replicas',
        unit: '{pod}',
        otel: 'k8s.replicaset.desired',
        semconv: 'k8s.replicaset.pod.desired',
      }),
      ({ spec }) => spec?.replicas,
    ),
    of(
      numberFact({
        fact: 'pods that have been ready for long enough',
        source: 'status.availableReplicas',
        unit: '{pod}',
        otel: 'k8s.replicaset.available',
        semconv: 'k8s.replicaset.pod.available',
      }),
      ({ status }) => status?.availableReplicas ?? 0,
    ),
  ],
})
