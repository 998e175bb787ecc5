import type { V1StorageClass } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { created } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type StorageClass = Partial<ApiObject<V1StorageClass>> & Pick<ApiObject<V1StorageClass>, 'metadata'>

/** Classes of storage, as `kube_storageclass_*`. */
export const storageClasses = stateResource<StorageClass>({
  resource: { group: 'storage.k8s.io', version: 'v1', name: 'storageclasses', namespaced: false },
  byDefault: true,
  prefix: 'kube_storageclass',
  label: 'storageclass',
  attribute: 'k8s.storageclass',
  families: [
    family<StorageClass>()(
      {
        fact: 'who makes volumes of it, and what becomes of them',
        source:
          'provisioner, reclaimPolicy (Delete unless given), volumeBindingMode (Immediate unless given)',
        by: ['provisioner', 'reclaim_policy', 'volume_binding_mode'],
        prometheus: {
          name: 'kube_storageclass_info',
          kind: 'gauge',
          description: 'Who makes volumes of it, and what becomes of them.',
          provisioner: 'provisioner',
          reclaim_policy: 'reclaim_policy',
          volume_binding_mode: 'volume_binding_mode',
        },
      },
      ({ provisioner = '', reclaimPolicy = 'Delete', volumeBindingMode = 'Immediate' }, add) =>
        add(1, { provisioner, reclaim_policy: reclaimPolicy, volume_binding_mode: volumeBindingMode }),
    ),
    created('kube_storageclass'),
  ],
})
