import { metric, type MetricDefinition, type Naming } from '#src/naming/metric.ts'
import { atLevels, type NamedLevel } from './level.ts'

const volumes = ['volume', 'claim'] as const

/** One number of bytes of file systems. */
function filesystem(
  name: string,
  described: { readonly field: string; readonly fact: string },
  prometheus?: Naming<'level'>,
): MetricDefinition<'level'> {
  const { field, fact } = described
  const words = { unit: 'By', integer: true, description: `Bytes of the filesystem: ${fact}.` } as const
  return metric({
    fact: `bytes of a filesystem: ${fact}`,
    source: `${field} of fs, ephemeral-storage, rootfs`,
    by: ['level'],
    otel: atLevels(name, { kind: 'gauge', ...words }),
    semconv: atLevels(name, { kind: 'updowncounter', ...words }),
    ...(prometheus === undefined ? {} : { prometheus }),
  })
}

export const filesystemAvailable = filesystem('filesystem.available', {
  field: 'availableBytes',
  fact: 'what is free',
})

export const filesystemCapacity = filesystem(
  'filesystem.capacity',
  { field: 'capacityBytes', fact: 'all' },
  {
    where: { level: 'container' },
    name: 'container_fs_limit_bytes',
    kind: 'gauge',
    description: 'Number of bytes that can be consumed by the container on this filesystem.',
  },
)

export const filesystemUsage = filesystem(
  'filesystem.usage',
  { field: 'usedBytes', fact: 'what it uses' },
  {
    where: { level: 'container' },
    name: 'container_fs_usage_bytes',
    kind: 'gauge',
    description: 'Number of bytes that are consumed by the container on this filesystem.',
  },
)

const nodeInodes: readonly NamedLevel[] = ['node']

/** One number of inodes of the node's file system. */
function inodes(
  name: string,
  described: { readonly field: string; readonly fact: string },
): MetricDefinition<'level'> {
  return metric({
    fact: `inodes of a node's filesystem: ${described.fact}`,
    source: `fs.${described.field}`,
    by: ['level'],
    otel: atLevels(
      name,
      {
        kind: 'gauge',
        unit: '{inode}',
        integer: true,
        enabled: false,
        description: `Inodes of the node's filesystem: ${described.fact}`,
      },
      nodeInodes,
    ),
  })
}

export const filesystemInodes = inodes('filesystem.inode.count', { field: 'inodes', fact: 'all' })
export const filesystemInodesFree = inodes('filesystem.inode.free', {
  field: 'inodesFree',
  fact: 'what is free',
})

export const ephemeralStorage = metric({
  fact: 'bytes that a container uses of local storage: its writable layer, and its logs',
  source: 'rootfs.usedBytes, logs.usedBytes',
  by: ['level', 'type'],
  otel: {
    where: { level: 'container' },
    name: 'k8s.container.ephemeral_storage.usage',
    kind: 'gauge',
    unit: 'By',
    integer: true,
    enabled: false,
    description: 'Bytes of local storage that the container uses',
    type: 'fs.type',
  },
})

/** One number of volumes. */
function volume(described: {
  readonly field: string
  readonly fact: string
  readonly unit: 'By' | '{inode}'
  readonly otel: string
  readonly optional?: true
  readonly semconv: string
  readonly prometheus: string
}): MetricDefinition<'level'> {
  const { field, fact, unit, otel, semconv, prometheus, optional } = described
  const words = { where: { level: volumes }, integer: true, description: `Volume: ${fact}.` } as const
  return metric({
    fact: `${unit === 'By' ? 'bytes' : 'inodes'} of a volume: ${fact}`,
    source: `volume.${field}`,
    by: ['level'],
    otel: {
      ...words,
      name: otel,
      kind: 'gauge',
      unit: unit === 'By' ? unit : '1',
      ...(optional === true ? { enabled: false } : {}),
    },
    semconv: { ...words, name: semconv, kind: 'updowncounter', unit },
    // The kubelet has these of claims alone, and without the pod.
    prometheus: {
      where: { level: 'claim' },
      name: prometheus,
      kind: 'gauge',
      description: `Volume of a claim: ${fact}.`,
    },
  })
}

export const volumeAvailable = volume({
  field: 'availableBytes',
  fact: 'what is free',
  unit: 'By',
  otel: 'k8s.volume.available',
  semconv: 'k8s.pod.volume.available',
  prometheus: 'kubelet_volume_stats_available_bytes',
})

export const volumeCapacity = volume({
  field: 'capacityBytes',
  fact: 'all',
  unit: 'By',
  otel: 'k8s.volume.capacity',
  semconv: 'k8s.pod.volume.capacity',
  prometheus: 'kubelet_volume_stats_capacity_bytes',
})

export const volumeUsage = volume({
  field: 'usedBytes',
  fact: 'what is used',
  unit: 'By',
  otel: 'k8s.pod.volume.usage',
  optional: true,
  semconv: 'k8s.pod.volume.usage',
  prometheus: 'kubelet_volume_stats_used_bytes',
})

export const volumeInodes = volume({
  field: 'inodes',
  fact: 'all',
  unit: '{inode}',
  otel: 'k8s.volume.inodes',
  semconv: 'k8s.pod.volume.inode.count',
  prometheus: 'kubelet_volume_stats_inodes',
})

export const volumeInodesFree = volume({
  field: 'inodesFree',
  fact: 'what is free',
  unit: '{inode}',
  otel: 'k8s.volume.inodes.free',
  semconv: 'k8s.pod.volume.inode.free',
  prometheus: 'kubelet_volume_stats_inodes_free',
})

export const volumeInodesUsed = volume({
  field: 'inodesUsed',
  fact: 'what is used',
  unit: '{inode}',
  otel: 'k8s.volume.inodes.used',
  semconv: 'k8s.pod.volume.inode.used',
  prometheus: 'kubelet_volume_stats_inodes_used',
})

export const runtimeFilesystem = metric({
  fact: 'bytes of the file systems that hold images, and what containers write',
  source: 'runtime.imageFs, runtime.containerFs',
  by: ['filesystem', 'type'],
  vm: {
    name: 'vm_kubelet_runtime_filesystem_bytes',
    kind: 'gauge',
    description: 'Bytes of the file systems that hold images, and what containers write, by type.',
    filesystem: 'filesystem',
    type: 'type',
  },
})

/** What there is of file systems and volumes. */
export const storageNames = [
  runtimeFilesystem,
  filesystemAvailable,
  filesystemCapacity,
  filesystemUsage,
  filesystemInodes,
  filesystemInodesFree,
  ephemeralStorage,
  volumeAvailable,
  volumeCapacity,
  volumeUsage,
  volumeInodes,
  volumeInodesFree,
  volumeInodesUsed,
]
