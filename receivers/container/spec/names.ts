import { metric } from '#src/naming/metric.ts'

const gauge = { kind: 'gauge' } as const

export const cpuPeriod = metric({
  fact: 'microseconds of a period of the CPU quota',
  source: 'cpu.max; version 1: cpu.cfs_period_us',
  by: ['level'],
  prometheus: { ...gauge, name: 'container_spec_cpu_period', description: 'CPU period of the container.' },
})

export const cpuQuota = metric({
  fact: 'microseconds of CPU time in each period; absent where they are not limited',
  source: 'cpu.max; version 1: cpu.cfs_quota_us',
  by: ['level'],
  prometheus: { ...gauge, name: 'container_spec_cpu_quota', description: 'CPU quota of the container.' },
})

export const cpuLimit = metric({
  fact: 'CPUs that may be used: the quota by the period',
  source: 'as above',
  by: ['level'],
  otel: {
    where: { level: 'plain' },
    name: 'container.cpu.limit',
    kind: 'gauge',
    unit: '{cpus}',
    enabled: false,
    description: 'CPU limit set for the container.',
  },
  semconv: {
    where: { level: 'container' },
    name: 'k8s.container.cpu.limit.current',
    kind: 'updowncounter',
    unit: '{cpu}',
    description: 'Current CPU limit for the container.',
  },
  vm: {
    where: { level: ['container', 'plain'] },
    kind: 'gauge',
    name: 'vm_container_cpu_limit_cores',
    description: 'CPUs that may be used.',
  },
})

export const cpuShares = metric({
  fact: 'the share of CPU time when there is not enough',
  source: 'cpu.weight, as shares; version 1: cpu.shares',
  by: ['level'],
  otel: {
    where: { level: 'plain' },
    name: 'container.cpu.shares',
    kind: 'gauge',
    unit: '1',
    integer: true,
    enabled: false,
    description: 'CPU shares set for the container.',
  },
  prometheus: { ...gauge, name: 'container_spec_cpu_shares', description: 'CPU share of the container.' },
})

export const memorySpec = metric({
  fact: 'bytes of memory and swap that may be used, 0 where they are not limited',
  source:
    'memory.max, memory.swap.max (swap alone), memory.low; version 1: memory.limit_in_bytes, memory.memsw.limit_in_bytes (both), memory.soft_limit_in_bytes',
  by: ['level', 'limit'],
  prometheus: [
    {
      ...gauge,
      where: { limit: 'memory' },
      name: 'container_spec_memory_limit_bytes',
      description: 'Memory limit for the container.',
    },
    {
      ...gauge,
      where: { limit: 'swap' },
      name: 'container_spec_memory_swap_limit_bytes',
      description: 'Memory swap limit for the container.',
    },
    {
      ...gauge,
      where: { limit: 'reservation' },
      name: 'container_spec_memory_reservation_limit_bytes',
      description: 'Memory reservation limit for the container.',
    },
  ],
})

export const specNames = [cpuPeriod, cpuQuota, cpuLimit, cpuShares, memorySpec]
