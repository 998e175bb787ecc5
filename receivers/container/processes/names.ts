import { metric } from '#src/naming/metric.ts'

const gauge = { kind: 'gauge' } as const
const docker = {
  where: { level: 'plain' },
  kind: 'updowncounter',
  integer: true,
  enabled: false,
} as const

export const processes = metric({
  fact: 'processes, without those of the cgroups below',
  source: 'cgroup.procs',
  by: ['level'],
  prometheus: {
    ...gauge,
    name: 'container_processes',
    description: 'Number of processes running inside the container.',
  },
})

export const threads = metric({
  fact: 'tasks: threads of all processes, with those of the cgroups below',
  source: 'pids.current',
  by: ['level'],
  otel: {
    ...docker,
    name: 'container.pids.count',
    unit: '{pids}',
    description: "Number of pids in the container's cgroup.",
  },
  prometheus: {
    ...gauge,
    name: 'container_threads',
    description: 'Number of threads running inside the container',
  },
  vm: {
    where: { level: ['container', 'plain'] },
    kind: 'gauge',
    name: 'vm_container_threads',
    description: 'Threads of all processes.',
  },
})

export const threadsLimit = metric({
  fact: 'tasks that there may be; absent where they are not limited, but 0 in `prometheus`',
  source: 'pids.max',
  by: ['level', 'limited'],
  otel: {
    ...docker,
    where: { level: 'plain', limited: 'yes' },
    name: 'container.pids.limit',
    unit: '{pids}',
    description: "Maximum number of pids in the container's cgroup.",
  },
  prometheus: {
    ...gauge,
    name: 'container_threads_max',
    description: 'Maximum number of threads allowed inside the container, infinity if value is zero',
  },
})

export const openFiles = metric({
  fact: 'files that the processes have open, without those of the cgroups below',
  source: 'the size of /proc/PID/fd since Linux 6.2, before its entries',
  by: ['level'],
  prometheus: {
    ...gauge,
    name: 'container_file_descriptors',
    description: 'Number of open file descriptors for the container.',
  },
})

export const openSockets = metric({
  fact: 'sockets among them; off, since each open file has to be asked for what it is',
  source: 'links in /proc/PID/fd',
  by: ['level'],
  prometheus: {
    ...gauge,
    enabled: false,
    name: 'container_sockets',
    description: 'Number of open sockets for the container.',
  },
})

export const openFilesLimit = metric({
  fact: 'files that the first process of a container may have open, -1 where they are not limited',
  source: '/proc/PID/limits, once a minute',
  by: ['level', 'limit'],
  prometheus: {
    ...gauge,
    where: { level: ['container', 'sandbox', 'plain'] },
    name: 'container_ulimits_soft',
    description:
      'Soft ulimit values for the container root process. Unlimited if -1, except priority and nice',
    limit: 'ulimit',
  },
})

export const processNames = [processes, threads, threadsLimit, openFiles, openSockets, openFilesLimit]
