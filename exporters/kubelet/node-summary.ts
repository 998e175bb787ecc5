import { compareBytewise } from '#src/model/attribute-set.ts'
import type {
  ContainerStats,
  CpuStats,
  FsStats,
  InterfaceStats,
  MemoryStats,
  NetworkStats,
  NodeStats,
  PodStats,
  Summary,
  SwapStats,
} from '#src/kubelet/summary.ts'
import type { Field } from './field.ts'
import type { Reading, Row, Rows } from './rows.ts'

/** What a summary says beside the rows. */
export interface NodeIdentity {
  readonly nodeName: string
  /** When the collection began. */
  readonly since: Date
}

/** The summary of a node that its rows make. */
export function nodeSummary(rows: Rows, { nodeName, since }: NodeIdentity): Summary {
  const [node] = rows.of('node')
  const containers = Map.groupBy(rows.of('container'), podKey)
  const pods = new Map(rows.of('pod').map((row) => [podKey(row), row]))
  const keys = [...new Set([...pods.keys(), ...containers.keys()])].toSorted(compareBytewise)
  return {
    node: { nodeName, startTime: since, ...(node === undefined ? {} : nodeStats(node)) },
    pods: keys.flatMap((key) => podStats(pods.get(key), containers.get(key) ?? []) ?? []),
  }
}

function podKey({ subject }: Row): string {
  return `${subject.namespace}/${subject.pod}`
}

function nodeStats(row: Row): Omit<NodeStats, 'nodeName' | 'startTime'> {
  return {
    cpu: cpuStats(row),
    memory: nodeMemory(row),
    network: networkStats(row),
    fs: fsStats(row),
    swap: swapStats(row),
  }
}

function podStats(pod: Row | undefined, rows: readonly Row[]): PodStats | undefined {
  const containers = rows
    .map(containerStats)
    .filter((each) => each !== undefined)
    .toSorted((a, b) => compareBytewise(a.name, b.name))
  const cpu = (pod && cpuStats(pod)) ?? cpuOfAll(containers)
  const memory = (pod && memoryStats(pod)) ?? memoryOfAll(containers)
  if (cpu === undefined && memory === undefined) return undefined
  const subjects = [pod, ...rows].filter((each) => each !== undefined).map(({ subject }) => subject)
  const { namespace = '', pod: name = '' } = subjects[0] ?? {}
  const uid = subjects.find((subject) => subject.uid !== '')?.uid ?? ''
  const starts = containers.map(({ startTime }) => startTime?.getTime()).filter((time) => time !== undefined)
  const start = pod?.startTime ?? (starts.length === 0 ? undefined : Math.min(...starts))
  return {
    podRef: { name, namespace, uid },
    startTime: dateOf(start),
    containers,
    cpu,
    memory,
    network: pod && networkStats(pod),
    'ephemeral-storage': pod && fsStats(pod),
    swap: pod && swapStats(pod),
  }
}

/** A container of which neither CPU nor memory is known is none: a start alone would hide its pod from metrics-server. */
function containerStats(row: Row): ContainerStats | undefined {
  const cpu = cpuStats(row)
  const memory = memoryStats(row)
  if (cpu === undefined && memory === undefined) return undefined
  return {
    name: row.subject.container,
    startTime: dateOf(row.startTime),
    cpu,
    memory,
    rootfs: fsStats(row),
    swap: swapStats(row),
  }
}

function cpuStats(row: Row): CpuStats | undefined {
  const time = row.get('cpu')
  const rate = row.get('cpuRate')
  const known = time ?? rate
  if (known === undefined) return undefined
  const usageNanoCores = time?.rate ?? rate?.value
  return {
    time: new Date(known.time),
    usageNanoCores: usageNanoCores === undefined ? undefined : whole(usageNanoCores),
    // metrics-server takes 0 for absent, and hides the pod.
    usageCoreNanoSeconds: time && Math.max(whole(time.value), 1),
  }
}

function memoryStats(row: Row): MemoryStats | undefined {
  const workingSet = row.get('workingSet')
  const usage = row.get('memoryUsage')
  const known = workingSet ?? usage
  if (known === undefined) return undefined
  const limit = row.get('memoryLimit')?.value ?? 0
  // Limits beyond 2^62 mean that there is none.
  const left = limit > 0 && limit < 2 ** 62 && workingSet !== undefined ? limit - workingSet.value : undefined
  return {
    time: new Date(known.time),
    availableBytes: bytesOf(row.get('memoryAvailable')) ?? (left === undefined ? undefined : whole(left)),
    usageBytes: bytesOf(usage),
    workingSetBytes: bytesOf(workingSet),
    rssBytes: bytesOf(row.get('rss')),
    pageFaults: bytesOf(row.get('pageFaults')),
    majorPageFaults: bytesOf(row.get('majorPageFaults')),
  }
}

/**
 * The memory of a node: where nothing tells the working set, it is worked out as the kubelet does for the root cgroup: what is
 * not free, without the inactive file pages. What is available is the rest of the memory.
 */
function nodeMemory(row: Row): MemoryStats | undefined {
  const told = memoryStats(row)
  const total = row.get('memoryTotal')
  const free = row.get('memoryFree')
  const inactive = row.get('inactiveFile')
  if (total === undefined) return told
  const used = free && { time: free.time, value: total.value - free.value }
  const workingSet =
    told?.workingSetBytes ??
    (used === undefined || inactive === undefined ? undefined : whole(used.value - inactive.value))
  if (workingSet === undefined) return told
  return {
    ...told,
    time: told?.time ?? new Date(total.time),
    availableBytes: told?.availableBytes ?? whole(total.value - Number(workingSet)),
    usageBytes: told?.usageBytes ?? (used && whole(used.value)),
    workingSetBytes: workingSet,
  }
}

function swapStats(row: Row): SwapStats | undefined {
  const usage = row.get('swapUsage')
  if (usage === undefined) return undefined
  return {
    time: new Date(usage.time),
    swapAvailableBytes: bytesOf(row.get('swapAvailable')),
    swapUsageBytes: bytesOf(usage),
  }
}

function fsStats(row: Row): FsStats | undefined {
  const fields: readonly Field[] = ['fsUsed', 'fsCapacity', 'fsAvailable']
  const [used, capacity, available] = fields.map((field) => row.get(field))
  const known = used ?? capacity ?? available
  if (known === undefined) return undefined
  const left = available ?? difference(capacity, used)
  return {
    time: new Date(known.time),
    availableBytes: bytesOf(left),
    capacityBytes: bytesOf(capacity),
    usedBytes: bytesOf(used ?? difference(capacity, available)),
  }
}

function difference(whole: Reading | undefined, part: Reading | undefined): Reading | undefined {
  return whole && part && { ...whole, value: whole.value - part.value }
}

function networkStats(row: Row): NetworkStats | undefined {
  // A receiver may tell of all interfaces at once, without a name.
  const names = row.parts.length === 0 ? [''] : row.parts
  const interfaces = names.map((name) => interfaceStats(row, name))
  const times = names.flatMap(
    (name) => row.get('rxBytes', name)?.time ?? row.get('txBytes', name)?.time ?? [],
  )
  if (times.length === 0) return undefined
  const shown = interfaces.find(({ name }) => name === 'eth0' || name === '') ?? { name: '' }
  return {
    time: new Date(Math.max(...times)),
    ...shown,
    interfaces: row.parts.length === 0 ? undefined : interfaces,
  }
}

function interfaceStats(row: Row, name: string): InterfaceStats {
  return {
    name,
    rxBytes: bytesOf(row.get('rxBytes', name)),
    rxErrors: bytesOf(row.get('rxErrors', name)),
    txBytes: bytesOf(row.get('txBytes', name)),
    txErrors: bytesOf(row.get('txErrors', name)),
  }
}

/** The sum over containers, where all of them have it: of pods whose own cgroup nobody tells. */
function cpuOfAll(containers: readonly ContainerStats[]): CpuStats | undefined {
  const all = containers.map(({ cpu }) => cpu)
  const total = sum(all.map((cpu) => cpu?.usageCoreNanoSeconds))
  const rate = sum(all.map((cpu) => cpu?.usageNanoCores))
  if (total === undefined && rate === undefined) return undefined
  return { time: latest(all), usageNanoCores: rate, usageCoreNanoSeconds: total }
}

function memoryOfAll(containers: readonly ContainerStats[]): MemoryStats | undefined {
  const all = containers.map(({ memory }) => memory)
  const workingSetBytes = sum(all.map((memory) => memory?.workingSetBytes))
  if (workingSetBytes === undefined) return undefined
  return {
    time: latest(all),
    workingSetBytes,
    usageBytes: sum(all.map((memory) => memory?.usageBytes)),
    rssBytes: sum(all.map((memory) => memory?.rssBytes)),
  }
}

function sum(values: readonly (number | bigint | undefined)[]): number | undefined {
  let total = 0
  for (const value of values) {
    if (value === undefined) return undefined
    total += Number(value)
  }
  return values.length === 0 ? undefined : total
}

function latest(all: readonly ({ readonly time: Date | null } | undefined)[]): Date {
  return new Date(Math.max(...all.map((each) => each?.time?.getTime() ?? 0)))
}

function bytesOf(reading: Reading | undefined): number | undefined {
  return reading === undefined ? undefined : whole(reading.value)
}

/** What the API has is never negative; NaN and infinities are nothing that it could tell. */
function whole(value: number): number {
  return Number.isFinite(value) ? Math.max(Math.round(value), 0) : 0
}

function dateOf(time: number | undefined): Date | null {
  return time === undefined || !Number.isFinite(time) || time <= 0 ? null : new Date(time)
}
