import { metric, type MetricDefinition, type Naming } from '#src/naming/metric.ts'
import { atLevels, type NamedLevel } from './level.ts'

const withSystem = ['node', 'pod', 'container', 'system'] as const satisfies NamedLevel[]
const upper = ['node', 'pod', 'container'] as const

/** Names of `/metrics/resource`: one a level. */
function resource(name: string, described: Pick<Naming<'level'>, 'kind'>, words: string): Naming<'level'>[] {
  return upper.map((level) => ({
    ...described,
    where: { level },
    name: `${level}_${name}`,
    description: words.replace('%', level),
  }))
}

const ofContainer = { where: { level: 'container' } } as const

export const cpuTime = metric({
  fact: 'seconds of CPU time used since the start',
  source: 'cpu.usageCoreNanoSeconds',
  by: ['level'],
  otel: [
    ...atLevels('cpu.time', {
      kind: 'counter',
      unit: 's',
      description:
        'Total cumulative CPU time (sum of all cores) spent by the container/pod/node since its creation',
    }),
    ...atLevels(
      'cpu.time',
      {
        kind: 'counter',
        unit: 's',
        enabled: false,
        description: 'CPU time of a part of the node that is no pod',
      },
      ['system'],
    ),
  ],
  semconv: atLevels(
    'cpu.time',
    { kind: 'counter', unit: 's', description: 'Total CPU time consumed.' },
    withSystem,
  ),
  prometheus: resource(
    'cpu_usage_seconds_total',
    { kind: 'counter' },
    'Cumulative cpu time consumed by the % in core-seconds',
  ),
  vm: {
    ...ofContainer,
    name: 'vm_container_cpu_usage_seconds_total',
    kind: 'counter',
    description: 'Seconds of CPU time used.',
  },
})

export const cpuUsage = metric({
  fact: 'CPUs used lately',
  source: 'cpu.usageNanoCores, over the window of the kubelet',
  by: ['level'],
  otel: [
    ...atLevels('cpu.usage', {
      kind: 'gauge',
      unit: '{cpu}',
      description: 'Total CPU usage (sum of all cores per second) averaged over the sample window',
    }),
    ...atLevels(
      'cpu.usage',
      {
        kind: 'gauge',
        unit: '{cpu}',
        enabled: false,
        description: 'CPUs used by a part of the node that is no pod',
      },
      ['system'],
    ),
  ],
  semconv: atLevels(
    'cpu.usage',
    { kind: 'gauge', unit: '{cpu}', description: 'CPU usage, measured in cpus.' },
    withSystem,
  ),
})

/** One number of bytes of the memory, at all levels. */
function memory(
  name: string,
  described: { readonly field: string; readonly fact: string; readonly ofSystem?: true },
  others: Pick<MetricDefinition<'level'>, 'prometheus' | 'vm'> = {},
): MetricDefinition<'level'> {
  const { field, fact, ofSystem } = described
  const words = { unit: 'By', integer: true, description: `Bytes of memory: ${fact}.` } as const
  const gauge = { kind: 'gauge', ...words } as const
  return metric({
    fact: `bytes of memory: ${fact}`,
    source: `memory.${field}`,
    by: ['level'],
    otel: [
      ...atLevels(name, gauge),
      ...(ofSystem === true ? atLevels(name, { ...gauge, enabled: false }, ['system']) : []),
    ],
    semconv: atLevels(name, { kind: 'updowncounter', ...words }, ofSystem === true ? withSystem : [...upper]),
    ...others,
  })
}

/** A type of `vm_container_memory_usage_bytes` stands for each of the facts of memory. */
function vmMemory(type: string): Naming<'level'> {
  return {
    where: { level: 'container' },
    name: 'vm_container_memory_usage_bytes',
    kind: 'gauge',
    description: 'Bytes of memory by type.',
    level: { as: 'type', values: { container: type } },
  }
}

export const memoryAvailable = memory(
  'memory.available',
  { field: 'availableBytes', fact: 'what the limit leaves' },
  { vm: vmMemory('available') },
)

export const memoryUsage = memory(
  'memory.usage',
  { field: 'usageBytes', fact: 'used, files in memory included', ofSystem: true },
  {
    prometheus: {
      ...ofContainer,
      name: 'container_memory_usage_bytes',
      kind: 'gauge',
      description: 'Current memory usage in bytes, including all memory regardless of when it was accessed',
    },
    vm: vmMemory('used'),
  },
)

export const memoryRss = memory(
  'memory.rss',
  { field: 'rssBytes', fact: 'anonymous memory' },
  {
    prometheus: {
      ...ofContainer,
      name: 'container_memory_rss',
      kind: 'gauge',
      description: 'Size of RSS in bytes.',
    },
    vm: vmMemory('rss'),
  },
)

export const memoryWorkingSet = memory(
  'memory.working_set',
  { field: 'workingSetBytes', fact: 'used, without files that were not used lately', ofSystem: true },
  {
    prometheus: resource(
      'memory_working_set_bytes',
      { kind: 'gauge' },
      'Current working set of the % in bytes',
    ),
    vm: vmMemory('working_set'),
  },
)

/** The Collector has them as gauges. */
function collectorFaults(name: string, type: string): Naming<'level' | 'type'>[] {
  return atLevels<'type'>(name, {
    kind: 'gauge',
    unit: '1',
    integer: true,
    where: { type },
    description: `Memory ${name.replace('memory.', '')}`,
  })
}

export const pageFaults = metric({
  fact: 'page faults since the start: all, those that needed a disk, and those that did not',
  source: 'memory.pageFaults, memory.majorPageFaults, and their difference',
  by: ['level', 'type'],
  otel: [
    ...collectorFaults('memory.page_faults', 'all'),
    ...collectorFaults('memory.major_page_faults', 'major'),
  ],
  semconv: atLevels<'type'>('paging.faults', {
    kind: 'counter',
    unit: '{fault}',
    integer: true,
    where: { type: ['major', 'minor'] },
    description: 'Page faults.',
    type: 'system.paging.fault.type',
  }),
  vm: {
    where: { level: 'container', type: ['all', 'major'] },
    name: 'vm_container_memory_failures_total',
    kind: 'counter',
    description: 'Page faults by type.',
    type: { as: 'type', values: { all: 'pgfault', major: 'pgmajfault' } },
  },
})

export const swapUsage = metric({
  fact: 'bytes of swap used',
  source: 'swap.swapUsageBytes',
  by: ['level'],
  prometheus: resource(
    'swap_usage_bytes',
    { kind: 'gauge' },
    'Current swap usage of the % in bytes. Reported only on non-windows systems',
  ),
  vm: vmMemory('swap'),
})

export const swapLimit = metric({
  fact: 'bytes of swap that may be used',
  source: 'swap.swapAvailableBytes and swap.swapUsageBytes',
  by: ['level'],
  prometheus: {
    ...ofContainer,
    name: 'container_swap_limit_bytes',
    kind: 'gauge',
    description: 'Current amount of the container swap limit in bytes. Reported only on non-windows systems',
  },
})

export const startTime = metric({
  fact: 'when a container started, Unix seconds',
  source: 'startTime',
  by: ['level'],
  prometheus: {
    ...ofContainer,
    name: 'container_start_time_seconds',
    kind: 'gauge',
    description: 'Start time of the container since unix epoch in seconds',
  },
})

export const uptime = metric({
  fact: 'seconds since the start',
  source: 'startTime',
  by: ['level'],
  otel: atLevels('uptime', {
    kind: 'counter',
    unit: 's',
    integer: true,
    enabled: false,
    description: 'The time since the start',
  }),
  semconv: atLevels('uptime', {
    kind: 'gauge',
    unit: 's',
    description: 'The time that it has been running.',
  }),
})

export const processes = metric({
  fact: 'processes and threads of a node',
  source: 'rlimit.curproc',
  by: ['level'],
  otel: {
    name: 'k8s.node.pid.usage',
    kind: 'gauge',
    unit: '{pid}',
    integer: true,
    enabled: false,
    description: 'Processes and threads of the node',
  },
})

export const processLimit = metric({
  fact: 'processes and threads that a node may have',
  source: 'rlimit.maxpid',
  by: ['level'],
  otel: {
    name: 'k8s.node.pid.limit',
    kind: 'gauge',
    unit: '{pid}',
    integer: true,
    enabled: false,
    description: 'Processes and threads that the node may have',
  },
})

/** What there is of nodes, pods and containers beside networks and file systems. */
export const usageNames = [
  cpuTime,
  cpuUsage,
  memoryAvailable,
  memoryUsage,
  memoryRss,
  memoryWorkingSet,
  pageFaults,
  swapUsage,
  swapLimit,
  startTime,
  uptime,
  processes,
  processLimit,
]
