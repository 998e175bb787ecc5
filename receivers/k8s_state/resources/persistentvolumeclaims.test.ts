import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { persistentVolumeClaims } from './persistentvolumeclaims.ts'

const claim = {
  metadata: {
    name: 'data-web-0',
    namespace: 'shop',
    creationTimestamp: '2026-01-01T00:00:00Z',
    deletionTimestamp: '2026-01-02T00:00:00Z',
    labels: { excluded_from_alerts: 'true' },
  },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '8Gi' } },
    storageClassName: 'fast',
    volumeMode: 'Filesystem',
    volumeName: 'pvc-1f',
  },
  status: {
    phase: 'Bound',
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '10Gi' },
    conditions: [{ type: 'FileSystemResizePending', status: 'True' }],
  },
}

test('a claim is told as kube-state-metrics does', () => {
  expect(tell(persistentVolumeClaims, claim)).toEqual([
    'kube_persistentvolumeclaim_info{namespace="shop", persistentvolumeclaim="data-web-0", storageclass="fast", volumemode="Filesystem", volumename="pvc-1f"} 1',
    'kube_persistentvolumeclaim_status_phase{namespace="shop", persistentvolumeclaim="data-web-0", phase="Lost"} 0',
    'kube_persistentvolumeclaim_status_phase{namespace="shop", persistentvolumeclaim="data-web-0", phase="Bound"} 1',
    'kube_persistentvolumeclaim_status_phase{namespace="shop", persistentvolumeclaim="data-web-0", phase="Pending"} 0',
    'kube_persistentvolumeclaim_resource_requests_storage_bytes{namespace="shop", persistentvolumeclaim="data-web-0"} 8589934592',
    'kube_persistentvolumeclaim_access_mode{access_mode="ReadWriteOnce", namespace="shop", persistentvolumeclaim="data-web-0"} 1',
    'kube_persistentvolumeclaim_status_condition{condition="FileSystemResizePending", namespace="shop", persistentvolumeclaim="data-web-0", status="true"} 1',
    'kube_persistentvolumeclaim_status_condition{condition="FileSystemResizePending", namespace="shop", persistentvolumeclaim="data-web-0", status="false"} 0',
    'kube_persistentvolumeclaim_status_condition{condition="FileSystemResizePending", namespace="shop", persistentvolumeclaim="data-web-0", status="unknown"} 0',
    'kube_persistentvolumeclaim_created{namespace="shop", persistentvolumeclaim="data-web-0"} 1767225600',
    'kube_persistentvolumeclaim_deletion_timestamp{namespace="shop", persistentvolumeclaim="data-web-0"} 1767312000',
  ])
})

test.each(['otel', 'semconv'] as const)('a claim is told in the words of %s', (naming) => {
  expect(tell(persistentVolumeClaims, claim, { naming })).toEqual([
    'k8s.persistentvolumeclaim.status.phase{k8s.persistentvolumeclaim.status.phase="Lost"} 0 [k8s.namespace.name="shop", k8s.persistentvolumeclaim.name="data-web-0", k8s.persistentvolumeclaim.uid="u1", k8s.storageclass.name="fast"]',
    'k8s.persistentvolumeclaim.status.phase{k8s.persistentvolumeclaim.status.phase="Bound"} 1 [k8s.namespace.name="shop", k8s.persistentvolumeclaim.name="data-web-0", k8s.persistentvolumeclaim.uid="u1", k8s.storageclass.name="fast"]',
    'k8s.persistentvolumeclaim.status.phase{k8s.persistentvolumeclaim.status.phase="Pending"} 0 [k8s.namespace.name="shop", k8s.persistentvolumeclaim.name="data-web-0", k8s.persistentvolumeclaim.uid="u1", k8s.storageclass.name="fast"]',
    'k8s.persistentvolumeclaim.storage.request{} 8589934592 [k8s.namespace.name="shop", k8s.persistentvolumeclaim.name="data-web-0", k8s.persistentvolumeclaim.uid="u1", k8s.storageclass.name="fast"]',
    'k8s.persistentvolumeclaim.storage.capacity{} 10737418240 [k8s.namespace.name="shop", k8s.persistentvolumeclaim.name="data-web-0", k8s.persistentvolumeclaim.uid="u1", k8s.storageclass.name="fast"]',
  ])
})

test('a claim is told in the words of vm', () => {
  expect(tell(persistentVolumeClaims, claim, { naming: 'vm' })).toEqual([
    'vm_kube_pvc_status{namespace="shop", persistentvolumeclaim="data-web-0", phase="Lost"} 0',
    'vm_kube_pvc_status{namespace="shop", persistentvolumeclaim="data-web-0", phase="Bound"} 1',
    'vm_kube_pvc_status{namespace="shop", persistentvolumeclaim="data-web-0", phase="Pending"} 0',
  ])
})

test('the class that the old annotation names counts first', () => {
  const annotations = { 'volume.beta.kubernetes.io/storage-class': 'slow' }
  expect(tell(persistentVolumeClaims, { ...claim, metadata: { annotations } })).toContain(
    'kube_persistentvolumeclaim_info{persistentvolumeclaim="it", storageclass="slow", volumemode="Filesystem", volumename="pvc-1f"} 1',
  )
})

test('a claim that says nothing of itself has no phase and wants nothing', () => {
  expect(tell(persistentVolumeClaims, {})).toEqual([
    'kube_persistentvolumeclaim_info{persistentvolumeclaim="it", storageclass="", volumemode="", volumename=""} 1',
  ])
  expect(tell(persistentVolumeClaims, {}, { naming: 'otel' })).toEqual([])
})
