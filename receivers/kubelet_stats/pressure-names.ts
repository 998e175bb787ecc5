import { metric, type Naming } from '#src/naming/metric.ts'

const words = { cpu: 'CPU', memory: 'memory', io: 'IO' } as const

/** What waiting is for. */
export const resources = ['cpu', 'memory', 'io'] as const

type Dimension = 'level' | 'resource' | 'share'

/** The names of cAdvisor: all tasks stood still, or some waited. */
function pair(resource: (typeof resources)[number]): Naming<Dimension>[] {
  const level = 'container'
  return [
    {
      where: { level, resource, share: 'full' },
      name: `container_pressure_${resource}_stalled_seconds_total`,
      kind: 'counter',
      description: `Total time duration no tasks in the container could make progress due to ${words[resource]} congestion.`,
    },
    {
      where: { level, resource, share: 'some' },
      name: `container_pressure_${resource}_waiting_seconds_total`,
      kind: 'counter',
      description: `Total time duration tasks in the container have waited due to ${words[resource]} congestion.`,
    },
  ]
}

export const pressure = metric({
  fact: 'seconds that all tasks, or some, waited for CPU, memory or I/O',
  source: 'cpu.psi, memory.psi, io.psi (Kubernetes 1.34), in microseconds',
  by: ['level', 'resource', 'share'],
  prometheus: resources.flatMap(pair),
  vm: {
    where: { level: 'container' },
    name: 'vm_container_pressure_seconds_total',
    kind: 'counter',
    description: 'Seconds that all tasks (full), or some, waited for a resource.',
    resource: 'resource',
    share: 'share',
  },
})

export const pressureNames = [pressure]
