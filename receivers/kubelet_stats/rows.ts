import type {
  ContainerStats,
  CpuStats,
  FsStats,
  InterfaceStats,
  MemoryStats,
  NetworkStats,
  NodeStats,
  PodStats,
  PsiStats,
  SwapStats,
  Uint64,
  VolumeStats,
} from '#src/kubelet/summary.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { MetricDefinition } from '#src/naming/metric.ts'
import type { Allotment, Amounts } from './allotment.ts'
import type { Level } from './level.ts'
import {
  cpuTime,
  cpuUsage,
  memoryAvailable,
  memoryRss,
  memoryUsage,
  memoryWorkingSet,
  pageFaults,
  processes,
  processLimit,
  startTime,
  swapLimit,
  swapUsage,
  uptime,
} from './names.ts'
import { networkErrors, networkIo } from './network-names.ts'
import { pressure, resources } from './pressure-names.ts'
import {
  ephemeralStorage,
  filesystemAvailable,
  filesystemCapacity,
  filesystemInodes,
  filesystemInodesFree,
  filesystemUsage,
  runtimeFilesystem,
  volumeAvailable,
  volumeCapacity,
  volumeInodes,
  volumeInodesFree,
  volumeInodesUsed,
  volumeUsage,
} from './storage-names.ts'
import { cpuUtilization, memoryUtilization } from './utilization-names.ts'

const nanoseconds = 1e9
const microseconds = 1e6

/** What the usage of a row is a part of. */
export interface Wholes extends Allotment {
  readonly node: Amounts
}

/** Writes the rows of a summary as facts; of what a row does not have, nothing is written. */
export class Rows {
  readonly #facts: Facts
  readonly #now: number
  readonly #all: { readonly pod: boolean; readonly node: boolean }

  /**
   * @param now Unix milliseconds
   * @param allInterfaces whether interfaces other than the default one are meant
   */
  constructor(facts: Facts, now: number, allInterfaces: { readonly pod: boolean; readonly node: boolean }) {
    this.#facts = facts
    this.#now = now
    this.#all = allInterfaces
  }

  node({ startTime: since, cpu, memory, swap, network, fs, runtime, rlimit }: NodeStats): void {
    this.#usage('node', { since, cpu, memory, swap })
    this.#network('node', network, this.#all.node)
    this.#filesystem('node', fs)
    this.#one(filesystemInodes, 'node', fs?.inodes)
    this.#one(filesystemInodesFree, 'node', fs?.inodesFree)
    this.#runtime('image', runtime?.imageFs)
    this.#runtime('container', runtime?.containerFs)
    this.#one(processes, 'node', rlimit?.curproc)
    this.#one(processLimit, 'node', rlimit?.maxpid)
  }

  pod(
    { startTime: since, cpu, memory, swap, network, 'ephemeral-storage': fs }: PodStats,
    wholes: Wholes,
  ): void {
    this.#usage('pod', { since, cpu, memory, swap })
    this.#utilization('pod', { cpu, memory }, wholes)
    this.#network('pod', network, this.#all.pod)
    this.#filesystem('pod', fs)
  }

  container({ startTime: since, cpu, memory, swap, io, rootfs, logs }: ContainerStats, wholes: Wholes): void {
    this.#usage('container', { since, cpu, memory, swap })
    this.#utilization('container', { cpu, memory }, wholes)
    this.#pressure('container', { cpu, memory, io })
    this.#filesystem('container', rootfs)
    for (const [type, fs] of [['rootfs', rootfs] as const, ['logs', logs] as const]) {
      if (fs?.usedBytes !== undefined)
        this.#facts.record(ephemeralStorage, { level: 'container', type }, fs.usedBytes)
    }
  }

  systemContainer({ startTime: since, cpu, memory }: ContainerStats): void {
    this.#usage('system', { since, cpu, memory, swap: undefined })
  }

  volume(volume: VolumeStats): void {
    const level = volume.pvcRef === undefined ? 'volume' : 'claim'
    this.#one(volumeAvailable, level, volume.availableBytes)
    this.#one(volumeCapacity, level, volume.capacityBytes)
    this.#one(volumeUsage, level, volume.usedBytes)
    this.#one(volumeInodes, level, volume.inodes)
    this.#one(volumeInodesFree, level, volume.inodesFree)
    this.#one(volumeInodesUsed, level, volume.inodesUsed)
  }

  #usage(
    level: Level,
    stats: {
      readonly since: Date | null
      readonly cpu: CpuStats | undefined
      readonly memory: MemoryStats | undefined
      readonly swap: SwapStats | undefined
    },
  ): void {
    const { since, cpu, memory, swap } = stats
    if (since !== null) {
      this.#facts.record(startTime, { level }, since.getTime() / 1000)
      this.#facts.record(uptime, { level }, Math.max(0, Math.floor((this.#now - since.getTime()) / 1000)))
    }
    this.#one(cpuTime, level, scaled(cpu?.usageCoreNanoSeconds))
    this.#one(cpuUsage, level, scaled(cpu?.usageNanoCores))
    this.#one(memoryAvailable, level, memory?.availableBytes)
    this.#one(memoryUsage, level, memory?.usageBytes)
    this.#one(memoryRss, level, memory?.rssBytes)
    this.#one(memoryWorkingSet, level, memory?.workingSetBytes)
    this.#faults(level, memory)
    this.#one(swapUsage, level, swap?.swapUsageBytes)
    if (swap?.swapAvailableBytes !== undefined)
      this.#one(swapLimit, level, BigInt(swap.swapAvailableBytes) + BigInt(swap.swapUsageBytes ?? 0))
  }

  #utilization(
    level: Level,
    { cpu, memory }: { readonly cpu: CpuStats | undefined; readonly memory: MemoryStats | undefined },
    wholes: Wholes,
  ): void {
    const usedCpu = scaled(cpu?.usageNanoCores)
    const usedMemory = memory?.usageBytes
    for (const whole of ['limit', 'request', 'node'] as const) {
      const { cpu: cpus, memory: bytes } = wholes[whole]
      if (usedCpu !== undefined && cpus !== undefined)
        this.#facts.record(cpuUtilization, { level, whole }, usedCpu / cpus)
      if (usedMemory !== undefined && bytes !== undefined)
        this.#facts.record(memoryUtilization, { level, whole }, Number(usedMemory) / bytes)
    }
  }

  #pressure(
    level: Level,
    waited: Readonly<Record<(typeof resources)[number], { readonly psi?: PsiStats | undefined } | undefined>>,
  ): void {
    for (const resource of resources) {
      const psi = waited[resource]?.psi
      if (psi === undefined) continue
      for (const share of ['full', 'some'] as const)
        this.#facts.record(pressure, { level, resource, share }, Number(psi[share].total) / microseconds)
    }
  }

  #runtime(filesystem: string, fs: FsStats | undefined): void {
    const amounts = { available: fs?.availableBytes, capacity: fs?.capacityBytes, used: fs?.usedBytes }
    for (const [type, bytes] of Object.entries(amounts))
      if (bytes !== undefined) this.#facts.record(runtimeFilesystem, { filesystem, type }, bytes)
  }

  #faults(level: Level, memory: MemoryStats | undefined): void {
    const { pageFaults: all, majorPageFaults: major } = memory ?? {}
    if (all !== undefined) this.#facts.record(pageFaults, { level, type: 'all' }, all)
    if (major === undefined) return
    this.#facts.record(pageFaults, { level, type: 'major' }, major)
    if (all !== undefined && all >= major)
      this.#facts.record(pageFaults, { level, type: 'minor' }, BigInt(all) - BigInt(major))
  }

  #network(level: Level, network: NetworkStats | undefined, all: boolean): void {
    if (network === undefined) return
    const { interfaces } = network
    const chosen: readonly InterfaceStats[] = all && interfaces !== undefined ? interfaces : [network]
    for (const { name, rxBytes, txBytes, rxErrors, txErrors } of chosen) {
      // A node without the default interface has an empty name for it, and no numbers.
      if (name === '') continue
      const values = [
        [networkIo, 'receive', rxBytes],
        [networkIo, 'transmit', txBytes],
        [networkErrors, 'receive', rxErrors],
        [networkErrors, 'transmit', txErrors],
      ] as const
      for (const [definition, direction, value] of values) {
        if (value !== undefined) this.#facts.record(definition, { level, interface: name, direction }, value)
      }
    }
  }

  #filesystem(level: Level, fs: FsStats | undefined): void {
    this.#one(filesystemAvailable, level, fs?.availableBytes)
    this.#one(filesystemCapacity, level, fs?.capacityBytes)
    this.#one(filesystemUsage, level, fs?.usedBytes)
  }

  #one(definition: MetricDefinition<'level'>, level: Level, value: Uint64 | undefined): void {
    if (value !== undefined) this.#facts.record(definition, { level }, value)
  }
}

/** Nanoseconds as seconds. */
function scaled(value: Uint64 | undefined): number | undefined {
  return value === undefined ? undefined : Number(value) / nanoseconds
}
