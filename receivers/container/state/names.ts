import { metric } from '#src/naming/metric.ts'
import { containerLevels } from '../level.ts'

const where = { level: containerLevels } as const

export const startTime = metric({
  fact: 'when the container was started, in seconds of Unix time',
  source: "the runtime; else when the container's cgroup was made",
  by: ['level'],
  prometheus: {
    name: 'container_start_time_seconds',
    kind: 'gauge',
    description: 'Start time of the container since unix epoch in seconds.',
  },
  vm: {
    where,
    name: 'vm_container_start_time_seconds',
    kind: 'gauge',
    description: 'When the container was started, in Unix time.',
  },
})

export const creationTime = metric({
  fact: 'when the container was made, in seconds of Unix time',
  source: 'the runtime',
  by: ['level'],
  prometheus: {
    name: 'container_creation_time_seconds',
    kind: 'gauge',
    description: 'Container creation time since unix epoch in seconds.',
  },
})

export const lastSeen = metric({
  fact: 'when the cgroup was seen last, in seconds of Unix time',
  source: 'the time of the measurement',
  by: ['level'],
  prometheus: {
    name: 'container_last_seen',
    kind: 'gauge',
    description: 'Last time a container was seen by the exporter',
  },
})

export const uptime = metric({
  fact: 'seconds since the container was started',
  source: "the runtime; else when the container's cgroup was made",
  by: ['level'],
  otel: [
    ...(['node', 'pod'] as const).map(
      (level) =>
        ({
          where: { level },
          enabled: false,
          name: `k8s.${level}.uptime`,
          kind: 'counter',
          unit: 's',
          integer: true,
          description: `The time since the ${level} started`,
        }) as const,
    ),
    {
      where: { level: 'container' },
      enabled: false,
      name: 'container.uptime',
      kind: 'counter',
      unit: 's',
      integer: true,
      description: 'The time since the container started',
    },
  ],
  semconv: [
    {
      where,
      name: 'container.uptime',
      kind: 'gauge',
      unit: 's',
      description: 'The time the container has been running.',
    },
    {
      where: { level: 'pod' },
      name: 'k8s.pod.uptime',
      kind: 'gauge',
      unit: 's',
      description: 'The time the Pod has been running.',
    },
    {
      where: { level: 'node' },
      name: 'k8s.node.uptime',
      kind: 'gauge',
      unit: 's',
      description: 'The time the Node has been running.',
    },
  ],
})

export const containerState = metric({
  fact: '1 for the state that a container is in, 0 for the others',
  source: 'the runtime',
  by: ['level', 'state'],
  semconv: {
    where: { level: 'container', state: ['created', 'running', 'exited'] },
    name: 'k8s.container.status.state',
    kind: 'updowncounter',
    unit: '{container}',
    integer: true,
    description: 'Describes the number of K8s containers that are currently in a given state.',
    state: { as: 'k8s.container.status.state', values: { created: 'waiting', exited: 'terminated' } },
  },
  vm: {
    where,
    name: 'vm_container_state',
    kind: 'gauge',
    description: '1 for the state that the container is in, 0 for the others.',
    state: 'state',
  },
})

export const restarts = metric({
  fact: 'how often a container was started again',
  source: 'the runtime; else the number in the name of its log',
  by: ['level'],
  otel: {
    where: { level: 'plain' },
    enabled: false,
    name: 'container.restarts',
    kind: 'counter',
    unit: '{restarts}',
    integer: true,
    description: 'Number of restarts for the container.',
  },
  semconv: {
    where: { level: 'container' },
    name: 'k8s.container.restart.count',
    kind: 'updowncounter',
    unit: '{restart}',
    integer: true,
    description: 'Describes how many times the container has restarted (since the last counter reset).',
  },
  vm: {
    where,
    name: 'vm_container_restarts_total',
    kind: 'counter',
    description: 'How often the container was started again.',
  },
})

export const lastExit = metric({
  fact: 'with what code and why a container ended, while its runtime keeps it',
  source: 'the runtime',
  by: ['level', 'reason'],
  vm: {
    where,
    name: 'vm_container_exit_code',
    kind: 'gauge',
    description: 'The code with which the container ended, by the reason that the runtime tells.',
    reason: 'reason',
  },
})

/** What is told of the life of containers. */
export const stateNames = [startTime, creationTime, lastSeen, uptime, containerState, restarts, lastExit]
