import { metric } from '#src/naming/metric.ts'

export const memoryField = metric({
  fact: 'a field of /proc/meminfo, in bytes where it has a unit, else a count; the field is named as node_exporter spells it',
  source: '/proc/meminfo, kB',
  by: ['field'],
  prometheus: {
    name: 'node_memory_{field}',
    kind: 'gauge',
    description: 'Memory information field {field}.',
  },
})

const states = {
  otel: ['used', 'free', 'buffers', 'cache', 'slab_reclaimable', 'slab_unreclaimable'],
  semconv: ['used', 'free', 'buffers', 'cached'],
  vm: ['total', 'used', 'free', 'available', 'buffers', 'cached', 'slab', 'swap_total', 'swap_free'],
} as const

export const memoryState = metric({
  fact: 'bytes of memory in each state: used is what is not available, cache is cached and reclaimable slab together',
  source: '/proc/meminfo',
  by: ['state'],
  otel: {
    where: { state: states.otel },
    name: 'system.memory.usage',
    unit: 'By',
    kind: 'updowncounter',
    integer: true,
    description: 'Bytes of memory in use.',
    state: { as: 'state', values: { buffers: 'buffered', cache: 'cached' } },
  },
  semconv: {
    where: { state: states.semconv },
    name: 'system.memory.usage',
    unit: 'By',
    kind: 'updowncounter',
    integer: true,
    description: 'Memory in use by state.',
    state: 'system.memory.state',
  },
  vm: {
    where: { state: states.vm },
    name: 'vm_node_memory_bytes',
    kind: 'gauge',
    description: 'Bytes of memory by type. The types overlap: their sum means nothing.',
    state: 'type',
  },
})

export const memoryShare = metric({
  fact: 'the same states as shares of all memory, 0 to 1',
  source: '/proc/meminfo',
  by: ['state'],
  otel: {
    where: { state: states.otel },
    name: 'system.memory.utilization',
    unit: '1',
    kind: 'gauge',
    enabled: false,
    description: 'Percentage of memory bytes in use.',
    state: { as: 'state', values: { buffers: 'buffered', cache: 'cached' } },
  },
  semconv: {
    where: { state: states.semconv },
    name: 'system.memory.utilization',
    unit: '1',
    kind: 'gauge',
    enabled: false,
    description: 'Percentage of memory bytes in use.',
    state: 'system.memory.state',
  },
})

export const slab = metric({
  fact: 'bytes of slab memory of the kernel',
  source: '/proc/meminfo SReclaimable, SUnreclaim',
  by: ['state'],
  semconv: {
    name: 'system.memory.linux.slab.usage',
    unit: 'By',
    kind: 'updowncounter',
    integer: true,
    description: 'Memory used by the Linux kernel for caches of frequently used objects.',
    state: 'system.memory.linux.slab.state',
  },
})

export const memoryLimit = metric({
  fact: 'bytes of memory in all',
  source: '/proc/meminfo MemTotal',
  by: [],
  otel: {
    name: 'system.memory.limit',
    unit: 'By',
    kind: 'updowncounter',
    integer: true,
    enabled: false,
    description: 'Total bytes of memory available.',
  },
  semconv: {
    name: 'system.memory.limit',
    unit: 'By',
    kind: 'updowncounter',
    integer: true,
    enabled: false,
    description: 'Total memory available in the system.',
  },
})

export const memoryAvailable = metric({
  fact: 'bytes that new programs can have without swapping, as the kernel estimates',
  source: '/proc/meminfo MemAvailable; free and cache together where an old kernel does not tell',
  by: [],
  otel: {
    name: 'system.linux.memory.available',
    unit: 'By',
    kind: 'updowncounter',
    integer: true,
    enabled: false,
    description:
      'An estimate of how much memory is available for starting new applications, without swapping (Linux only).',
  },
  semconv: {
    name: 'system.memory.linux.available',
    unit: 'By',
    kind: 'updowncounter',
    integer: true,
    enabled: false,
    description:
      'An estimate of how much memory is available for starting new applications, without causing swapping.',
  },
})

export const memoryDirty = metric({
  fact: 'bytes that wait to be written to a disk',
  source: '/proc/meminfo Dirty',
  by: [],
  otel: {
    name: 'system.linux.memory.dirty',
    unit: 'By',
    kind: 'updowncounter',
    integer: true,
    enabled: false,
    description: 'The amount of dirty memory according to `/proc/meminfo`.',
  },
})

export const memoryShared = metric({
  fact: 'bytes of shared memory, that of tmpfs included',
  source: '/proc/meminfo Shmem',
  by: [],
  otel: {
    name: 'system.memory.linux.shared',
    unit: 'By',
    kind: 'updowncounter',
    integer: true,
    enabled: false,
    description: 'Shared memory usage, including tmpfs filesystems and System V/POSIX shared memory.',
  },
  semconv: {
    name: 'system.memory.linux.shared',
    unit: 'By',
    kind: 'updowncounter',
    integer: true,
    enabled: false,
    description: 'Shared memory used (mostly by tmpfs).',
  },
})

export const pageSize = metric({
  fact: 'bytes of a page',
  source: 'the auxiliary vector of this process',
  by: [],
  otel: {
    name: 'system.memory.page_size',
    unit: 'By',
    kind: 'gauge',
    integer: true,
    enabled: false,
    description: "A constant value for the system's configured page size.",
  },
})

const page = { unit: '{page}', kind: 'updowncounter', integer: true, enabled: false } as const

const hugePagesLimitNames = {
  ...page,
  name: 'system.memory.linux.hugepages.limit',
  description: 'Total number of hugepages available.',
} as const
export const hugePagesLimit = metric({
  fact: 'number of huge pages',
  source: '/proc/meminfo HugePages_Total',
  by: [],
  otel: hugePagesLimitNames,
  semconv: hugePagesLimitNames,
})

const hugePageSizeNames = {
  ...page,
  unit: 'By',
  name: 'system.memory.linux.hugepages.page_size',
  description: 'System hugepage size in bytes.',
} as const
export const hugePageSize = metric({
  fact: 'bytes of a huge page',
  source: '/proc/meminfo Hugepagesize',
  by: [],
  otel: hugePageSizeNames,
  semconv: hugePageSizeNames,
})

const hugePagesReservedNames = {
  ...page,
  name: 'system.memory.linux.hugepages.reserved',
  description: 'Number of reserved hugepages.',
} as const
export const hugePagesReserved = metric({
  fact: 'number of huge pages that are promised and still counted as free',
  source: '/proc/meminfo HugePages_Rsvd',
  by: [],
  otel: hugePagesReservedNames,
  semconv: hugePagesReservedNames,
})

const hugePagesSurplusNames = {
  ...page,
  name: 'system.memory.linux.hugepages.surplus',
  description: 'Number of surplus hugepages.',
} as const
export const hugePagesSurplus = metric({
  fact: 'number of huge pages beyond the configured number',
  source: '/proc/meminfo HugePages_Surp',
  by: [],
  otel: hugePagesSurplusNames,
  semconv: hugePagesSurplusNames,
})

const hugePagesUsageNames = {
  ...page,
  name: 'system.memory.linux.hugepages.usage',
  description: 'Number of hugepages in use by state.',
  state: 'system.memory.linux.hugepages.state',
} as const
export const hugePagesUsage = metric({
  fact: 'number of huge pages that are used or free',
  source: '/proc/meminfo HugePages_Total, HugePages_Free',
  by: ['state'],
  otel: hugePagesUsageNames,
  semconv: hugePagesUsageNames,
})

const hugePagesShareNames = {
  name: 'system.memory.linux.hugepages.utilization',
  unit: '1',
  kind: 'gauge',
  enabled: false,
  description: 'Percentage of hugepages in use by state.',
  state: 'system.memory.linux.hugepages.state',
} as const
export const hugePagesShare = metric({
  fact: 'share of the huge pages that are used or free, 0 to 1',
  source: '/proc/meminfo HugePages_Total, HugePages_Free',
  by: ['state'],
  otel: hugePagesShareNames,
  semconv: hugePagesShareNames,
})

export const memoryNames = [
  memoryField,
  memoryState,
  memoryShare,
  slab,
  memoryLimit,
  memoryAvailable,
  memoryDirty,
  memoryShared,
  pageSize,
  hugePagesLimit,
  hugePageSize,
  hugePagesReserved,
  hugePagesSurplus,
  hugePagesUsage,
  hugePagesShare,
]
