import { metric, type Naming } from '#src/naming/metric.ts'

const resources = { cpu: 'CPU', memory: 'memory', io: 'IO' } as const

/** A pair of names of a resource: all tasks stood still, or some waited. */
function pair(resource: keyof typeof resources): Naming<'level' | 'resource' | 'share'>[] {
  const word = resources[resource]
  return [
    {
      where: { resource, share: 'full' },
      name: `container_pressure_${resource}_stalled_seconds_total`,
      kind: 'counter',
      description: `Total time duration no tasks in the container could make progress due to ${word} congestion.`,
    },
    {
      where: { resource, share: 'some' },
      name: `container_pressure_${resource}_waiting_seconds_total`,
      kind: 'counter',
      description: `Total time duration tasks in the container have waited due to ${word} congestion.`,
    },
  ]
}

export const pressure = metric({
  fact: 'seconds that all tasks, or some, waited for CPU, memory or I/O',
  source: 'version 2 with pressure stall information: cpu.pressure, memory.pressure, io.pressure',
  by: ['level', 'resource', 'share'],
  prometheus: [...pair('cpu'), ...pair('memory'), ...pair('io')],
  vm: {
    where: { level: ['container', 'plain'] },
    name: 'vm_container_pressure_seconds_total',
    kind: 'counter',
    description: 'Seconds that all tasks (full), or some, waited for a resource.',
    resource: 'resource',
    share: 'share',
  },
})

export const pressureNames = [pressure]
