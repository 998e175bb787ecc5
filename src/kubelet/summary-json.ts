import type {
  AcceleratorStats,
  ContainerStats,
  CpuStats,
  FsStats,
  InterfaceStats,
  IoStats,
  MemoryStats,
  NetworkStats,
  NodeStats,
  PodReference,
  PodStats,
  PsiData,
  PsiStats,
  RlimitStats,
  RuntimeStats,
  Summary,
  SummaryTime,
  SwapStats,
  Uint64,
  UserDefinedMetric,
  VolumeStats,
} from './summary.ts'

/** Writes a value as JSON; undefined leaves its key out. */
type Write<Value> = (value: Value) => string | undefined

/** A writer for each key, in the order in which they are written. */
type Fields<Shape> = { readonly [Key in keyof Shape]-?: Write<Shape[Key]> }

// JSON.stringify knows no bigint, and keys in the order of the API are what makes two answers comparable as text.
function object<Shape extends object>(fields: Fields<Shape>): Write<Shape> {
  const keys = (Object.keys(fields) as (keyof Shape & string)[]).map(
    (key) => [key, JSON.stringify(key)] as const,
  )
  return function writeObject(value) {
    const parts: string[] = []
    for (const [key, shown] of keys) {
      const text = fields[key](value[key])
      if (text !== undefined) parts.push(`${shown}:${text}`)
    }
    return `{${parts.join(',')}}`
  }
}

function optional<Value>(write: Write<Value>): Write<Value | undefined> {
  return (value) => (value === undefined ? undefined : write(value))
}

function list<Value>(write: Write<Value>): Write<readonly Value[]> {
  return (values) => `[${values.map((value) => write(value) ?? 'null').join(',')}]`
}

/** Go leaves empty lists out where a key is optional. */
function filledList<Value>(write: Write<Value>): Write<readonly Value[] | undefined> {
  const all = list(write)
  return (values) => (values === undefined || values.length === 0 ? undefined : all(values))
}

// Go's encoder writes what has a meaning in HTML by its number.
const text: Write<string> = (value) =>
  JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
const optionalText: Write<string | undefined> = (value) =>
  value === undefined || value === '' ? undefined : text(value)

const whole: Write<Uint64> = (value) => String(typeof value === 'bigint' ? value : wholeNumber(value))
const optionalWhole = optional(whole)

function wholeNumber(value: number): number | bigint {
  if (!Number.isFinite(value)) throw new RangeError(`expected a whole number, found ${value}`)
  const rounded = Math.trunc(value)
  return Number.isSafeInteger(rounded) ? rounded + 0 : BigInt(rounded)
}

const float: Write<number> = (value) => {
  if (!Number.isFinite(value)) throw new RangeError(`JSON has no number for ${value}`)
  return JSON.stringify(value)
}

/** RFC 3339 in UTC and whole seconds. */
const time: Write<SummaryTime> = (value) =>
  value === null || Number.isNaN(value.getTime()) ? 'null' : `"${value.toISOString().slice(0, -5)}Z"`

const psiData = object<PsiData>({ total: whole, avg10: float, avg60: float, avg300: float })
const psi = optional(object<PsiStats>({ full: psiData, some: psiData }))
const cpu = optional(
  object<CpuStats>({ time, usageNanoCores: optionalWhole, usageCoreNanoSeconds: optionalWhole, psi }),
)
const memory = optional(
  object<MemoryStats>({
    time,
    availableBytes: optionalWhole,
    usageBytes: optionalWhole,
    workingSetBytes: optionalWhole,
    rssBytes: optionalWhole,
    pageFaults: optionalWhole,
    majorPageFaults: optionalWhole,
    psi,
  }),
)
const io = optional(object<IoStats>({ time, psi }))
const swap = optional(
  object<SwapStats>({ time, swapAvailableBytes: optionalWhole, swapUsageBytes: optionalWhole }),
)
const interfaceFields: Fields<InterfaceStats> = {
  name: text,
  rxBytes: optionalWhole,
  rxErrors: optionalWhole,
  txBytes: optionalWhole,
  txErrors: optionalWhole,
}
const network = optional(
  object<NetworkStats>({
    time,
    ...interfaceFields,
    interfaces: filledList(object<InterfaceStats>(interfaceFields)),
  }),
)
const fsFields: Fields<FsStats> = {
  time,
  availableBytes: optionalWhole,
  capacityBytes: optionalWhole,
  usedBytes: optionalWhole,
  inodesFree: optionalWhole,
  inodes: optionalWhole,
  inodesUsed: optionalWhole,
}
const fs = optional(object<FsStats>(fsFields))
const volume = object<VolumeStats>({
  ...fsFields,
  name: optionalText,
  pvcRef: optional(
    object<{ readonly name: string; readonly namespace: string }>({ name: text, namespace: text }),
  ),
})
const accelerator = object<AcceleratorStats>({
  make: text,
  model: text,
  id: text,
  memoryTotal: whole,
  memoryUsed: whole,
  dutyCycle: whole,
})
const labels: Write<Readonly<Record<string, string>>> = (value) =>
  `{${Object.keys(value)
    .toSorted()
    .map((key) => `${text(key)}:${text(value[key] ?? '')}`)
    .join(',')}}`
const userDefinedMetric = object<UserDefinedMetric>({
  name: text,
  type: text,
  units: text,
  labels: optional(labels),
  time,
  value: float,
})
const container = object<ContainerStats>({
  name: text,
  startTime: time,
  cpu,
  memory,
  io,
  accelerators: filledList(accelerator),
  rootfs: fs,
  logs: fs,
  userDefinedMetrics: filledList(userDefinedMetric),
  swap,
})
const pod = object<PodStats>({
  podRef: object<PodReference>({ name: text, namespace: text, uid: text }),
  startTime: time,
  containers: list(container),
  cpu,
  memory,
  io,
  network,
  volume: filledList(volume),
  'ephemeral-storage': fs,
  process_stats: optional(
    object<{ readonly process_count?: Uint64 | undefined }>({ process_count: optionalWhole }),
  ),
  swap,
})
const node = object<NodeStats>({
  nodeName: text,
  systemContainers: filledList(container),
  startTime: time,
  cpu,
  memory,
  io,
  network,
  fs,
  runtime: optional(object<RuntimeStats>({ imageFs: fs, containerFs: fs })),
  rlimit: optional(object<RlimitStats>({ time, maxpid: optionalWhole, curproc: optionalWhole })),
  swap,
})
const summary = object<Summary>({ node, pods: list(pod) })

/**
 * A summary as the JSON that a kubelet serves: keys in the order of the API, whole numbers exact, times in seconds.
 *
 * @throws {RangeError} for a number that JSON cannot have
 */
export function summaryToJson(value: Summary): string {
  return summary(value) ?? 'null'
}

/** What is left of a summary with `only_cpu_and_memory=true`. */
export function onlyCpuAndMemory({
  node: { nodeName, systemContainers, startTime, ...stats },
  pods,
}: Summary): Summary {
  return {
    node: {
      nodeName,
      systemContainers: systemContainers?.map(basicContainer),
      startTime,
      cpu: stats.cpu,
      memory: stats.memory,
      swap: stats.swap,
    },
    pods: pods.map((each) => ({
      podRef: each.podRef,
      startTime: each.startTime,
      containers: each.containers.map(basicContainer),
      cpu: each.cpu,
      memory: each.memory,
      swap: each.swap,
    })),
  }
}

function basicContainer({ name, startTime, ...stats }: ContainerStats): ContainerStats {
  return { name, startTime, cpu: stats.cpu, memory: stats.memory, swap: stats.swap }
}
