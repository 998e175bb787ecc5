import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { volumeAttachments } from './volumeattachments.ts'

const attachment = {
  metadata: {
    name: 'csi-5e',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { 'app.kubernetes.io/name': 'csi' },
  },
  spec: { attacher: 'ebs.csi.aws.com', nodeName: 'node-1', source: { persistentVolumeName: 'pvc-1f' } },
  status: { attached: true, attachmentMetadata: { devicePath: '/dev/xvdba' } },
}

test('an attachment is told as kube-state-metrics does, with all of its labels', () => {
  expect(tell(volumeAttachments, attachment)).toEqual([
    'kube_volumeattachment_labels{label_app_kubernetes_io_name="csi", volumeattachment="csi-5e"} 1',
    'kube_volumeattachment_info{attacher="ebs.csi.aws.com", node="node-1", volumeattachment="csi-5e"} 1',
    'kube_volumeattachment_created{volumeattachment="csi-5e"} 1767225600',
    'kube_volumeattachment_spec_source_persistentvolume{volumeattachment="csi-5e", volumename="pvc-1f"} 1',
    'kube_volumeattachment_status_attached{volumeattachment="csi-5e"} 1',
    'kube_volumeattachment_status_attachment_metadata{metadata_device_path="/dev/xvdba", volumeattachment="csi-5e"} 1',
  ])
})

test('an attachment that says nothing of itself is not attached, and to no volume', () => {
  expect(tell(volumeAttachments, {})).toEqual([
    'kube_volumeattachment_labels{volumeattachment="it"} 1',
    'kube_volumeattachment_info{attacher="", node="", volumeattachment="it"} 1',
    'kube_volumeattachment_status_attached{volumeattachment="it"} 0',
    'kube_volumeattachment_status_attachment_metadata{volumeattachment="it"} 1',
  ])
})
