import type { V1PersistentVolumeClaim, V1PersistentVolumeClaimCondition } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { wholeQuantity } from '../quantity.ts'
import { addCondition, created, deletion } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'
import { bool } from '../values.ts'

type PersistentVolumeClaim = ApiObject<V1PersistentVolumeClaim>
const of = family<PersistentVolumeClaim>()

const phases = ['Lost', 'Bound', 'Pending'] as const

/** Where the class stood before it was a field; it counts first. */
const classAnnotation = 'volume.beta.kubernetes.io/storage-class'

const storageClassOf = ({ spec }: PersistentVolumeClaim): readonly string[] =>
  spec?.storageClassName ? ['k8s.storageclass.name', spec.storageClassName] : []

const phaseNaming = {
  name: 'k8s.persistentvolumeclaim.status.phase',
  kind: 'updowncounter',
  unit: '{persistentvolumeclaim}',
  integer: true,
  description: 'Whether it is in this phase.',
  phase: 'k8s.persistentvolumeclaim.status.phase',
} as const

const bytesNaming = { kind: 'updowncounter', unit: 'By', integer: true } as const
const requestNaming = {
  ...bytesNaming,
  name: 'k8s.persistentvolumeclaim.storage.request',
  description: 'How much storage it wants.',
} as const
const capacityNaming = {
  ...bytesNaming,
  name: 'k8s.persistentvolumeclaim.storage.capacity',
  description: 'How much storage it has.',
} as const

export const persistentVolumeClaims = stateResource<PersistentVolumeClaim>({
  resource: { group: '', version: 'v1', name: 'persistentvolumeclaims', namespaced: true },
  byDefault: true,
  prefix: 'kube_persistentvolumeclaim',
  label: 'persistentvolumeclaim',
  attribute: 'k8s.persistentvolumeclaim',
  otelAttributes: storageClassOf,
  semconvAttributes: storageClassOf,
  families: [
    of(
      labelFact({
        fact: 'which class, volume and mode it has',
        source: 'spec, and the annotation that once bore the class',
        prometheus: 'kube_persistentvolumeclaim_info',
        labels: ['storageclass', 'volumename', 'volumemode'],
      }),
      ({ metadata, spec }, add) =>
        add(1, {
          storageclass: metadata.annotations?.[classAnnotation] ?? spec?.storageClassName ?? '',
          volumename: spec?.volumeName ?? '',
          volumemode: spec?.volumeMode ?? '',
        }),
    ),
    of(
      {
        fact: 'whether it is in each phase',
        source: 'status.phase',
        by: ['phase'],
        prometheus: {
          name: 'kube_persistentvolumeclaim_status_phase',
          kind: 'gauge',
          description: 'Whether it is in this phase.',
          phase: 'phase',
        },
        vm: {
          name: 'vm_kube_pvc_status',
          kind: 'gauge',
          description: 'Whether a claim is in this phase.',
          phase: 'phase',
        },
        otel: { ...phaseNaming, enabled: false },
        semconv: phaseNaming,
      },
      ({ status }, add) => {
        if (status?.phase) for (const phase of phases) add(bool(status.phase === phase), { phase })
      },
    ),
    of(
      {
        fact: 'how much storage it wants, in bytes',
        source: 'spec.resources.requests.storage',
        by: [],
        prometheus: {
          name: 'kube_persistentvolumeclaim_resource_requests_storage_bytes',
          kind: 'gauge',
          description: 'How much storage it wants, in bytes.',
        },
        otel: { ...requestNaming, enabled: false },
        semconv: requestNaming,
      },
      ({ spec }) => wholeQuantity(spec?.resources?.requests?.['storage']),
    ),
    of(
      {
        fact: 'how much storage it has, in bytes',
        source: 'status.capacity.storage; only where it has a volume',
        by: [],
        otel: { ...capacityNaming, enabled: false },
        semconv: capacityNaming,
      },
      ({ status }) => wholeQuantity(status?.capacity?.['storage']),
    ),
    of(
      labelFact({
        fact: 'how its volume may be mounted',
        source: 'spec.accessModes',
        prometheus: 'kube_persistentvolumeclaim_access_mode',
        labels: ['access_mode'],
      }),
      ({ spec }, add) => {
        for (const mode of spec?.accessModes ?? []) add(1, { access_mode: mode })
      },
    ),
    of(
      labelFact({
        fact: 'whether a condition of it holds',
        source: 'status.conditions',
        prometheus: 'kube_persistentvolumeclaim_status_condition',
        labels: ['condition', 'status'],
      }),
      ({ status }, add) => {
        const conditions: readonly Wire<V1PersistentVolumeClaimCondition>[] = status?.conditions ?? []
        for (const { type, status: said } of conditions)
          addCondition(add, said, (each) => ({ condition: type, status: each }))
      },
    ),
    created('kube_persistentvolumeclaim'),
    deletion('kube_persistentvolumeclaim'),
  ],
})
