import type { Feed, Field, Labels, RowKind } from './field.ts'

/** Where a metric says what its row is: in its name, or, as cAdvisor's do, in its labels. */
export interface MetricFeeds {
  readonly row: RowKind | 'labelled'
  readonly feeds: readonly Feed[]
}

const nanoseconds = 1e9
const microseconds = 1e6

/** Numbers of a kubelet or a cgroup, then those that are worked out from the host's. */
const measured = 0
const derived = 1

function feed(field: Field, more: Partial<Feed> = {}): Feed {
  return { field, rank: measured, ...more }
}

function only(name: string, ...values: readonly string[]): (labels: Labels) => boolean {
  return (labels) => values.includes(labels(name))
}

const interfaceName = (labels: Labels): string => labels('network.interface.name', 'interface', 'device')
const inward = (labels: Labels): boolean => labels('network.io.direction', 'direction') === 'receive'
const outward = (labels: Labels): boolean => labels('network.io.direction', 'direction') === 'transmit'

/** A volume, and the claim that it belongs to: `volumeOfPart` reads it. */
const volumePart = (labels: Labels): string =>
  JSON.stringify([labels('k8s.volume.name'), labels('k8s.persistentvolumeclaim.name')])

const volumeFeed = (field: Field): readonly Feed[] => [feed(field, { part: volumePart })]

/** The volume that a part of a pod's row is about, and its claim; empty where there is none. */
export function volumeOfPart(part: string): { readonly name: string; readonly claim: string } {
  const [name = '', claim = ''] = JSON.parse(part) as string[]
  return { name, claim }
}

/** Behind `k8s.node.`, `k8s.pod.` and `container.`: names of the Collector's kubelet_stats and of the semantic conventions. */
const openTelemetryFeeds: Readonly<Record<string, readonly Feed[]>> = {
  'cpu.time': [feed('cpu', { factor: nanoseconds })],
  'cpu.usage': [feed('cpuRate', { factor: nanoseconds })],
  'memory.usage': [feed('memoryUsage')],
  'memory.working_set': [feed('workingSet')],
  'memory.rss': [feed('rss')],
  'memory.available': [feed('memoryAvailable')],
  'memory.page_faults': [feed('pageFaults')],
  'memory.major_page_faults': [feed('majorPageFaults')],
  'paging.faults': [
    feed('pageFaults'),
    feed('majorPageFaults', { where: only('system.paging.fault.type', 'major') }),
  ],
  'network.io': [
    feed('rxBytes', { where: inward, part: interfaceName }),
    feed('txBytes', { where: outward, part: interfaceName }),
  ],
  'network.errors': [
    feed('rxErrors', { where: inward, part: interfaceName }),
    feed('txErrors', { where: outward, part: interfaceName }),
  ],
  'filesystem.usage': [feed('fsUsed')],
  'filesystem.capacity': [feed('fsCapacity')],
  'filesystem.available': [feed('fsAvailable')],
  uptime: [feed('uptime', { factor: 1000 })],
}

/** Behind `k8s.pod.volume.`, and `k8s.volume.` as the Collector has it. */
const volumeFeeds: Readonly<Record<string, readonly Feed[]>> = {
  available: volumeFeed('fsAvailable'),
  capacity: volumeFeed('fsCapacity'),
  usage: volumeFeed('fsUsed'),
  inodes: volumeFeed('fsInodes'),
  'inodes.free': volumeFeed('fsInodesFree'),
  'inodes.used': volumeFeed('fsInodesUsed'),
  'inode.count': volumeFeed('fsInodes'),
  'inode.free': volumeFeed('fsInodesFree'),
  'inode.used': volumeFeed('fsInodesUsed'),
}

const waited = (field: Field, more: Partial<Feed> = {}): Feed =>
  feed(field, { factor: microseconds, ...more })

/** Of `vm_container_pressure_seconds_total` the series of a resource and a share. */
const share = (resource: string, word: string) => ({
  where: (labels: Labels) => labels('resource') === resource && labels('share') === word,
})

/** Behind `container_` and `vm_container_`: names of cAdvisor, of the kubelet's `/metrics/resource`, and ours. */
const containerFeeds: Readonly<Record<string, readonly Feed[]>> = {
  // Of each CPU there may be a series too.
  cpu_usage_seconds_total: [feed('cpu', { factor: nanoseconds, where: only('cpu', '', 'total') })],
  memory_working_set_bytes: [feed('workingSet')],
  memory_usage_bytes: [
    feed('memoryUsage', { where: only('type', '', 'used') }),
    feed('workingSet', { where: only('type', 'working_set') }),
    feed('rss', { where: only('type', 'rss') }),
    feed('swapUsage', { where: only('type', 'swap') }),
    feed('memoryLimit', { where: only('type', 'limit') }),
  ],
  memory_rss: [feed('rss')],
  memory_swap: [feed('swapUsage', { rank: derived })],
  memory_failures_total: [
    feed('pageFaults', {
      where: (labels) => labels('failure_type') === 'pgfault' && labels('scope') === 'container',
    }),
    feed('majorPageFaults', {
      where: (labels) => labels('failure_type') === 'pgmajfault' && labels('scope') === 'container',
    }),
  ],
  swap_usage_bytes: [feed('swapUsage')],
  swap_limit_bytes: [feed('swapLimit')],
  spec_memory_limit_bytes: [feed('memoryLimit')],
  spec_memory_swap_limit_bytes: [feed('swapLimit', { rank: derived })],
  pressure_cpu_stalled_seconds_total: [waited('cpuFull')],
  pressure_cpu_waiting_seconds_total: [waited('cpuSome')],
  pressure_memory_stalled_seconds_total: [waited('memoryFull')],
  pressure_memory_waiting_seconds_total: [waited('memorySome')],
  pressure_io_stalled_seconds_total: [waited('ioFull')],
  pressure_io_waiting_seconds_total: [waited('ioSome')],
  pressure_seconds_total: [
    waited('cpuFull', share('cpu', 'full')),
    waited('cpuSome', share('cpu', 'some')),
    waited('memoryFull', share('memory', 'full')),
    waited('memorySome', share('memory', 'some')),
    waited('ioFull', share('io', 'full')),
    waited('ioSome', share('io', 'some')),
  ],
  threads: [feed('tasks')],
  start_time_seconds: [feed('start', { factor: 1000 })],
  network_receive_bytes_total: [feed('rxBytes', { part: interfaceName })],
  network_receive_errors_total: [feed('rxErrors', { part: interfaceName })],
  network_transmit_bytes_total: [feed('txBytes', { part: interfaceName })],
  network_transmit_errors_total: [feed('txErrors', { part: interfaceName })],
  fs_usage_bytes: [feed('fsUsed')],
  fs_limit_bytes: [feed('fsCapacity')],
}

/** Modes in which a CPU works; guests' time is in that of `user`. */
const busy = ['user', 'nice', 'system', 'softirq', 'irq', 'interrupt', 'steal']
const busyTime = feed('cpu', {
  factor: nanoseconds,
  rank: derived,
  where: (labels) => busy.includes(labels('cpu.mode', 'mode', 'state')),
})
const rootMount = only('mountpoint', '/')

/** A file system of the runtime, as a part of the node's row. */
const runtimePart = (labels: Labels): string => labels('filesystem')

const runtimeFeeds: readonly Feed[] = [
  feed('fsAvailable', { where: only('type', 'available'), part: runtimePart }),
  feed('fsCapacity', { where: only('type', 'capacity'), part: runtimePart }),
  feed('fsUsed', { where: only('type', 'used'), part: runtimePart }),
]

const nodeFeeds: Readonly<Record<string, readonly Feed[]>> = {
  // The kubelet's /metrics/resource.
  node_cpu_usage_seconds_total: [feed('cpu', { factor: nanoseconds })],
  node_memory_working_set_bytes: [feed('workingSet')],
  node_swap_usage_bytes: [feed('swapUsage')],
  // hostmetrics and node_exporter.
  node_cpu_seconds_total: [busyTime],
  vm_node_cpu_seconds_total: [busyTime],
  'system.cpu.time': [busyTime],
  node_memory_MemTotal_bytes: [feed('memoryTotal', { rank: derived })],
  node_memory_MemFree_bytes: [feed('memoryFree', { rank: derived })],
  node_memory_Inactive_file_bytes: [feed('inactiveFile', { rank: derived })],
  node_memory_SwapTotal_bytes: [feed('swapTotal', { rank: derived })],
  node_memory_SwapFree_bytes: [feed('swapFree', { rank: derived })],
  vm_kubelet_runtime_filesystem_bytes: runtimeFeeds,
  node_processes_threads: [feed('tasks')],
  node_processes_max_processes: [feed('mostTasks')],
  'system.memory.limit': [feed('memoryTotal', { rank: derived })],
  'system.memory.usage': [
    feed('workingSet', {
      rank: derived,
      where: (labels) => labels('system.memory.state', 'state') === 'used',
    }),
  ],
  vm_node_memory_bytes: [
    feed('memoryTotal', { rank: derived, where: only('type', 'total') }),
    feed('workingSet', { rank: derived, where: only('type', 'used') }),
  ],
  node_network_receive_bytes_total: [feed('rxBytes', { rank: derived, part: interfaceName })],
  node_network_receive_errs_total: [feed('rxErrors', { rank: derived, part: interfaceName })],
  node_network_transmit_bytes_total: [feed('txBytes', { rank: derived, part: interfaceName })],
  node_network_transmit_errs_total: [feed('txErrors', { rank: derived, part: interfaceName })],
  node_filesystem_size_bytes: [feed('fsCapacity', { rank: derived, where: rootMount })],
  node_filesystem_avail_bytes: [feed('fsAvailable', { rank: derived, where: rootMount })],
  node_filesystem_files: [feed('fsInodes', { rank: derived, where: rootMount })],
  node_filesystem_files_free: [feed('fsInodesFree', { rank: derived, where: rootMount })],
}

const podFeeds: Readonly<Record<string, readonly Feed[]>> = {
  pod_cpu_usage_seconds_total: [feed('cpu', { factor: nanoseconds })],
  pod_memory_working_set_bytes: [feed('workingSet')],
  pod_swap_usage_bytes: [feed('swapUsage')],
}

function prefixed(
  prefix: string,
  row: MetricFeeds['row'],
  table: Readonly<Record<string, readonly Feed[]>>,
): [string, MetricFeeds][] {
  return Object.entries(table).map(([name, feeds]) => [prefix + name, { row, feeds }])
}

/** Every metric that feeds a row, by the name of its series. */
export const feedsByMetric: ReadonlyMap<string, MetricFeeds> = new Map([
  ...prefixed('', 'node', nodeFeeds),
  ...prefixed('', 'pod', podFeeds),
  ...prefixed('container_', 'labelled', containerFeeds),
  ...prefixed('vm_container_', 'labelled', containerFeeds),
  ...prefixed('container.', 'container', openTelemetryFeeds),
  ...prefixed('k8s.pod.', 'pod', openTelemetryFeeds),
  ...prefixed('k8s.node.', 'node', openTelemetryFeeds),
  ...prefixed('k8s.node.system_container.', 'system', openTelemetryFeeds),
  ...prefixed('k8s.pod.volume.', 'pod', volumeFeeds),
  ...prefixed('k8s.volume.', 'pod', volumeFeeds),
])
