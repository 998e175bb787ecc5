import { metric, type Naming } from '#src/naming/metric.ts'
import { containerLevels } from '../level.ts'

const where = { level: containerLevels } as const

/** A quantity of bytes as the kubelet's receiver, the conventions and cAdvisor have it. */
const otel = (name: string, description: string): Naming<'level'> => ({
  where: { level: 'container' },
  name: `container.filesystem.${name}`,
  kind: 'gauge',
  unit: 'By',
  integer: true,
  description,
})

const semconv = (name: string, description: string): Naming<'level'> => ({
  where,
  name: `container.filesystem.${name}`,
  kind: 'updowncounter',
  unit: 'By',
  integer: true,
  description,
})

export const writableUsage = metric({
  fact: 'bytes that a container wrote over its image',
  source: 'ListContainerStats of the runtime, the writable layer',
  by: ['level', 'device'],
  otel: otel('usage', 'Container filesystem usage'),
  semconv: semconv('usage', 'Container filesystem usage.'),
  prometheus: {
    where,
    name: 'container_fs_usage_bytes',
    kind: 'gauge',
    description: 'Number of bytes that are consumed by the container on this filesystem.',
    device: 'device',
  },
  vm: {
    where,
    name: 'vm_container_filesystem_usage_bytes',
    kind: 'gauge',
    description: 'Bytes that a container wrote over its image.',
    device: 'device',
  },
})

export const writableInodes = metric({
  fact: 'inodes that a container made over its image',
  source: 'ListContainerStats of the runtime, the writable layer',
  by: ['level', 'device'],
  prometheus: {
    where,
    name: 'container_fs_inodes_total',
    kind: 'gauge',
    description: 'Number of Inodes',
    device: 'device',
  },
})

export const writableCapacity = metric({
  fact: 'bytes that the file system has that holds the writable layers',
  source: 'statfs of its mount point',
  by: ['level', 'device'],
  otel: otel('capacity', 'Container filesystem capacity'),
  semconv: semconv('capacity', 'Container filesystem capacity.'),
  prometheus: {
    where,
    name: 'container_fs_limit_bytes',
    kind: 'gauge',
    description: 'Number of bytes that can be consumed by the container on this filesystem.',
    device: 'device',
  },
})

export const writableAvailable = metric({
  fact: 'bytes that are left in the file system that holds the writable layers',
  source: 'statfs of its mount point',
  by: ['level'],
  otel: otel('available', 'Container filesystem available'),
  semconv: semconv('available', 'Container filesystem available.'),
})

/** What is measured of file systems. */
export const filesystemNames = [writableUsage, writableInodes, writableCapacity, writableAvailable]
