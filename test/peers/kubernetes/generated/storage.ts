import type { Resource } from '#src/kubernetes/resource.ts'
import type { SeededRandom } from '#src/testing/random.ts'
import { conditions, maybe, type GeneratedKind } from './kind.ts'

const sizes = ['1Gi', '500M', '10Ti', '1.5Gi', '1e9', '123456789123'] as const
const classes = ['fast', 'slow', ''] as const
const accessModes = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'] as const

function storage(name: string): Resource {
  return { group: 'storage.k8s.io', version: 'v1', name, namespaced: false }
}

const nodeAffinity = {
  required: {
    nodeSelectorTerms: [
      { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-1'] }] },
    ],
  },
}

/** Where the bytes of a volume are: each kind of place that has labels of its own. */
function volumeSource(random: SeededRandom): object {
  return random.pick<() => object>([
    () => ({ gcePersistentDisk: { pdName: 'disk-1' } }),
    () => ({ awsElasticBlockStore: { volumeID: 'aws://eu-west-1a/vol-1' } }),
    () => ({ azureDisk: { diskName: 'disk-2', diskURI: 'https://disks.example.org/disk-2' } }),
    () => ({ fc: { lun: random.below(5), targetWWNs: ['50060e801049cfd1', '50060e801049cfd2'] } }),
    () => ({ fc: { wwids: ['3600508b400105e210000900000490000', 'other'] } }),
    () => ({
      iscsi: {
        targetPortal: '10.0.0.1:3260',
        iqn: 'iqn.2001-04.com.example:storage.kube.sys1.xyz',
        lun: random.below(5),
        ...maybe(random, 0.5, () => ({ initiatorName: 'iqn.2001-04.com.example:initiator' })),
      },
    }),
    () => ({ nfs: { server: 'nfs.example.org', path: '/exports/a' } }),
    () => ({
      csi: {
        driver: 'csi.example.org',
        volumeHandle: 'handle-1',
        ...maybe(random, 0.7, () => ({ volumeAttributes: { Pool: 'a', 'storage.kubernetes.io/id': '7' } })),
      },
    }),
    () => ({
      local: { path: '/mnt/disks/a', ...maybe(random, 0.5, () => ({ fsType: 'xfs' })) },
      nodeAffinity,
    }),
    () => ({ hostPath: { path: '/data', ...maybe(random, 0.5, () => ({ type: 'Directory' })) } }),
  ])()
}

const volumes: GeneratedKind = {
  resource: { group: '', version: 'v1', name: 'persistentvolumes', namespaced: false },
  finalized: 'metadata',
  make: (random) => ({
    spec: {
      capacity: { storage: random.pick(sizes) },
      accessModes: [random.pick(['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany'])],
      ...volumeSource(random),
      ...maybe(random, 0.6, () => ({ storageClassName: random.pick(classes) })),
      ...maybe(random, 0.6, () => ({ persistentVolumeReclaimPolicy: random.pick(['Retain', 'Delete']) })),
      ...maybe(random, 0.3, () => ({ volumeMode: 'Block' })),
      ...maybe(random, 0.5, () => ({
        claimRef: { kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'claim-1', uid: 'u1' },
      })),
    },
  }),
  status: (random) => ({
    phase: random.pick(['Pending', 'Available', 'Bound', 'Released', 'Failed']),
    ...maybe(random, 0.2, () => ({ reason: 'Because', message: 'said so' })),
  }),
}

const claims: GeneratedKind = {
  resource: { group: '', version: 'v1', name: 'persistentvolumeclaims', namespaced: true },
  finalized: 'metadata',
  make: (random) => ({
    metadata: maybe(random, 0.2, () => ({
      annotations: { 'volume.beta.kubernetes.io/storage-class': 'by-annotation' },
    })),
    spec: {
      accessModes:
        accessModes.filter((mode) => mode !== 'ReadWriteOncePod' && random.chance(0.5)).length > 1
          ? ['ReadWriteOnce', 'ReadOnlyMany']
          : [random.pick(accessModes)],
      resources: { requests: { storage: random.pick(sizes) } },
      ...maybe(random, 0.6, () => ({ storageClassName: random.pick(classes) })),
      ...maybe(random, 0.5, () => ({ volumeName: 'volume-1' })),
      ...maybe(random, 0.3, () => ({ volumeMode: 'Block' })),
    },
  }),
  status: (random) => ({
    phase: random.pick(['Pending', 'Bound', 'Lost']),
    ...maybe(random, 0.5, () => ({ capacity: { storage: '1Gi' } })),
    conditions: conditions(random, ['Resizing', 'FileSystemResizePending', 'example.org/own']),
  }),
}

const storageClasses: GeneratedKind = {
  resource: storage('storageclasses'),
  make: (random) => ({
    provisioner: 'csi.example.org',
    ...maybe(random, 0.6, () => ({ reclaimPolicy: random.pick(['Retain', 'Delete']) })),
    ...maybe(random, 0.6, () => ({
      volumeBindingMode: random.pick(['Immediate', 'WaitForFirstConsumer']),
    })),
    ...maybe(random, 0.3, () => ({ parameters: { type: 'ssd' } })),
  }),
}

const attachments: GeneratedKind = {
  resource: storage('volumeattachments'),
  make: (random) => ({
    spec: {
      attacher: 'csi.example.org',
      nodeName: `node-${random.below(20)}`,
      source: { persistentVolumeName: `volume-${random.below(9)}` },
    },
  }),
  status: (random) => ({
    attached: random.chance(0.5),
    ...maybe(random, 0.5, () => ({ attachmentMetadata: { devicePath: '/dev/sdb', 'example.org/Lun': '3' } })),
  }),
}

/** Volumes, and who has them. */
export const storageKinds: readonly GeneratedKind[] = [volumes, claims, storageClasses, attachments]
