import type { V1VolumeAttachment, V1VolumeAttachmentSpec } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { labelsOf } from '../label-names.ts'
import { numberFact } from '../number-fact.ts'
import { created } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'
import { bool } from '../values.ts'

/** `spec` is required, and yet read as what may be missing, as everything else is. */
type VolumeAttachment = Omit<ApiObject<V1VolumeAttachment>, 'spec'> & {
  readonly spec?: Partial<Wire<V1VolumeAttachmentSpec>>
}
const of = family<VolumeAttachment>()

/** Attachments of volumes to nodes, as `kube_volumeattachment_*`. */
export const volumeAttachments = stateResource<VolumeAttachment>({
  resource: { group: 'storage.k8s.io', version: 'v1', name: 'volumeattachments', namespaced: false },
  byDefault: true,
  prefix: 'kube_volumeattachment',
  label: 'volumeattachment',
  attribute: 'k8s.volumeattachment',
  // kube-state-metrics tells all of its labels, whatever is allowed.
  hasLabels: false,
  families: [
    of(
      numberFact({
        fact: 'its labels',
        source: 'metadata.labels',
        prometheus: 'kube_volumeattachment_labels',
      }),
      ({ metadata }, add) => add(1, {}, { prometheus: labelsOf('label_', metadata.labels, ['*']) }),
    ),
    of(
      labelFact({
        fact: 'who attaches it to which node',
        source: 'spec',
        prometheus: 'kube_volumeattachment_info',
        labels: ['attacher', 'node'],
      }),
      ({ spec }, add) => add(1, { attacher: spec?.attacher ?? '', node: spec?.nodeName ?? '' }),
    ),
    created('kube_volumeattachment'),
    of(
      labelFact({
        fact: 'the volume that is attached',
        source: 'spec.source.persistentVolumeName',
        prometheus: 'kube_volumeattachment_spec_source_persistentvolume',
        labels: ['volumename'],
      }),
      ({ spec }, add) => {
        const volume = spec?.source?.persistentVolumeName
        if (volume !== undefined) add(1, { volumename: volume })
      },
    ),
    of(
      numberFact({
        fact: 'whether it is attached',
        source: 'status.attached',
        prometheus: 'kube_volumeattachment_status_attached',
      }),
      ({ status }) => bool(status?.attached),
    ),
    of(
      numberFact({
        fact: 'what its driver says of it, as labels',
        source: 'status.attachmentMetadata',
        prometheus: 'kube_volumeattachment_status_attachment_metadata',
      }),
      ({ status }, add) =>
        add(1, {}, { prometheus: labelsOf('metadata_', status?.attachmentMetadata, ['*']) }),
    ),
  ],
})
