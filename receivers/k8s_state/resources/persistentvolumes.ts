import type { V1PersistentVolume, V1PersistentVolumeSpec } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { numberFact } from '../number-fact.ts'
import { wholeQuantity } from '#src/kubernetes/quantity.ts'
import { created, deletion } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'
import { accessModeFamily, phaseFamily, storageClassOf, storageNamings } from './storage-families.ts'

type PersistentVolume = ApiObject<V1PersistentVolume>
type Spec = Wire<V1PersistentVolumeSpec>
const of = family<PersistentVolume>()

const phases = ['Pending', 'Available', 'Bound', 'Released', 'Failed'] as const

/** The labels that say where a volume is; those of a kind that it is not are empty. */
const placeLabels = [
  'gce_persistent_disk_name',
  'ebs_volume_id',
  'azure_disk_name',
  'fc_wwids',
  'fc_lun',
  'fc_target_wwns',
  'iscsi_target_portal',
  'iscsi_iqn',
  'iscsi_lun',
  'iscsi_initiator_name',
  'nfs_server',
  'nfs_path',
  'csi_driver',
  'csi_volume_handle',
  'local_path',
  'local_fs',
  'host_path',
  'host_path_type',
] as const

type PlaceLabel = (typeof placeLabels)[number]
type Place = Readonly<Partial<Record<PlaceLabel, string | undefined>>>

/** The kinds of which kube-state-metrics tells, of which a volume has one. */
const places: readonly ((spec: Spec) => Place | undefined)[] = [
  ({ gcePersistentDisk: disk }) => disk && { gce_persistent_disk_name: disk.pdName },
  ({ awsElasticBlockStore: disk }) => disk && { ebs_volume_id: disk.volumeID },
  ({ azureDisk: disk }) => disk && { azure_disk_name: disk.diskName },
  ({ fc }) =>
    fc && {
      fc_wwids: fc.wwids?.join(','),
      fc_lun: fc.lun?.toString(),
      fc_target_wwns: fc.targetWWNs?.join(','),
    },
  ({ iscsi }) =>
    iscsi && {
      iscsi_target_portal: iscsi.targetPortal,
      iscsi_iqn: iscsi.iqn,
      iscsi_lun: String(iscsi.lun),
      iscsi_initiator_name: iscsi.initiatorName,
    },
  ({ nfs }) => nfs && { nfs_server: nfs.server, nfs_path: nfs.path },
  ({ csi }) => csi && { csi_driver: csi.driver, csi_volume_handle: csi.volumeHandle },
  ({ local }) => local && { local_path: local.path, local_fs: local.fsType },
  ({ hostPath }) => hostPath && { host_path: hostPath.path, host_path_type: hostPath.type },
]

function placeOf(spec: Spec | undefined): Record<PlaceLabel, string> {
  const place = spec && places.map((read) => read(spec)).find((each) => each !== undefined)
  const labels = placeLabels.map((label) => [label, place?.[label] ?? ''] as const)
  return Object.fromEntries(labels) as Record<PlaceLabel, string>
}

/** Volumes, as `kube_persistentvolume_*`. */
export const persistentVolumes = stateResource<PersistentVolume>({
  resource: { group: '', version: 'v1', name: 'persistentvolumes', namespaced: false },
  byDefault: true,
  prefix: 'kube_persistentvolume',
  label: 'persistentvolume',
  attribute: 'k8s.persistentvolume',
  otelAttributes: storageClassOf,
  semconvAttributes: storageClassOf,
  families: [
    of(
      {
        fact: 'the claim that has it',
        source: 'spec.claimRef',
        by: ['claim', 'claim_namespace'],
        prometheus: {
          name: 'kube_persistentvolume_claim_ref',
          kind: 'gauge',
          description: 'The claim that has it.',
          claim: 'name',
          claim_namespace: 'claim_namespace',
        },
      },
      ({ spec }, add) => {
        const claim = spec?.claimRef
        if (claim) add(1, { claim: claim.name ?? '', claim_namespace: claim.namespace ?? '' })
      },
    ),
    phaseFamily('persistentvolume', phases),
    of(
      labelFact({
        fact: 'where it is, and what becomes of it',
        source: 'spec',
        prometheus: 'kube_persistentvolume_info',
        labels: ['storageclass', ...placeLabels, 'reclaim_policy'],
      }),
      ({ spec }, add) =>
        add(1, {
          ...placeOf(spec),
          storageclass: spec?.storageClassName ?? '',
          reclaim_policy: spec?.persistentVolumeReclaimPolicy ?? '',
        }),
    ),
    of(
      numberFact({
        fact: 'how large it is, in bytes',
        source: 'spec.capacity.storage; 0 where it says nothing',
        prometheus: 'kube_persistentvolume_capacity_bytes',
      }),
      ({ spec }) => wholeQuantity(spec?.capacity?.['storage']) ?? 0,
    ),
    of(
      {
        fact: 'how large it is, in bytes',
        source: 'spec.capacity.storage',
        by: [],
        ...storageNamings('k8s.persistentvolume.storage.capacity', 'How large it is.'),
      },
      ({ spec }) => wholeQuantity(spec?.capacity?.['storage']),
    ),
    created('kube_persistentvolume'),
    deletion('kube_persistentvolume'),
    of(
      {
        fact: 'how a driver of Ceph mounts and maps it',
        source: 'spec.csi.volumeAttributes: mounter, mapOptions',
        by: ['csi_mounter', 'csi_map_options'],
        prometheus: {
          name: 'kube_persistentvolume_csi_attributes',
          kind: 'gauge',
          enabled: false,
          description: 'How a driver of Ceph mounts and maps it.',
          csi_mounter: 'csi_mounter',
          csi_map_options: 'csi_map_options',
        },
      },
      ({ spec }, add) => {
        const { volumeAttributes } = spec?.csi ?? {}
        if (spec?.csi)
          add(1, {
            csi_mounter: volumeAttributes?.['mounter'] ?? '',
            csi_map_options: volumeAttributes?.['mapOptions'] ?? '',
          })
      },
    ),
    of(
      labelFact({
        fact: 'whether it is a file system or a device',
        source: 'spec.volumeMode; Filesystem where it says nothing',
        prometheus: 'kube_persistentvolume_volume_mode',
        labels: ['volumemode'],
      }),
      ({ spec }, add) => add(1, { volumemode: spec?.volumeMode ?? 'Filesystem' }),
    ),
    accessModeFamily('persistentvolume'),
  ],
})
