import type { V1StatefulSet } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { numberFact } from '../number-fact.ts'
import { created, deletion, generation, observedGeneration } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type StatefulSet = ApiObject<V1StatefulSet>
const of = family<StatefulSet>()

/** StatefulSets, as `kube_statefulset_*`. */
export const statefulSets = stateResource<StatefulSet>({
  resource: { group: 'apps', version: 'v1', name: 'statefulsets', namespaced: true },
  byDefault: true,
  prefix: 'kube_statefulset',
  label: 'statefulset',
  attribute: 'k8s.statefulset',
  families: [
    created('kube_statefulset'),
    generation('kube_statefulset'),
    deletion('kube_statefulset'),
    of(
      numberFact({
        fact: 'pods that it has',
        source: 'status.replicas',
        prometheus: 'kube_statefulset_status_replicas',
      }),
      ({ status }) => status?.replicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that have been ready for long enough',
        source: 'status.availableReplicas',
        prometheus: 'kube_statefulset_status_replicas_available',
        unit: '{pod}',
        otel: { name: 'k8s.statefulset.pod.available', enabled: false },
      }),
      ({ status }) => status?.availableReplicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods of the current revision',
        source: 'status.currentReplicas',
        prometheus: 'kube_statefulset_status_replicas_current',
        unit: '{pod}',
        otel: 'k8s.statefulset.current_pods',
        semconv: 'k8s.statefulset.pod.current',
      }),
      ({ status }) => status?.currentReplicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that are ready',
        source: 'status.readyReplicas',
        prometheus: 'kube_statefulset_status_replicas_ready',
        unit: '{pod}',
        otel: 'k8s.statefulset.ready_pods',
        semconv: 'k8s.statefulset.pod.ready',
      }),
      ({ status }) => status?.readyReplicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods of the revision that it is updated to',
        source: 'status.updatedReplicas',
        prometheus: 'kube_statefulset_status_replicas_updated',
        unit: '{pod}',
        otel: 'k8s.statefulset.updated_pods',
        semconv: 'k8s.statefulset.pod.updated',
      }),
      ({ status }) => status?.updatedReplicas ?? 0,
    ),
    observedGeneration('kube_statefulset'),
    of(
      numberFact({
        fact: 'pods that are wanted',
        source: 'spec.replicas',
        prometheus: 'kube_statefulset_replicas',
        unit: '{pod}',
        otel: 'k8s.statefulset.desired_pods',
        semconv: 'k8s.statefulset.pod.desired',
      }),
      ({ spec }) => spec?.replicas,
    ),
    of(
      numberFact({
        fact: 'the number of its first pod',
        source: 'spec.ordinals.start',
        prometheus: 'kube_statefulset_ordinals_start',
      }),
      ({ spec }) => (spec?.ordinals ? (spec.ordinals.start ?? 0) : undefined),
    ),
    of(
      labelFact({
        fact: 'what becomes of the claims of its pods when it is deleted or made smaller',
        source: 'spec.persistentVolumeClaimRetentionPolicy',
        prometheus: 'kube_statefulset_persistentvolumeclaim_retention_policy',
        labels: ['when_deleted', 'when_scaled'],
      }),
      ({ spec }, add) => {
        const { whenDeleted = '', whenScaled = '' } = spec?.persistentVolumeClaimRetentionPolicy ?? {}
        if (whenDeleted !== '' || whenScaled !== '')
          add(1, { when_deleted: whenDeleted, when_scaled: whenScaled })
      },
    ),
    of(
      labelFact({
        fact: 'the revision of its pods that are not updated yet',
        source: 'status.currentRevision',
        prometheus: 'kube_statefulset_status_current_revision',
        labels: ['revision'],
      }),
      ({ status }, add) => add(1, { revision: status?.currentRevision ?? '' }),
    ),
    of(
      labelFact({
        fact: 'the revision that its pods are updated to',
        source: 'status.updateRevision',
        prometheus: 'kube_statefulset_status_update_revision',
        labels: ['revision'],
      }),
      ({ status }, add) => add(1, { revision: status?.updateRevision ?? '' }),
    ),
  ],
})
