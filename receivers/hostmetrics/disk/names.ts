import { metric } from '#src/naming/metric.ts'

/** What otel's and semconv's metrics of a disk have in common. */
const otelDisk = { device: 'device', direction: 'direction' } as const
const semconvDisk = { device: 'system.device', direction: 'disk.io.direction' } as const

const read = { where: { direction: 'read' }, kind: 'counter', device: 'device' } as const
const write = { where: { direction: 'write' }, kind: 'counter', device: 'device' } as const

export const diskIo = metric({
  fact: 'bytes moved by a disk, since boot',
  source: '/proc/diskstats, sectors of 512 bytes',
  by: ['device', 'direction'],
  otel: {
    name: 'system.disk.io',
    unit: 'By',
    kind: 'counter',
    integer: true,
    description: 'Disk bytes transferred.',
    ...otelDisk,
  },
  semconv: {
    name: 'system.disk.io',
    unit: 'By',
    kind: 'counter',
    integer: true,
    description: 'Disk bytes transferred.',
    ...semconvDisk,
  },
  prometheus: [
    {
      ...read,
      name: 'node_disk_read_bytes_total',
      description: 'The total number of bytes read successfully.',
    },
    {
      ...write,
      name: 'node_disk_written_bytes_total',
      description: 'The total number of bytes written successfully.',
    },
  ],
  vm: {
    name: 'vm_node_disk_io_bytes_total',
    kind: 'counter',
    description: 'Bytes read from and written to each disk.',
    device: 'device',
    direction: 'direction',
  },
})

export const diskOperations = metric({
  fact: 'operations that a disk completed, since boot',
  source: '/proc/diskstats',
  by: ['device', 'direction'],
  otel: {
    name: 'system.disk.operations',
    unit: '{operations}',
    kind: 'counter',
    integer: true,
    description: 'Disk operations count.',
    ...otelDisk,
  },
  semconv: {
    name: 'system.disk.operations',
    unit: '{operation}',
    kind: 'counter',
    integer: true,
    description: 'Disk operations count.',
    ...semconvDisk,
  },
  prometheus: [
    {
      ...read,
      name: 'node_disk_reads_completed_total',
      description: 'The total number of reads completed successfully.',
    },
    {
      ...write,
      name: 'node_disk_writes_completed_total',
      description: 'The total number of writes completed successfully.',
    },
  ],
})

export const diskMerged = metric({
  fact: 'operations that were merged into others, since boot',
  source: '/proc/diskstats',
  by: ['device', 'direction'],
  otel: {
    name: 'system.disk.merged',
    unit: '{operations}',
    kind: 'counter',
    integer: true,
    description: 'The number of disk reads/writes merged into single physical disk access operations.',
    ...otelDisk,
  },
  semconv: {
    name: 'system.disk.merged',
    unit: '{operation}',
    kind: 'counter',
    integer: true,
    description: 'The number of disk reads/writes merged into single physical disk access operations.',
    ...semconvDisk,
  },
  prometheus: [
    { ...read, name: 'node_disk_reads_merged_total', description: 'The total number of reads merged.' },
    { ...write, name: 'node_disk_writes_merged_total', description: 'The number of writes merged.' },
  ],
})

export const diskOperationTime = metric({
  fact: 'seconds that operations took, one by one, since boot',
  source: '/proc/diskstats, milliseconds',
  by: ['device', 'direction'],
  otel: {
    name: 'system.disk.operation_time',
    unit: 's',
    kind: 'counter',
    description: 'Time spent in disk operations.',
    ...otelDisk,
  },
  semconv: {
    name: 'system.disk.operation_time',
    unit: 's',
    kind: 'counter',
    description: 'Sum of the time each operation took to complete.',
    ...semconvDisk,
  },
  prometheus: [
    {
      ...read,
      name: 'node_disk_read_time_seconds_total',
      description: 'The total number of seconds spent by all reads.',
    },
    {
      ...write,
      name: 'node_disk_write_time_seconds_total',
      description: 'This is the total number of seconds spent by all writes.',
    },
  ],
})

export const diskIoTime = metric({
  fact: 'seconds in which a disk had something to do, since boot',
  source: '/proc/diskstats, milliseconds',
  by: ['device'],
  otel: {
    name: 'system.disk.io_time',
    unit: 's',
    kind: 'counter',
    description:
      'Time disk spent activated. On Windows, this is calculated as the inverse of disk idle time.',
    device: 'device',
  },
  semconv: {
    name: 'system.disk.io_time',
    unit: 's',
    kind: 'counter',
    description: 'Time disk spent activated.',
    device: 'system.device',
  },
  prometheus: {
    name: 'node_disk_io_time_seconds_total',
    kind: 'counter',
    description: 'Total seconds spent doing I/Os.',
    device: 'device',
  },
})

export const diskWeightedIoTime = metric({
  fact: 'the same, times the number of operations under way',
  source: '/proc/diskstats, milliseconds',
  by: ['device'],
  otel: {
    name: 'system.disk.weighted_io_time',
    unit: 's',
    kind: 'counter',
    description: 'Time disk spent activated multiplied by the queue length.',
    device: 'device',
  },
  prometheus: {
    name: 'node_disk_io_time_weighted_seconds_total',
    kind: 'counter',
    description: 'The weighted # of seconds spent doing I/Os.',
    device: 'device',
  },
})

export const diskPending = metric({
  fact: 'operations under way',
  source: '/proc/diskstats',
  by: ['device'],
  otel: {
    name: 'system.disk.pending_operations',
    unit: '{operations}',
    kind: 'updowncounter',
    integer: true,
    description: 'The queue size of pending I/O operations.',
    device: 'device',
  },
  prometheus: {
    name: 'node_disk_io_now',
    kind: 'gauge',
    description: 'The number of I/Os currently in progress.',
    device: 'device',
  },
})

const counter = { kind: 'counter', device: 'device' } as const

export const diskDiscards = metric({
  fact: 'discards completed, since boot',
  source: '/proc/diskstats, since Linux 4.18',
  by: ['device'],
  prometheus: {
    ...counter,
    name: 'node_disk_discards_completed_total',
    description: 'The total number of discards completed successfully.',
  },
})

export const diskDiscardsMerged = metric({
  fact: 'discards merged into others, since boot',
  source: '/proc/diskstats, since Linux 4.18',
  by: ['device'],
  prometheus: {
    ...counter,
    name: 'node_disk_discards_merged_total',
    description: 'The total number of discards merged.',
  },
})

export const diskSectorsDiscarded = metric({
  fact: 'sectors of 512 bytes discarded, since boot',
  source: '/proc/diskstats, since Linux 4.18',
  by: ['device'],
  prometheus: {
    ...counter,
    name: 'node_disk_discarded_sectors_total',
    description: 'The total number of sectors discarded successfully.',
  },
})

export const diskDiscardTime = metric({
  fact: 'seconds that discards took, since boot',
  source: '/proc/diskstats, milliseconds, since Linux 4.18',
  by: ['device'],
  prometheus: {
    ...counter,
    name: 'node_disk_discard_time_seconds_total',
    description: 'This is the total number of seconds spent by all discards.',
  },
})

export const diskFlushes = metric({
  fact: 'flushes completed, since boot',
  source: '/proc/diskstats, since Linux 5.5',
  by: ['device'],
  prometheus: {
    ...counter,
    name: 'node_disk_flush_requests_total',
    description: 'The total number of flush requests completed successfully',
  },
})

export const diskFlushTime = metric({
  fact: 'seconds that flushes took, since boot',
  source: '/proc/diskstats, milliseconds, since Linux 5.5',
  by: ['device'],
  prometheus: {
    ...counter,
    name: 'node_disk_flush_requests_time_seconds_total',
    description: 'This is the total number of seconds spent by all flush requests.',
  },
})

export const diskInfo = metric({
  fact: '1 for each disk, with what udev knows of it',
  source: '/run/udev/data: ID_PATH, ID_WWN, ID_MODEL, ID_SERIAL_SHORT, ID_REVISION; empty without udev',
  by: ['device', 'major', 'minor', 'path', 'wwn', 'model', 'serial', 'revision'],
  prometheus: {
    name: 'node_disk_info',
    kind: 'gauge',
    description: 'Info of /sys/block/<block_device>.',
    device: 'device',
    major: 'major',
    minor: 'minor',
    path: 'path',
    wwn: 'wwn',
    model: 'model',
    serial: 'serial',
    revision: 'revision',
  },
})

export const diskFilesystemInfo = metric({
  fact: '1 for each disk on which udev found a file system',
  source: '/run/udev/data: ID_FS_TYPE, ID_FS_USAGE, ID_FS_UUID, ID_FS_VERSION',
  by: ['device', 'type', 'usage', 'uuid', 'version'],
  prometheus: {
    name: 'node_disk_filesystem_info',
    kind: 'gauge',
    description: 'Info about disk filesystem.',
    device: 'device',
    type: 'type',
    usage: 'usage',
    uuid: 'uuid',
    version: 'version',
  },
})

export const diskMapperInfo = metric({
  fact: '1 for each disk of the device mapper',
  source: '/run/udev/data: DM_NAME, DM_UUID, DM_VG_NAME, DM_LV_NAME, DM_LV_LAYER',
  by: ['device', 'mapped', 'uuid', 'group', 'volume', 'layer'],
  prometheus: {
    name: 'node_disk_device_mapper_info',
    kind: 'gauge',
    description: 'Info about disk device mapper.',
    device: 'device',
    mapped: 'name',
    uuid: 'uuid',
    group: 'vg_name',
    volume: 'lv_name',
    layer: 'lv_layer',
  },
})

export const diskAta = metric({
  fact: 'properties of ATA disks: whether there is a write cache, whether it is enabled, rotations a minute',
  source:
    '/run/udev/data: ID_ATA_WRITE_CACHE, ID_ATA_WRITE_CACHE_ENABLED, ID_ATA_ROTATION_RATE_RPM, where ID_ATA is set',
  by: ['device', 'property'],
  prometheus: [
    {
      where: { property: 'ID_ATA_WRITE_CACHE' },
      name: 'node_disk_ata_write_cache',
      kind: 'gauge',
      description: 'ATA disk has a write cache.',
      device: 'device',
    },
    {
      where: { property: 'ID_ATA_WRITE_CACHE_ENABLED' },
      name: 'node_disk_ata_write_cache_enabled',
      kind: 'gauge',
      description: 'ATA disk has its write cache enabled.',
      device: 'device',
    },
    {
      where: { property: 'ID_ATA_ROTATION_RATE_RPM' },
      name: 'node_disk_ata_rotation_rate_rpm',
      kind: 'gauge',
      description: 'ATA disk rotation rate in RPMs (0 for SSDs).',
      device: 'device',
    },
  ],
})

export const diskNames = [
  diskIo,
  diskOperations,
  diskMerged,
  diskOperationTime,
  diskIoTime,
  diskWeightedIoTime,
  diskPending,
  diskDiscards,
  diskDiscardsMerged,
  diskSectorsDiscarded,
  diskDiscardTime,
  diskFlushes,
  diskFlushTime,
  diskInfo,
  diskFilesystemInfo,
  diskMapperInfo,
  diskAta,
]
