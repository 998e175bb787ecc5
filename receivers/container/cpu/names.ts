import { metric } from '#src/naming/metric.ts'
import { atLevels } from '../kubelet-naming.ts'
import { containerLevels } from '../level.ts'

const plain = { where: { level: 'plain' } } as const
const vm = { where: { level: containerLevels } } as const
const docker = { ...plain, kind: 'counter', unit: 'ns', integer: true } as const

export const cpuUsage = metric({
  fact: 'seconds of CPU time used, in all',
  source: 'cpu.stat usage_usec; version 1: cpuacct.usage',
  by: ['level', 'cpu'],
  otel: atLevels('cpu.time', {
    kind: 'counter',
    unit: 's',
    description:
      'Total cumulative CPU time (sum of all cores) spent by the container/pod/node since its creation',
  }),
  semconv: [
    ...atLevels('cpu.time', { kind: 'counter', unit: 's', description: 'Total CPU time consumed.' }),
    {
      ...plain,
      name: 'container.cpu.time',
      kind: 'counter',
      unit: 's',
      description: 'Total CPU time consumed.',
    },
  ],
  prometheus: {
    name: 'container_cpu_usage_seconds_total',
    kind: 'counter',
    description: 'Cumulative cpu time consumed in seconds.',
    cpu: 'cpu',
  },
  vm: {
    ...vm,
    name: 'vm_container_cpu_usage_seconds_total',
    kind: 'counter',
    description: 'Seconds of CPU time used.',
  },
})

export const cpuRate = metric({
  fact: 'CPUs used since the cycle before',
  source: 'the difference of two readings of the usage',
  by: ['level'],
  otel: atLevels('cpu.usage', {
    kind: 'gauge',
    unit: '{cpu}',
    description: 'Total CPU usage (sum of all cores per second) averaged over the sample window',
  }),
  semconv: [
    ...atLevels('cpu.usage', { kind: 'gauge', unit: '{cpu}', description: 'CPU usage, measured in cpus.' }),
    {
      ...plain,
      name: 'container.cpu.usage',
      kind: 'gauge',
      unit: '{cpu}',
      description: 'CPU usage, measured in cpus.',
    },
  ],
})

export const cpuUser = metric({
  fact: 'seconds of CPU time used in user mode',
  source: 'cpu.stat user_usec; version 1: cpuacct.stat, in hundredths',
  by: ['level'],
  prometheus: {
    name: 'container_cpu_user_seconds_total',
    kind: 'counter',
    description: 'Cumulative user cpu time consumed in seconds.',
  },
})

export const cpuSystem = metric({
  fact: 'seconds of CPU time used in kernel mode',
  source: 'cpu.stat system_usec; version 1: cpuacct.stat, in hundredths',
  by: ['level'],
  prometheus: {
    name: 'container_cpu_system_seconds_total',
    kind: 'counter',
    description: 'Cumulative system cpu time consumed in seconds.',
  },
})

export const cpuPeriods = metric({
  fact: 'periods in which the quota was enforced',
  source: 'cpu.stat nr_periods',
  by: ['level'],
  otel: {
    ...plain,
    name: 'container.cpu.throttling_data.periods',
    kind: 'counter',
    unit: '{periods}',
    integer: true,
    enabled: false,
    description: 'Number of periods with throttling active.',
  },
  prometheus: {
    name: 'container_cpu_cfs_periods_total',
    kind: 'counter',
    description: 'Number of elapsed enforcement period intervals.',
  },
})

export const cpuThrottledPeriods = metric({
  fact: 'periods in which the quota was used up',
  source: 'cpu.stat nr_throttled',
  by: ['level'],
  otel: {
    ...plain,
    name: 'container.cpu.throttling_data.throttled_periods',
    kind: 'counter',
    unit: '{periods}',
    integer: true,
    enabled: false,
    description: 'Number of periods when the container hits its throttling limit.',
  },
  prometheus: {
    name: 'container_cpu_cfs_throttled_periods_total',
    kind: 'counter',
    description: 'Number of throttled period intervals.',
  },
})

export const cpuThrottled = metric({
  fact: 'seconds that tasks waited because the quota was used up',
  source: 'cpu.stat throttled_usec; version 1: throttled_time, in nanoseconds',
  by: ['level'],
  prometheus: {
    name: 'container_cpu_cfs_throttled_seconds_total',
    kind: 'counter',
    description: 'Total time duration the container has been throttled.',
  },
  vm: {
    ...vm,
    name: 'vm_container_cpu_throttling_seconds_total',
    kind: 'counter',
    description: 'Seconds that tasks waited because the CPU quota was used up.',
  },
})

export const cpuBursts = metric({
  fact: 'periods in which more than the quota was used',
  source: 'cpu.stat nr_bursts',
  by: ['level'],
  prometheus: {
    name: 'container_cpu_cfs_burst_periods_total',
    kind: 'counter',
    description: 'Number of periods when burst occurs.',
  },
})

export const cpuBurst = metric({
  fact: 'seconds of CPU time used beyond the quota',
  source: 'cpu.stat burst_usec; version 1: burst_time, in nanoseconds',
  by: ['level'],
  prometheus: {
    name: 'container_cpu_cfs_burst_seconds_total',
    kind: 'counter',
    description: 'Total time duration the container has been bursted.',
  },
})

export const cpuNanoseconds = metric({
  fact: 'the same times in nanoseconds, as Docker counts them',
  source: 'as above',
  by: ['level', 'mode'],
  otel: [
    {
      ...docker,
      where: { level: 'plain', mode: 'total' },
      name: 'container.cpu.usage.total',
      description: 'Total CPU time consumed.',
    },
    {
      ...docker,
      where: { level: 'plain', mode: 'user' },
      name: 'container.cpu.usage.usermode',
      description: 'Time spent by tasks of the cgroup in user mode (Linux).',
    },
    {
      ...docker,
      where: { level: 'plain', mode: 'kernel' },
      name: 'container.cpu.usage.kernelmode',
      description: 'Time spent by tasks of the cgroup in kernel mode (Linux).',
    },
    {
      ...docker,
      where: { level: 'plain', mode: 'throttled' },
      name: 'container.cpu.throttling_data.throttled_time',
      enabled: false,
      description: 'Aggregate time the container was throttled.',
    },
  ],
})

export const cpuNames = [
  cpuNanoseconds,
  cpuUsage,
  cpuRate,
  cpuUser,
  cpuSystem,
  cpuPeriods,
  cpuThrottledPeriods,
  cpuThrottled,
  cpuBursts,
  cpuBurst,
]
