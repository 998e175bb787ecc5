import { compareBytewise } from '#src/model/attribute-set.ts'
import type {
  ContainerStats,
  CpuStats,
  MemoryStats,
  NodeStats,
  PodStats,
  Summary,
  VolumeStats,
} from '#src/kubelet/summary.ts'
import { volumeOfPart } from './feeds.ts'
import {
  bytesOf,
  cpuStats,
  dateOf,
  fsStats,
  ioStats,
  memoryStats,
  networkStats,
  nodeMemory,
  rlimitStats,
  runtimeStats,
  swapStats,
} from './row-statistics.ts'
import type { Row, Rows } from './rows.ts'

/** What a summary says beside the rows. */
export interface NodeIdentity {
  readonly nodeName: string
  /** When the collection began. */
  readonly since: Date
  /** Whether containers of which nobody says when they started have a start all the same: metrics-server before 0.6 hides their pods else. */
  readonly startsOfAll?: boolean
}

/** The summary of a node that its rows make. */
export function nodeSummary(rows: Rows, { nodeName, since, startsOfAll = false }: NodeIdentity): Summary {
  const [node] = rows.of('node')
  const containers = Map.groupBy(rows.of('container'), podKey)
  const pods = new Map(rows.of('pod').map((row) => [podKey(row), row]))
  const keys = [...new Set([...pods.keys(), ...containers.keys()])].toSorted(compareBytewise)
  const systemContainers = containersOf(rows.of('system'), startsOfAll)
  return {
    node: { nodeName, startTime: since, systemContainers, ...(node === undefined ? {} : nodeStats(node)) },
    pods: keys.flatMap((key) => podStats(pods.get(key), containers.get(key) ?? [], startsOfAll) ?? []),
  }
}

function podKey({ subject }: Row): string {
  return `${subject.namespace}/${subject.pod}`
}

function nodeStats(row: Row): Omit<NodeStats, 'nodeName' | 'startTime' | 'systemContainers'> {
  return {
    cpu: cpuStats(row),
    memory: nodeMemory(row),
    io: ioStats(row),
    network: networkStats(row),
    fs: fsStats(row),
    runtime: runtimeStats(row),
    rlimit: rlimitStats(row),
    swap: swapStats(row),
  }
}

function podStats(pod: Row | undefined, rows: readonly Row[], startsOfAll: boolean): PodStats | undefined {
  const containers = containersOf(rows, startsOfAll)
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
    ...(pod === undefined ? {} : ofPodAlone(pod)),
  }
}

/** What a pod has that is no sum of its containers. */
function ofPodAlone(pod: Row): Partial<PodStats> {
  const tasks = bytesOf(pod.get('tasks'))
  return {
    io: ioStats(pod),
    network: networkStats(pod),
    volume: volumeStats(pod),
    'ephemeral-storage': fsStats(pod),
    process_stats: tasks === undefined ? undefined : { process_count: tasks },
    swap: swapStats(pod),
  }
}

function volumeStats(pod: Row): VolumeStats[] {
  const fields = ['fsCapacity', 'fsUsed', 'fsAvailable'] as const
  const parts = new Set(fields.flatMap((field) => pod.parts(field)))
  return [...parts].toSorted().flatMap((part) => {
    const { name, claim } = volumeOfPart(part)
    const pvcRef = claim === '' ? undefined : { name: claim, namespace: pod.subject.namespace }
    const volume = fsStats(pod, part)
    return volume === undefined ? [] : [{ ...volume, name, pvcRef }]
  })
}

function containersOf(rows: readonly Row[], startsOfAll: boolean): ContainerStats[] {
  return rows
    .map((row) => containerStats(row, startsOfAll ? (row.startTime ?? row.runningSince) : row.startTime))
    .filter((each) => each !== undefined)
    .toSorted((a, b) => compareBytewise(a.name, b.name))
}

/** A container of which neither CPU nor memory is known is none: a start alone would hide its pod from metrics-server. */
function containerStats(row: Row, startTime: number | undefined): ContainerStats | undefined {
  const cpu = cpuStats(row)
  const memory = memoryStats(row)
  if (cpu === undefined && memory === undefined) return undefined
  return {
    name: row.subject.container,
    startTime: dateOf(startTime),
    cpu,
    memory,
    io: ioStats(row),
    rootfs: fsStats(row),
    swap: swapStats(row),
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
