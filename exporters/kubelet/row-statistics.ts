import type {
  CpuStats,
  FsStats,
  InterfaceStats,
  IoStats,
  MemoryStats,
  NetworkStats,
  PsiData,
  PsiStats,
  RlimitStats,
  RuntimeStats,
  SwapStats,
} from '#src/kubelet/summary.ts'
import type { Reading, Row } from './rows.ts'

// What the summary says of one thing (CPU, memory, ...) of a row; undefined where nothing is known of it.

/** Limits from here on mean that there is none. */
const unlimited = 2 ** 62

/** CPU time and its rate. */
export function cpuStats(row: Row): CpuStats | undefined {
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
    psi: pressureStats(row, 'cpu'),
  }
}

/** Memory of a cgroup. */
export function memoryStats(row: Row): MemoryStats | undefined {
  const workingSet = row.get('workingSet')
  const usage = row.get('memoryUsage')
  const known = workingSet ?? usage
  if (known === undefined) return undefined
  const limit = row.get('memoryLimit')?.value ?? 0
  const left =
    limit > 0 && limit < unlimited && workingSet !== undefined ? limit - workingSet.value : undefined
  return {
    time: new Date(known.time),
    availableBytes: bytesOf(row.get('memoryAvailable')) ?? (left === undefined ? undefined : whole(left)),
    usageBytes: bytesOf(usage),
    workingSetBytes: bytesOf(workingSet),
    rssBytes: bytesOf(row.get('rss')),
    pageFaults: bytesOf(row.get('pageFaults')),
    majorPageFaults: bytesOf(row.get('majorPageFaults')),
    psi: pressureStats(row, 'memory'),
  }
}

/**
 * The memory of a node: where nothing tells the working set, it is worked out as the kubelet does for the root cgroup: what is
 * not free, without the inactive file pages. What is available is the rest of the memory.
 */
export function nodeMemory(row: Row): MemoryStats | undefined {
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

/** Swap: what is left is that of the limit or, of a node, of what the machine has. */
export function swapStats(row: Row): SwapStats | undefined {
  const total = row.get('swapTotal')
  const usage = row.get('swapUsage') ?? difference(total, row.get('swapFree'))
  if (usage === undefined) return undefined
  const limit = row.get('swapLimit') ?? total
  const isLimited = limit !== undefined && limit.value > 0 && limit.value < unlimited
  const left = isLimited ? difference(limit, usage) : undefined
  return {
    time: new Date(usage.time),
    swapAvailableBytes: bytesOf(row.get('swapAvailable') ?? left),
    swapUsageBytes: bytesOf(usage),
  }
}

/** What waiting for I/O took. */
export function ioStats(row: Row): IoStats | undefined {
  const psi = pressureStats(row, 'io')
  const { time } = row.get('ioFull') ?? row.get('ioSome') ?? {}
  return psi && { time: dateOf(time), psi }
}

/** What waiting for a resource took: totals as they are told, and averages that follow from them. */
function pressureStats(row: Row, resource: 'cpu' | 'memory' | 'io'): PsiStats | undefined {
  const full = row.get(`${resource}Full`)
  const some = row.get(`${resource}Some`)
  if (full === undefined && some === undefined) return undefined
  return { full: pressureData(full), some: pressureData(some) }
}

function pressureData(reading: Reading | undefined): PsiData {
  const { avg10 = 0, avg60 = 0, avg300 = 0 } = reading?.averages ?? {}
  return {
    total: bytesOf(reading) ?? 0,
    avg10: hundredths(avg10),
    avg60: hundredths(avg60),
    avg300: hundredths(avg300),
  }
}

/** Tasks that there are, and that there may be. */
export function rlimitStats(row: Row): RlimitStats | undefined {
  const most = row.get('mostTasks')
  const tasks = row.get('tasks')
  const known = tasks ?? most
  return known && { time: dateOf(known.time), maxpid: bytesOf(most), curproc: bytesOf(tasks) }
}

/** The file systems of the runtime: parts of the node's row. */
export function runtimeStats(row: Row): RuntimeStats | undefined {
  const [imageFs, containerFs] = [fsStats(row, 'image'), fsStats(row, 'container')]
  return imageFs === undefined && containerFs === undefined ? undefined : { imageFs, containerFs }
}

/** A file system: that of a node, what a container wrote, or, as a part of its pod, a volume. */
export function fsStats(row: Row, part = ''): FsStats | undefined {
  const [used, capacity, available] = (['fsUsed', 'fsCapacity', 'fsAvailable'] as const).map((field) =>
    row.get(field, part),
  )
  const [inodes, inodesFree, inodesUsed] = (['fsInodes', 'fsInodesFree', 'fsInodesUsed'] as const).map(
    (field) => row.get(field, part),
  )
  const known = used ?? capacity ?? available
  if (known === undefined) return undefined
  return {
    time: new Date(known.time),
    availableBytes: bytesOf(available ?? difference(capacity, used)),
    capacityBytes: bytesOf(capacity),
    usedBytes: bytesOf(used ?? difference(capacity, available)),
    inodesFree: bytesOf(inodesFree),
    inodes: bytesOf(inodes),
    inodesUsed: bytesOf(inodesUsed ?? difference(inodes, inodesFree)),
  }
}

function difference(whole: Reading | undefined, part: Reading | undefined): Reading | undefined {
  return whole && part && { ...whole, value: whole.value - part.value }
}

/** Bytes and errors of all interfaces, of which that named `eth0` is the one beside the list. */
export function networkStats(row: Row): NetworkStats | undefined {
  const fields = ['rxBytes', 'rxErrors', 'txBytes', 'txErrors'] as const
  const named = [...new Set(fields.flatMap((field) => row.parts(field)))].toSorted()
  // A receiver may tell of all interfaces at once, without a name.
  const names = named.length === 0 ? [''] : named
  const interfaces = names.map((name) => interfaceStats(row, name))
  const times = names.flatMap(
    (name) => row.get('rxBytes', name)?.time ?? row.get('txBytes', name)?.time ?? [],
  )
  if (times.length === 0) return undefined
  const shown = interfaces.find(({ name }) => name === 'eth0' || name === '') ?? { name: '' }
  return {
    time: new Date(Math.max(...times)),
    ...shown,
    interfaces: named.length === 0 ? undefined : interfaces,
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

/** A whole number of bytes, or of whatever is counted. */
export function bytesOf(reading: Reading | undefined): number | undefined {
  return reading === undefined ? undefined : whole(reading.value)
}

/** The kernel writes percents so. */
function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}

/** What the API has is never negative; NaN and infinities are nothing that it could tell. */
function whole(value: number): number {
  return Number.isFinite(value) ? Math.max(Math.round(value), 0) : 0
}

/** A time of the API, from Unix milliseconds. */
export function dateOf(time: number | undefined): Date | null {
  return time === undefined || !Number.isFinite(time) || time <= 0 ? null : new Date(time)
}
