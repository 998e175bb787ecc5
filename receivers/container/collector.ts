import type { CgroupFiles } from '#src/cgroup/cgroup-files.ts'
import type { CpuLimits } from '#src/cgroup/cpu-statistics.ts'
import type { MemoryLimits } from '#src/cgroup/memory-statistics.ts'
import type { ContainerIdentity, PodIdentity } from '#src/containers/container-identity.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { AnyMetricDefinition } from '#src/naming/metric.ts'
import type { Level } from './level.ts'

/** What a cgroup may use; read less often than what it uses. */
export interface Limits {
  readonly cpu: CpuLimits
  readonly memory: MemoryLimits
}

/** Who the container and the pod of a cgroup are, as far as it is known. */
export interface Owners {
  readonly container: ContainerIdentity | undefined
  readonly pod: PodIdentity | undefined
}

/** One cgroup in one cycle. */
export interface Measured {
  readonly level: Level
  readonly cgroup: CgroupFiles
  readonly host: HostFiles
  readonly limits: Limits
  readonly owners: Owners
  /** Some processes of the cgroup, or of the cgroups right below it. */
  readonly processes: () => readonly number[]
  /** Unix time in milliseconds. */
  readonly now: number
  /** Since when the cgroup counts, Unix time in milliseconds. */
  readonly startTime: number | undefined
  /** Milliseconds of monotonic time. */
  readonly at: number
  /** What the collector remembers of this cgroup from cycle to cycle. */
  readonly memory: Map<string, Reading>
}

/** What was read and when, in milliseconds of monotonic time. */
export interface Reading {
  readonly value: number
  readonly at: number
}

/** Measures one thing of a cgroup. */
export interface Collector {
  /** What it measures, with the names. */
  readonly names: readonly AnyMetricDefinition[]
  /** Records what the cgroup has; what it has not is left out. */
  collect(measured: Measured, facts: Facts): void
}
