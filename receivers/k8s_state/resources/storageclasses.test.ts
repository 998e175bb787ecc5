import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { storageClasses } from './storageclasses.ts'

const storageClass = {
  metadata: { name: 'fast', creationTimestamp: '2026-01-01T00:00:00Z' },
  provisioner: 'rbd.csi.ceph.com',
  parameters: { pool: 'replicated' },
  reclaimPolicy: 'Retain',
  volumeBindingMode: 'WaitForFirstConsumer',
}

test('a class of storage is told as kube-state-metrics does', () => {
  expect(tell(storageClasses, storageClass)).toEqual([
    'kube_storageclass_info{provisioner="rbd.csi.ceph.com", reclaim_policy="Retain", storageclass="fast", volume_binding_mode="WaitForFirstConsumer"} 1',
    'kube_storageclass_created{storageclass="fast"} 1767225600',
  ])
})

test('volumes of a class that does not say it are deleted, and bound at once', () => {
  expect(tell(storageClasses, { provisioner: 'local' })).toEqual([
    'kube_storageclass_info{provisioner="local", reclaim_policy="Delete", storageclass="it", volume_binding_mode="Immediate"} 1',
  ])
})
