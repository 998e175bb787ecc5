import type { V1PersistentVolumeClaim, V1PersistentVolumeClaimCondition } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { wholeQuantity } from '#src/kubernetes/quantity.ts'
import { addCondition, created, deletion } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'
import { accessModeFamily, phaseFamily, storageClassOf, storageNamings } from './storage-families.ts'

type PersistentVolumeClaim = ApiObject<V1PersistentVolumeClaim>
const of = family<PersistentVolumeClaim>()

const phases = ['Lost', 'Bound', 'Pending'] as const

/** Where the class stood before it was a field; it counts first. */
const classAnnotation = 'volume.beta.kubernetes.io/storage-class'

/** Claims on volumes, as `kube_persistentvolumeclaim_*`. */
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
    phaseFamily('persistentvolumeclaim', phases, 'vm_kube_pvc_status'),
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
        ...storageNamings('k8s.persistentvolumeclaim.storage.request', 'How much storage it wants.'),
      },
      ({ spec }) => wholeQuantity(spec?.resources?.requests?.['storage']),
    ),
    of(
      {
        fact: 'how much storage it has, in bytes',
        source: 'status.capacity.storage; only where it has a volume',
        by: [],
        ...storageNamings('k8s.persistentvolumeclaim.storage.capacity', 'How much storage it has.'),
      },
      ({ status }) => wholeQuantity(status?.capacity?.['storage']),
    ),
    accessModeFamily('persistentvolumeclaim'),
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
