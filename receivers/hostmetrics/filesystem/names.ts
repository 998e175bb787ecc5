import { metric } from '#src/naming/metric.ts'

const usage = { unit: 'By', kind: 'updowncounter', integer: true } as const

/** The attributes of a file system in each vocabulary. */
const otel = { device: 'device', mountMode: 'mode', mountpoint: 'mountpoint', type: 'type' } as const
const semconv = {
  device: 'system.device',
  mode: 'system.filesystem.mode',
  mountpoint: 'system.filesystem.mountpoint',
  type: 'system.filesystem.type',
} as const
const exporter = { source: 'device', type: 'fstype', mountpoint: 'mountpoint' } as const

/**
 * What tells a mount apart for the conventions: `device` is the device below a name of the device mapper and below
 * /dev/root, `mountMode` what the mount allows, `mode` also what its file system allows.
 */
const byDevice = ['device', 'mountMode', 'mode', 'mountpoint', 'type'] as const

/** What tells a mount apart for node_exporter: `source` is what the list of mounts calls the device. */
const bySource = ['source', 'mountpoint', 'type'] as const

export const spaceByState = metric({
  fact: 'bytes of a file system by state: used, free for every user, reserved for root',
  source: 'statfs: blocks - bfree, bavail, bfree - bavail',
  by: [...byDevice, 'state'],
  otel: {
    ...usage,
    ...otel,
    name: 'system.filesystem.usage',
    description: 'Filesystem bytes used.',
    state: 'state',
  },
  semconv: {
    ...usage,
    ...semconv,
    name: 'system.filesystem.usage',
    description: "A filesystem's space by state.",
    state: 'system.filesystem.state',
  },
})

export const usedShare = metric({
  fact: 'share of the bytes used in those used or free for every user, 0 to 1',
  source: 'statfs',
  by: byDevice,
  otel: {
    ...otel,
    name: 'system.filesystem.utilization',
    unit: '1',
    kind: 'gauge',
    enabled: false,
    description: 'Fraction of filesystem bytes used.',
  },
})

export const shareByState = metric({
  fact: 'share of the bytes in each state in all of the file system, 0 to 1',
  source: 'statfs',
  by: [...byDevice, 'state'],
  semconv: {
    ...semconv,
    name: 'system.filesystem.utilization',
    unit: '1',
    kind: 'gauge',
    enabled: false,
    description: 'Fraction of filesystem bytes used.',
    state: 'system.filesystem.state',
  },
})

export const spaceLimit = metric({
  fact: 'bytes of a file system',
  source: 'statfs: blocks',
  by: byDevice,
  semconv: {
    ...usage,
    ...semconv,
    name: 'system.filesystem.limit',
    enabled: false,
    description: 'The total storage capacity of the filesystem.',
  },
})

export const inodesByState = metric({
  fact: 'inodes of a file system by state: used, free',
  source: 'statfs: files - ffree, ffree',
  by: [...byDevice, 'state'],
  otel: {
    ...otel,
    name: 'system.filesystem.inodes.usage',
    unit: '{inodes}',
    kind: 'updowncounter',
    integer: true,
    description: 'FileSystem inodes used.',
    state: 'state',
  },
})

const gauge = { ...exporter, kind: 'gauge' } as const

export const spaceAmount = metric({
  fact: 'bytes of a file system: size, used, free (with those reserved for root), avail (for every user)',
  source: 'statfs: blocks, blocks - bfree, bfree, bavail',
  by: [...bySource, 'amount'],
  prometheus: [
    {
      ...gauge,
      where: { amount: 'size' },
      name: 'node_filesystem_size_bytes',
      description: 'Filesystem size in bytes.',
    },
    {
      ...gauge,
      where: { amount: 'free' },
      name: 'node_filesystem_free_bytes',
      description: 'Filesystem free space in bytes.',
    },
    {
      ...gauge,
      where: { amount: 'avail' },
      name: 'node_filesystem_avail_bytes',
      description: 'Filesystem space available to non-root users in bytes.',
    },
  ],
  vm: {
    ...gauge,
    name: 'vm_node_filesystem_bytes',
    description: 'Bytes of each filesystem by type. The types overlap: their sum means nothing.',
    amount: 'type',
  },
})

export const inodeAmount = metric({
  fact: 'inodes of a file system: size, used, free',
  source: 'statfs: files, files - ffree, ffree',
  by: [...bySource, 'amount'],
  prometheus: [
    {
      ...gauge,
      where: { amount: 'size' },
      name: 'node_filesystem_files',
      description: 'Filesystem total file nodes.',
    },
    {
      ...gauge,
      where: { amount: 'free' },
      name: 'node_filesystem_files_free',
      description: 'Filesystem total free file nodes.',
    },
  ],
  vm: {
    ...gauge,
    name: 'vm_node_filesystem_files',
    description: 'Inodes of each filesystem by type. The types overlap: their sum means nothing.',
    amount: 'type',
  },
})

export const readOnlyMount = metric({
  fact: '1 where a mount cannot be written to, else 0',
  source: 'mountinfo: ro among the options of the mount or of its file system',
  by: bySource,
  prometheus: { ...gauge, name: 'node_filesystem_readonly', description: 'Filesystem read-only status.' },
})

export const deviceError = metric({
  fact: '1 where a file system could not be measured, else 0',
  source: 'statfs',
  by: bySource,
  prometheus: {
    ...gauge,
    name: 'node_filesystem_device_error',
    description: 'Whether an error occurred while getting statistics for the given device.',
  },
})

export const mountNumbers = metric({
  fact: '1 for each mount, with the numbers of its device',
  source: 'mountinfo',
  by: [...bySource, 'major', 'minor'],
  prometheus: {
    name: 'node_filesystem_mount_info',
    kind: 'gauge',
    // Newer versions of node_exporter have it; nothing is known that reads it.
    enabled: false,
    description: 'Filesystem mount information.',
    source: 'device',
    mountpoint: 'mountpoint',
    major: 'major',
    minor: 'minor',
  },
})

/** The facts of the Collector and of the conventions: of file systems on devices, unless told otherwise. */
export const deviceNames = [spaceByState, usedShare, shareByState, spaceLimit, inodesByState]

/** The facts of node_exporter and of the proposal: of all file systems that hold files of their own. */
export const sourceNames = [spaceAmount, inodeAmount, readOnlyMount, deviceError, mountNumbers]

export const filesystemNames = [...deviceNames, ...sourceNames]
