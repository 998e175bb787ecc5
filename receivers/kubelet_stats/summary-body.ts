import type {
  ContainerStats,
  CpuStats,
  FsStats,
  InterfaceStats,
  IoStats,
  MemoryStats,
  NetworkStats,
  NodeStats,
  PodStats,
  PsiData,
  PsiStats,
  RlimitStats,
  Summary,
  SummaryTime,
  SwapStats,
  Uint64,
  VolumeStats,
} from '#src/kubelet/summary.ts'

/** An answer that is no summary. */
export class SummaryError extends Error {
  override readonly name = 'SummaryError'
}

/** Whole numbers that a double may not hold; where there are none, JSON is read without looking at each number. */
const longNumber = /[:\s[]\d{16}/

const endOfUint64 = 2n ** 64n

/**
 * Reads the body of `/stats/summary`. Whole numbers are exact to 2^64 - 1. Of what is malformed inside, the part is left out; unknown keys
 * are ignored.
 *
 * @throws {SummaryError} where it is no JSON, or says nothing of a node
 */
export function parseSummary(text: string): Summary {
  const body = record(parseExactly(text))
  const node = body && record(body['node'])
  if (node === undefined) throw new SummaryError('the answer is JSON, but no summary: it has no node')
  return { node: nodeOf(node), pods: present(body?.['pods'], podOf) }
}

function parseExactly(text: string): unknown {
  try {
    if (!longNumber.test(text)) return JSON.parse(text)
    return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
      if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
      const { source = '' } = context ?? {}
      return /^\d{1,20}$/.test(source) ? BigInt(source) : value
    })
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new SummaryError('the answer is no JSON', { cause: error })
  }
}

type Fields = Readonly<Record<string, unknown>>

function record(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

/** What there is of a part; undefined where the part is none. */
function part<Part>(value: unknown, read: (fields: Fields) => Part | undefined): Part | undefined {
  const fields = record(value)
  return fields && read(fields)
}

/** The items of a list that can be read. Go writes an empty list as null. */
function present<Item>(value: unknown, read: (fields: Fields) => Item | undefined): Item[] {
  const items: unknown[] = Array.isArray(value) ? value : []
  return items.map((item) => part(item, read)).filter((item) => item !== undefined)
}

function optionalList<Item>(value: unknown, read: (fields: Fields) => Item | undefined): Item[] | undefined {
  return Array.isArray(value) ? present(value, read) : undefined
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function count(value: unknown): Uint64 | undefined {
  if (typeof value === 'bigint') return value < endOfUint64 ? value : undefined
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function time(value: unknown): SummaryTime {
  const at = typeof value === 'string' ? new Date(value) : undefined
  // Go's zero time may come as year 1: it is no time.
  return at === undefined || !(at.getTime() > 0) ? null : at
}

function nodeOf(node: Fields): NodeStats {
  const systemContainers = optionalList(node['systemContainers'], containerOf)
  return {
    nodeName: text(node['nodeName']),
    systemContainers,
    startTime: time(node['startTime']),
    cpu: part(node['cpu'], cpuOf),
    memory: part(node['memory'], memoryOf),
    io: part(node['io'], ioOf),
    network: part(node['network'], networkOf),
    fs: part(node['fs'], fsOf),
    runtime: part(node['runtime'], (fields) => ({
      imageFs: part(fields['imageFs'], fsOf),
      containerFs: part(fields['containerFs'], fsOf),
    })),
    rlimit: part(node['rlimit'], rlimitOf),
    swap: part(node['swap'], swapOf),
  }
}

function podOf(pod: Fields): PodStats | undefined {
  const podRef = part(pod['podRef'], (fields) => ({
    name: text(fields['name']),
    namespace: text(fields['namespace']),
    uid: text(fields['uid']),
  }))
  if (podRef === undefined || podRef.name === '') return undefined
  return {
    podRef,
    startTime: time(pod['startTime']),
    containers: present(pod['containers'], containerOf),
    cpu: part(pod['cpu'], cpuOf),
    memory: part(pod['memory'], memoryOf),
    io: part(pod['io'], ioOf),
    network: part(pod['network'], networkOf),
    volume: optionalList(pod['volume'], volumeOf),
    'ephemeral-storage': part(pod['ephemeral-storage'], fsOf),
    process_stats: part(pod['process_stats'], (fields) => ({
      process_count: count(fields['process_count']),
    })),
    swap: part(pod['swap'], swapOf),
  }
}

function containerOf(container: Fields): ContainerStats | undefined {
  const name = text(container['name'])
  if (name === '') return undefined
  return {
    name,
    startTime: time(container['startTime']),
    cpu: part(container['cpu'], cpuOf),
    memory: part(container['memory'], memoryOf),
    io: part(container['io'], ioOf),
    rootfs: part(container['rootfs'], fsOf),
    logs: part(container['logs'], fsOf),
    swap: part(container['swap'], swapOf),
  }
}

function cpuOf(cpu: Fields): CpuStats {
  return {
    time: time(cpu['time']),
    usageNanoCores: count(cpu['usageNanoCores']),
    usageCoreNanoSeconds: count(cpu['usageCoreNanoSeconds']),
    psi: part(cpu['psi'], psiOf),
  }
}

function ioOf(io: Fields): IoStats {
  return { time: time(io['time']), psi: part(io['psi'], psiOf) }
}

function psiOf({ full, some }: Fields): PsiStats | undefined {
  const [ofAll, ofSome] = [part(full, psiDataOf), part(some, psiDataOf)]
  return ofAll && ofSome && { full: ofAll, some: ofSome }
}

function psiDataOf(data: Fields): PsiData | undefined {
  const total = count(data['total'])
  if (total === undefined) return undefined
  const [avg10 = 0, avg60 = 0, avg300 = 0] = ['avg10', 'avg60', 'avg300'].map((key) => percent(data[key]))
  return { total, avg10, avg60, avg300 }
}

function percent(value: unknown): number {
  return typeof value === 'number' && value >= 0 && value <= 100 ? value : 0
}

function memoryOf(memory: Fields): MemoryStats {
  return {
    time: time(memory['time']),
    availableBytes: count(memory['availableBytes']),
    usageBytes: count(memory['usageBytes']),
    workingSetBytes: count(memory['workingSetBytes']),
    rssBytes: count(memory['rssBytes']),
    pageFaults: count(memory['pageFaults']),
    majorPageFaults: count(memory['majorPageFaults']),
    psi: part(memory['psi'], psiOf),
  }
}

function swapOf(swap: Fields): SwapStats {
  return {
    time: time(swap['time']),
    swapAvailableBytes: count(swap['swapAvailableBytes']),
    swapUsageBytes: count(swap['swapUsageBytes']),
  }
}

function interfaceOf(fields: Fields): InterfaceStats {
  return {
    name: text(fields['name']),
    rxBytes: count(fields['rxBytes']),
    rxErrors: count(fields['rxErrors']),
    txBytes: count(fields['txBytes']),
    txErrors: count(fields['txErrors']),
  }
}

function networkOf(network: Fields): NetworkStats {
  return {
    time: time(network['time']),
    ...interfaceOf(network),
    interfaces: optionalList(network['interfaces'], interfaceOf),
  }
}

function fsOf(fs: Fields): FsStats {
  return {
    time: time(fs['time']),
    availableBytes: count(fs['availableBytes']),
    capacityBytes: count(fs['capacityBytes']),
    usedBytes: count(fs['usedBytes']),
    inodesFree: count(fs['inodesFree']),
    inodes: count(fs['inodes']),
    inodesUsed: count(fs['inodesUsed']),
  }
}

function volumeOf(volume: Fields): VolumeStats {
  const pvcRef = part(volume['pvcRef'], (fields) => ({
    name: text(fields['name']),
    namespace: text(fields['namespace']),
  }))
  return { ...fsOf(volume), name: text(volume['name']), pvcRef }
}

function rlimitOf(rlimit: Fields): RlimitStats {
  return { time: time(rlimit['time']), maxpid: count(rlimit['maxpid']), curproc: count(rlimit['curproc']) }
}
