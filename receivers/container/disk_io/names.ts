import { metric, type Naming } from '#src/naming/metric.ts'
import { containerLevels } from '../level.ts'

/** One quantity of a device, in one vocabulary's words. */
function device(name: string, description: string): Naming<'level' | 'device'> {
  return { name, kind: 'counter', description, device: 'device' }
}

const directed = {
  kind: 'counter',
  unit: 'By',
  integer: true,
  device: 'system.device',
  direction: 'disk.io.direction',
} as const

export const ioBytes = metric({
  fact: 'bytes moved by a device',
  source: 'io.stat rbytes, wbytes; version 1: blkio, throttled or by a scheduler',
  by: ['level', 'device', 'direction'],
  semconv: {
    ...directed,
    where: { level: containerLevels },
    name: 'container.disk.io',
    description: 'Disk bytes for the container.',
  },
  prometheus: [
    {
      ...device('container_fs_reads_bytes_total', 'Cumulative count of bytes read'),
      where: { direction: 'read' },
    },
    {
      ...device('container_fs_writes_bytes_total', 'Cumulative count of bytes written'),
      where: { direction: 'write' },
    },
  ],
  vm: {
    where: { level: containerLevels },
    name: 'vm_container_disk_io_bytes_total',
    kind: 'counter',
    description: 'Bytes read from and written to each disk.',
    device: 'device',
    direction: 'direction',
  },
})

export const ioOperations = metric({
  fact: 'operations that a device completed',
  source: 'io.stat rios, wios; version 1: blkio',
  by: ['level', 'device', 'direction'],
  prometheus: [
    {
      ...device('container_fs_reads_total', 'Cumulative count of reads completed'),
      where: { direction: 'read' },
    },
    {
      ...device('container_fs_writes_total', 'Cumulative count of writes completed'),
      where: { direction: 'write' },
    },
  ],
})

const docker = {
  where: { level: 'plain' },
  kind: 'counter',
  integer: true,
  major: 'device_major',
  minor: 'device_minor',
  operation: 'operation',
} as const

export const ioDeviceBytes = metric({
  fact: 'bytes moved by a device, by operation as the kernel names it',
  source: 'as above; version 1 has Sync, Async, Discard and Total besides',
  by: ['level', 'device', 'major', 'minor', 'operation'],
  otel: {
    ...docker,
    name: 'container.blockio.io_service_bytes_recursive',
    unit: 'By',
    description: 'Number of bytes transferred to/from the disk by the group and descendant groups.',
    operation: {
      as: 'operation',
      values: {
        Read: 'read',
        Write: 'write',
        Sync: 'sync',
        Async: 'async',
        Discard: 'discard',
        Total: 'total',
      },
    },
  },
  prometheus: {
    name: 'container_blkio_device_usage_total',
    kind: 'counter',
    description: 'Blkio Device bytes usage',
    device: 'device',
    major: 'major',
    minor: 'minor',
    operation: 'operation',
  },
})

export const ioMerged = metric({
  fact: 'operations that were merged into others',
  source: 'version 1 only: blkio.io_merged_recursive of a scheduler',
  by: ['level', 'device', 'direction'],
  prometheus: [
    {
      ...device('container_fs_reads_merged_total', 'Cumulative count of reads merged'),
      where: { direction: 'read' },
    },
    {
      ...device('container_fs_writes_merged_total', 'Cumulative count of writes merged'),
      where: { direction: 'write' },
    },
  ],
})

export const ioServiceTime = metric({
  fact: 'seconds that operations took, and a device was busy',
  source: 'version 1 only: blkio.io_service_time_recursive of a scheduler',
  by: ['level', 'device', 'direction'],
  prometheus: [
    {
      ...device('container_fs_read_seconds_total', 'Cumulative count of seconds spent reading'),
      where: { direction: 'read' },
    },
    {
      ...device('container_fs_write_seconds_total', 'Cumulative count of seconds spent writing'),
      where: { direction: 'write' },
    },
    {
      ...device('container_fs_io_time_seconds_total', 'Cumulative count of seconds spent doing I/Os'),
      where: { direction: 'total' },
    },
  ],
})

export const ioQueued = metric({
  fact: 'operations under way',
  source: 'version 1 only: blkio.io_queued_recursive of a scheduler',
  by: ['level', 'device'],
  prometheus: {
    name: 'container_fs_io_current',
    kind: 'gauge',
    description: 'Number of I/Os currently in progress',
    device: 'device',
  },
})

export const ioCost = metric({
  fact: 'seconds that the I/O cost controller charged',
  source: 'version 2 with iocost only: io.stat cost.*',
  by: ['level', 'device', 'cost'],
  prometheus: [
    {
      ...device('container_fs_io_cost_usage_seconds_total', 'Cumulative IOCost usage in seconds'),
      where: { cost: 'usage' },
    },
    {
      ...device('container_fs_io_cost_wait_seconds_total', 'Cumulative IOCost wait in seconds'),
      where: { cost: 'wait' },
    },
    {
      ...device('container_fs_io_cost_indebt_seconds_total', 'Cumulative IOCost debt in seconds'),
      where: { cost: 'indebt' },
    },
    {
      ...device('container_fs_io_cost_indelay_seconds_total', 'Cumulative IOCost delay in seconds'),
      where: { cost: 'indelay' },
    },
  ],
})

export const ioNames = [ioBytes, ioOperations, ioDeviceBytes, ioMerged, ioServiceTime, ioQueued, ioCost]
