import { metric } from '#src/naming/metric.ts'

const thread = { unit: '{thread}', kind: 'gauge' } as const

export const loadAverage = metric({
  fact: 'runnable and uninterruptible threads, averaged over a period',
  source: '/proc/loadavg',
  by: ['period'],
  prometheus: [
    { where: { period: '1m' }, name: 'node_load1', kind: 'gauge', description: '1m load average.' },
    { where: { period: '5m' }, name: 'node_load5', kind: 'gauge', description: '5m load average.' },
    { where: { period: '15m' }, name: 'node_load15', kind: 'gauge', description: '15m load average.' },
  ],
  vm: [
    {
      name: 'vm_node_load',
      kind: 'gauge',
      description: 'Runnable and uninterruptible threads, averaged over the period.',
      period: 'period',
    },
    // The proposal spells the names in both ways.
    { where: { period: '1m' }, name: 'vm_node_load1', kind: 'gauge', description: 'Load average, 1 minute.' },
    {
      where: { period: '5m' },
      name: 'vm_node_load5',
      kind: 'gauge',
      description: 'Load average, 5 minutes.',
    },
    {
      where: { period: '15m' },
      name: 'vm_node_load15',
      kind: 'gauge',
      description: 'Load average, 15 minutes.',
    },
  ],
})

export const loadAverageOfCpus = metric({
  fact: 'the same, divided by the number of CPUs where cpu_average is set',
  source: '/proc/loadavg, /proc/stat',
  by: ['period'],
  otel: [
    {
      ...thread,
      where: { period: '1m' },
      name: 'system.cpu.load_average.1m',
      description: 'Average CPU Load over 1 minute.',
    },
    {
      ...thread,
      where: { period: '5m' },
      name: 'system.cpu.load_average.5m',
      description: 'Average CPU Load over 5 minutes.',
    },
    {
      ...thread,
      where: { period: '15m' },
      name: 'system.cpu.load_average.15m',
      description: 'Average CPU Load over 15 minutes.',
    },
  ],
})

export const loadNames = [loadAverage, loadAverageOfCpus]
