import { metric, type Naming } from '#src/naming/metric.ts'
import { atLevels } from '../kubelet-naming.ts'
import { containerLevels } from '../level.ts'

const plain = {
  where: { level: 'plain' },
  kind: 'updowncounter',
  unit: 'By',
  integer: true,
} as const satisfies Partial<Naming<'level'>>

const gauge = { kind: 'gauge' } as const
const counter = { kind: 'counter' } as const

/** One amount of `vm_container_memory_usage_bytes`, which bears it as `type`. */
function vmUsage(amount: string): Naming<'level' | 'amount'> {
  return {
    where: { level: containerLevels, amount },
    name: 'vm_container_memory_usage_bytes',
    kind: 'gauge',
    description: 'Bytes of memory by type.',
    amount: 'type',
  }
}

function summary(
  name: string,
  words: string,
): Pick<Parameters<typeof metric<'level'>>[0], 'otel' | 'semconv'> {
  const described = { unit: 'By', integer: true, description: words } as const
  return {
    otel: atLevels(name, { kind: 'gauge', ...described }),
    semconv: [
      ...atLevels(name, { kind: 'updowncounter', ...described }),
      { ...plain, name: `container.${name}`, description: words },
    ],
  }
}

export const memoryUsage = metric({
  fact: 'bytes of memory used, files in memory included',
  source: 'memory.current; version 1: memory.usage_in_bytes; root of version 2: anon and file',
  by: ['level'],
  ...summary('memory.usage', 'Memory usage'),
  prometheus: {
    ...gauge,
    name: 'container_memory_usage_bytes',
    description: 'Current memory usage in bytes, including all memory regardless of when it was accessed',
  },
})

export const memoryWorkingSet = metric({
  fact: 'bytes of memory used, without files that were not used lately',
  source: 'usage without inactive_file, not below 0',
  by: ['level'],
  ...summary('memory.working_set', 'Memory working set'),
  prometheus: {
    ...gauge,
    name: 'container_memory_working_set_bytes',
    description: 'Current working set in bytes.',
  },
})

export const memoryUsageTotal = metric({
  fact: 'the same, as Docker shows it',
  source: 'as above',
  by: ['level'],
  otel: {
    ...plain,
    name: 'container.memory.usage.total',
    description: 'Memory usage of the container. This excludes the cache.',
  },
})

export const memoryLimit = metric({
  fact: 'bytes of memory that may be used; absent where they are not limited',
  source: 'memory.max; version 1: memory.limit_in_bytes',
  by: ['level'],
  otel: { ...plain, name: 'container.memory.usage.limit', description: 'Memory limit of the container.' },
  semconv: {
    where: { level: 'container' },
    name: 'k8s.container.memory.limit.current',
    kind: 'updowncounter',
    unit: 'By',
    integer: true,
    description: 'Current memory limit for the container.',
  },
})

export const memoryPercent = metric({
  fact: 'percent of the limit that the working set is',
  source: 'computed',
  by: ['level'],
  otel: {
    where: { level: 'plain' },
    name: 'container.memory.percent',
    kind: 'gauge',
    unit: '1',
    description: 'Percentage of memory used.',
  },
})

export const memoryAvailable = metric({
  fact: 'bytes between the working set and the limit; absent where there is none',
  source: 'computed, as the kubelet does',
  by: ['level'],
  ...summary('memory.available', 'Memory available'),
})

export const memoryRss = metric({
  fact: 'bytes of anonymous memory',
  source: 'memory.stat anon; version 1: total_rss',
  by: ['level'],
  ...summary('memory.rss', 'Memory rss'),
  prometheus: { ...gauge, name: 'container_memory_rss', description: 'Size of RSS in bytes.' },
})

export const memoryCache = metric({
  fact: 'bytes of files in memory',
  source: 'memory.stat file; version 1: total_cache',
  by: ['level', 'version'],
  otel: [
    {
      ...plain,
      where: { level: 'plain', version: '2' },
      name: 'container.memory.file',
      description: 'Amount of memory used to cache filesystem data, including tmpfs and shared memory.',
    },
    {
      ...plain,
      where: { level: 'plain', version: '1' },
      name: 'container.memory.total_cache',
      description:
        'Total amount of memory used by the processes of this cgroup (and descendants) that can be associated with a block on a block device.',
    },
  ],
  prometheus: {
    ...gauge,
    name: 'container_memory_cache',
    description: 'Number of bytes of page cache memory.',
  },
})

export const memoryMappedFile = metric({
  fact: 'bytes of files that are mapped',
  source: 'memory.stat file_mapped; version 1: total_mapped_file',
  by: ['level'],
  prometheus: {
    ...gauge,
    name: 'container_memory_mapped_file',
    description: 'Size of memory mapped files in bytes.',
  },
})

export const memorySwap = metric({
  fact: 'bytes swapped out',
  source: 'memory.swap.current; version 1: memory.stat total_swap',
  by: ['level'],
  prometheus: { ...gauge, name: 'container_memory_swap', description: 'Container swap usage in bytes.' },
})

export const memoryKernel = metric({
  fact: "bytes of the kernel's own memory",
  source: 'version 1: memory.kmem.usage_in_bytes; version 2: 0, as the kubelet has it',
  by: ['level'],
  prometheus: {
    ...gauge,
    name: 'container_memory_kernel_usage',
    description: 'Size of kernel memory allocated in bytes.',
  },
})

export const memoryMostUsage = metric({
  fact: 'the most bytes of memory that were used at one time',
  source: 'memory.peak, since Linux 5.19; version 1: memory.max_usage_in_bytes',
  by: ['level'],
  otel: {
    ...plain,
    name: 'container.memory.usage.max',
    enabled: false,
    description: 'Maximum memory usage.',
  },
  prometheus: {
    ...gauge,
    name: 'container_memory_max_usage_bytes',
    description: 'Maximum memory usage recorded in bytes',
  },
})

export const memoryLimitFailures = metric({
  fact: 'how often the limit was hit',
  source: 'version 1: memory.failcnt; version 2: 0, as the kubelet has it: see the event max',
  by: ['level'],
  prometheus: {
    ...counter,
    name: 'container_memory_failcnt',
    description: 'Number of memory usage hits limits',
  },
})

export const memoryActiveFile = metric({
  fact: 'bytes of files in memory that were used lately',
  source: 'memory.stat active_file',
  by: ['level'],
  prometheus: {
    ...gauge,
    name: 'container_memory_total_active_file_bytes',
    description: 'Current total active file in bytes.',
  },
})

export const memoryInactiveFile = metric({
  fact: 'bytes of files in memory that were not used lately',
  source: 'memory.stat inactive_file',
  by: ['level'],
  prometheus: {
    ...gauge,
    name: 'container_memory_total_inactive_file_bytes',
    description: 'Current total inactive file in bytes.',
  },
})

export const memoryFailures = metric({
  fact: 'page faults, of the cgroup and with those below it; version 2 has but the latter',
  source: 'memory.stat pgfault, pgmajfault; version 1 also total_pgfault, total_pgmajfault',
  by: ['level', 'failure', 'scope'],
  prometheus: {
    ...counter,
    name: 'container_memory_failures_total',
    description: 'Cumulative count of memory allocation failures.',
    failure: 'failure_type',
    scope: 'scope',
  },
  vm: {
    ...counter,
    where: { level: containerLevels, scope: 'hierarchy' },
    name: 'vm_container_memory_failures_total',
    description: 'Page faults by type.',
    failure: 'type',
  },
})

/** The kubelet's receiver has them as gauges. */
const faults = { kind: 'gauge', unit: '1', integer: true } as const

export const memoryPageFaults = metric({
  fact: 'page faults with those of the cgroups below, in all and those that needed a disk',
  source: 'as above',
  by: ['level', 'type'],
  otel: (['container', 'pod', 'node'] as const).flatMap((level): Naming<'level' | 'type'>[] => {
    const prefix = level === 'container' ? level : `k8s.${level}`
    return [
      {
        ...faults,
        where: { level, type: 'all' },
        name: `${prefix}.memory.page_faults`,
        description: 'Memory page_faults',
      },
      {
        ...faults,
        where: { level, type: 'major' },
        name: `${prefix}.memory.major_page_faults`,
        description: 'Memory major_page_faults',
      },
    ]
  }),
  semconv: (['container', 'plain', 'pod', 'node'] as const).map((level) => ({
    where: { level, type: ['major', 'minor'] },
    name: level === 'pod' || level === 'node' ? `k8s.${level}.paging.faults` : 'container.paging.faults',
    kind: 'counter',
    unit: '{fault}',
    integer: true,
    description: 'Number of page faults.',
    type: 'system.paging.fault.type',
  })),
})

export const memoryOomKills = metric({
  fact: 'processes killed for want of memory, with those of the cgroups below',
  source: 'memory.events oom_kill; version 1: memory.oom_control oom_kill, since Linux 4.13',
  by: ['level'],
  prometheus: {
    ...counter,
    name: 'container_oom_events_total',
    description: 'Count of out of memory events observed for the container',
  },
  vm: {
    ...counter,
    where: { level: containerLevels },
    name: 'vm_container_oom_kills_total',
    description: 'Processes killed for want of memory.',
  },
})

export const memoryHighEvents = metric({
  fact: 'how often memory.high slowed the cgroup down',
  source: 'memory.events high; version 2 only',
  by: ['level'],
  prometheus: {
    ...counter,
    name: 'container_memory_events_high_total',
    description: 'Cumulative count of memory.high throttle events for the container',
  },
})

export const memoryMaxEvents = metric({
  fact: 'how often the limit was hit',
  source: 'memory.events max; version 2 only',
  by: ['level'],
  prometheus: {
    ...counter,
    name: 'container_memory_events_max_total',
    description: 'Cumulative count of memory.max limit hit events for the container',
  },
})

export const memoryDirty = metric({
  fact: 'bytes of files in memory that wait to be written',
  source: 'memory.stat file_dirty; version 2 only',
  by: ['level'],
  prometheus: {
    ...gauge,
    name: 'container_memory_file_dirty_bytes',
    description: 'Number of bytes of file cache that has been modified but not yet written back to disk.',
  },
})

export const memoryWriteback = metric({
  fact: 'bytes of files in memory that are being written',
  source: 'memory.stat file_writeback; version 2 only',
  by: ['level'],
  prometheus: {
    ...gauge,
    name: 'container_memory_file_writeback_bytes',
    description: 'Number of bytes of file cache that is currently being written back to disk.',
  },
})

export const memoryPagesScanned = metric({
  fact: 'pages that reclaim looked at',
  source: 'memory.stat pgscan; version 2 only',
  by: ['level'],
  prometheus: {
    ...counter,
    name: 'container_memory_pgscan_total',
    description: 'Cumulative number of pages scanned by the page reclaim algorithm.',
  },
})

export const memoryPagesStolen = metric({
  fact: 'pages that reclaim took',
  source: 'memory.stat pgsteal; version 2 only',
  by: ['level'],
  prometheus: {
    ...counter,
    name: 'container_memory_pgsteal_total',
    description: 'Cumulative number of pages reclaimed by the page reclaim algorithm.',
  },
})

export const memoryFileRefaults = metric({
  fact: 'pages of files that were read again after reclaim took them',
  source: 'memory.stat workingset_refault_file; version 2 only',
  by: ['level'],
  prometheus: {
    ...counter,
    name: 'container_memory_workingset_refault_file_total',
    description: 'Cumulative number of refaults of previously evicted file pages.',
  },
})

export const memoryAnonRefaults = metric({
  fact: 'anonymous pages that were read again after reclaim took them',
  source: 'memory.stat workingset_refault_anon; version 2 only',
  by: ['level'],
  prometheus: {
    ...counter,
    name: 'container_memory_workingset_refault_anon_total',
    description: 'Cumulative number of refaults of previously evicted anonymous pages.',
  },
})

export const memoryByType = metric({
  fact: 'the amounts above, by type',
  source: 'as above',
  by: ['level', 'amount'],
  vm: ['used', 'limit', 'working_set', 'rss', 'cache', 'swap', 'available'].map(vmUsage),
})

export const memoryNames = [
  memoryUsage,
  memoryWorkingSet,
  memoryUsageTotal,
  memoryLimit,
  memoryPercent,
  memoryAvailable,
  memoryRss,
  memoryCache,
  memoryMappedFile,
  memorySwap,
  memoryKernel,
  memoryMostUsage,
  memoryLimitFailures,
  memoryActiveFile,
  memoryInactiveFile,
  memoryFailures,
  memoryPageFaults,
  memoryOomKills,
  memoryHighEvents,
  memoryMaxEvents,
  memoryDirty,
  memoryWriteback,
  memoryPagesScanned,
  memoryPagesStolen,
  memoryFileRefaults,
  memoryAnonRefaults,
  memoryByType,
]
