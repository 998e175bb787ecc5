// What a kubelet says at /stats/summary, version stats/v1alpha1: the names are those of its JSON. Times are null where
// they are not known, as in Go's zero time; numbers beyond 2^53 are bigints.

/** A whole number from 0 to 2^64 - 1. */
export type Uint64 = number | bigint

/** A time of the API; null is not known. In JSON it has whole seconds. */
export type SummaryTime = Date | null

/** All that a kubelet tells of its node and pods. */
export interface Summary {
  readonly node: NodeStats
  readonly pods: readonly PodStats[]
}

export interface NodeStats {
  readonly nodeName: string
  /** `kubelet`, `runtime`, `pods`, `misc`: parts of the node that are no pods. */
  readonly systemContainers?: readonly ContainerStats[] | undefined
  /** When the collection of these statistics began. */
  readonly startTime: SummaryTime
  readonly cpu?: CpuStats | undefined
  readonly memory?: MemoryStats | undefined
  readonly io?: IoStats | undefined
  readonly network?: NetworkStats | undefined
  readonly fs?: FsStats | undefined
  readonly runtime?: RuntimeStats | undefined
  readonly rlimit?: RlimitStats | undefined
  readonly swap?: SwapStats | undefined
}

export interface RlimitStats {
  readonly time: SummaryTime
  readonly maxpid?: Uint64 | undefined
  readonly curproc?: Uint64 | undefined
}

export interface RuntimeStats {
  readonly imageFs?: FsStats | undefined
  readonly containerFs?: FsStats | undefined
}

export interface PodReference {
  readonly name: string
  readonly namespace: string
  readonly uid: string
}

export interface PodStats {
  readonly podRef: PodReference
  /** When its sandbox was made. */
  readonly startTime: SummaryTime
  readonly containers: readonly ContainerStats[]
  readonly cpu?: CpuStats | undefined
  readonly memory?: MemoryStats | undefined
  readonly io?: IoStats | undefined
  readonly network?: NetworkStats | undefined
  /** Its volumes: the API's name is in the singular. */
  readonly volume?: readonly VolumeStats[] | undefined
  readonly 'ephemeral-storage'?: FsStats | undefined
  readonly process_stats?: { readonly process_count?: Uint64 | undefined } | undefined
  readonly swap?: SwapStats | undefined
}

export interface ContainerStats {
  readonly name: string
  /** When the container was made. */
  readonly startTime: SummaryTime
  readonly cpu?: CpuStats | undefined
  readonly memory?: MemoryStats | undefined
  readonly io?: IoStats | undefined
  readonly accelerators?: readonly AcceleratorStats[] | undefined
  readonly rootfs?: FsStats | undefined
  readonly logs?: FsStats | undefined
  readonly userDefinedMetrics?: readonly UserDefinedMetric[] | undefined
  readonly swap?: SwapStats | undefined
}

export interface CpuStats {
  readonly time: SummaryTime
  /** The rate: nanoseconds of CPU time per second. */
  readonly usageNanoCores?: Uint64 | undefined
  /** CPU time since the start, in nanoseconds. */
  readonly usageCoreNanoSeconds?: Uint64 | undefined
  readonly psi?: PsiStats | undefined
}

export interface MemoryStats {
  readonly time: SummaryTime
  /** The limit without the working set; absent where there is no limit. */
  readonly availableBytes?: Uint64 | undefined
  readonly usageBytes?: Uint64 | undefined
  readonly workingSetBytes?: Uint64 | undefined
  readonly rssBytes?: Uint64 | undefined
  readonly pageFaults?: Uint64 | undefined
  readonly majorPageFaults?: Uint64 | undefined
  readonly psi?: PsiStats | undefined
}

export interface IoStats {
  readonly time: SummaryTime
  readonly psi?: PsiStats | undefined
}

export interface PsiStats {
  readonly full: PsiData
  readonly some: PsiData
}

export interface PsiData {
  /** Microseconds, as the kernel has it, whatever the API's documentation says. */
  readonly total: Uint64
  readonly avg10: number
  readonly avg60: number
  readonly avg300: number
}

export interface SwapStats {
  readonly time: SummaryTime
  readonly swapAvailableBytes?: Uint64 | undefined
  readonly swapUsageBytes?: Uint64 | undefined
}

export interface InterfaceStats {
  readonly name: string
  readonly rxBytes?: Uint64 | undefined
  readonly rxErrors?: Uint64 | undefined
  readonly txBytes?: Uint64 | undefined
  readonly txErrors?: Uint64 | undefined
}

/** The numbers beside `interfaces` are those of the default interface, whose name is empty where there is none. */
export interface NetworkStats extends InterfaceStats {
  readonly time: SummaryTime
  readonly interfaces?: readonly InterfaceStats[] | undefined
}

export interface FsStats {
  readonly time: SummaryTime
  readonly availableBytes?: Uint64 | undefined
  readonly capacityBytes?: Uint64 | undefined
  readonly usedBytes?: Uint64 | undefined
  readonly inodesFree?: Uint64 | undefined
  readonly inodes?: Uint64 | undefined
  readonly inodesUsed?: Uint64 | undefined
}

export interface VolumeStats extends FsStats {
  readonly name?: string | undefined
  readonly pvcRef?: { readonly name: string; readonly namespace: string } | undefined
}

export interface AcceleratorStats {
  readonly make: string
  readonly model: string
  readonly id: string
  readonly memoryTotal: Uint64
  readonly memoryUsed: Uint64
  readonly dutyCycle: Uint64
}

export interface UserDefinedMetric {
  readonly name: string
  readonly type: 'gauge' | 'cumulative' | 'delta'
  readonly units: string
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly time: SummaryTime
  readonly value: number
}
