import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { persistentVolumes } from './persistentvolumes.ts'

const volume = {
  metadata: {
    name: 'pvc-1f',
    creationTimestamp: '2026-01-01T00:00:00Z',
    deletionTimestamp: '2026-01-02T00:00:00Z',
    annotations: { 'pv.kubernetes.io/provisioned-by': 'rbd.csi.ceph.com' },
  },
  spec: {
    capacity: { storage: '8Gi' },
    accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
    claimRef: { kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data-web-0', uid: 'c1' },
    csi: {
      driver: 'rbd.csi.ceph.com',
      volumeHandle: '0001-24',
      volumeAttributes: { mounter: 'rbd-nbd', mapOptions: 'krbd:rxbounce', pool: 'replicated' },
    },
    persistentVolumeReclaimPolicy: 'Delete',
    storageClassName: 'fast',
    volumeMode: 'Block',
  },
  status: { phase: 'Bound' },
}

test('a volume is told as kube-state-metrics does', () => {
  expect(tell(persistentVolumes, volume)).toEqual([
    'kube_persistentvolume_claim_ref{claim_namespace="shop", name="data-web-0", persistentvolume="pvc-1f"} 1',
    'kube_persistentvolume_status_phase{persistentvolume="pvc-1f", phase="Pending"} 0',
    'kube_persistentvolume_status_phase{persistentvolume="pvc-1f", phase="Available"} 0',
    'kube_persistentvolume_status_phase{persistentvolume="pvc-1f", phase="Bound"} 1',
    'kube_persistentvolume_status_phase{persistentvolume="pvc-1f", phase="Released"} 0',
    'kube_persistentvolume_status_phase{persistentvolume="pvc-1f", phase="Failed"} 0',
    'kube_persistentvolume_info{azure_disk_name="", csi_driver="rbd.csi.ceph.com", csi_volume_handle="0001-24", ebs_volume_id="", fc_lun="", fc_target_wwns="", fc_wwids="", gce_persistent_disk_name="", host_path="", host_path_type="", iscsi_initiator_name="", iscsi_iqn="", iscsi_lun="", iscsi_target_portal="", local_fs="", local_path="", nfs_path="", nfs_server="", persistentvolume="pvc-1f", reclaim_policy="Delete", storageclass="fast"} 1',
    'kube_persistentvolume_capacity_bytes{persistentvolume="pvc-1f"} 8589934592',
    'kube_persistentvolume_created{persistentvolume="pvc-1f"} 1767225600',
    'kube_persistentvolume_deletion_timestamp{persistentvolume="pvc-1f"} 1767312000',
    'kube_persistentvolume_volume_mode{persistentvolume="pvc-1f", volumemode="Block"} 1',
    'kube_persistentvolume_access_mode{access_mode="ReadWriteOnce", persistentvolume="pvc-1f"} 1',
    'kube_persistentvolume_access_mode{access_mode="ReadOnlyMany", persistentvolume="pvc-1f"} 1',
  ])
})

test.each(['otel', 'semconv'] as const)('a volume is told in the words of %s', (naming) => {
  const bearer =
    '[k8s.persistentvolume.name="pvc-1f", k8s.persistentvolume.uid="u1", k8s.storageclass.name="fast"]'
  const phase = (name: string, value: number): string =>
    `k8s.persistentvolume.status.phase{k8s.persistentvolume.status.phase="${name}"} ${value} ${bearer}`
  expect(tell(persistentVolumes, volume, { naming })).toEqual([
    phase('Pending', 0),
    phase('Available', 0),
    phase('Bound', 1),
    phase('Released', 0),
    phase('Failed', 0),
    `k8s.persistentvolume.storage.capacity{} 8589934592 ${bearer}`,
  ])
})

test('how a driver of Ceph mounts a volume is told where it is asked for', () => {
  expect(tell(persistentVolumes, volume, { enabled: ['kube_persistentvolume_csi_attributes'] })).toContain(
    'kube_persistentvolume_csi_attributes{csi_map_options="krbd:rxbounce", csi_mounter="rbd-nbd", persistentvolume="pvc-1f"} 1',
  )
})

test.each([
  [{ gcePersistentDisk: { pdName: 'disk-1' } }, { gce_persistent_disk_name: 'disk-1' }],
  [{ awsElasticBlockStore: { volumeID: 'aws://eu/vol-1' } }, { ebs_volume_id: 'aws://eu/vol-1' }],
  [{ azureDisk: { diskName: 'd', diskURI: '/d' } }, { azure_disk_name: 'd' }],
  [
    { fc: { lun: 0, targetWWNs: ['50060e801049cfd1', '50060e801049cfd2'] } },
    { fc_lun: '0', fc_target_wwns: '50060e801049cfd1,50060e801049cfd2' },
  ],
  [{ fc: { wwids: ['3600508b4', '3600508b5'] } }, { fc_wwids: '3600508b4,3600508b5' }],
  [
    { iscsi: { targetPortal: '10.0.0.1:3260', iqn: 'iqn.2026-01.io:a', lun: 2, initiatorName: 'iqn.n1' } },
    {
      iscsi_target_portal: '10.0.0.1:3260',
      iscsi_iqn: 'iqn.2026-01.io:a',
      iscsi_lun: '2',
      iscsi_initiator_name: 'iqn.n1',
    },
  ],
  [{ nfs: { server: 'files', path: '/a' } }, { nfs_server: 'files', nfs_path: '/a' }],
  [{ local: { path: '/mnt/d', fsType: 'xfs' } }, { local_path: '/mnt/d', local_fs: 'xfs' }],
  [{ hostPath: { path: '/data', type: 'Directory' } }, { host_path: '/data', host_path_type: 'Directory' }],
])('where a volume is, is told by the labels of its kind: %j', (place, labels) => {
  const [told = ''] = tell(persistentVolumes, { spec: place }).filter((line) => line.includes('_info{'))
  const shown = Object.fromEntries(
    [...told.matchAll(/(\w+)="([^"]+)"/g)].map(([, key, value]) => [key, value]),
  )
  expect(shown).toEqual({ ...labels, persistentvolume: 'it' })
})

test('a volume that says nothing of itself has no size, no phase and no claim', () => {
  const told = tell(persistentVolumes, {}).filter((line) => !line.includes('_info{'))
  expect(told).toEqual([
    'kube_persistentvolume_capacity_bytes{persistentvolume="it"} 0',
    'kube_persistentvolume_volume_mode{persistentvolume="it", volumemode="Filesystem"} 1',
  ])
  expect(tell(persistentVolumes, {}, { naming: 'semconv' })).toEqual([])
})
