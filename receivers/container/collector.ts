import type { CgroupFiles } from '#src/cgroup/cgroup-files.ts'
import type { CpuLimits } from '#src/cgroup/cpu-statistics.ts'
import type { MemoryLimits } from '#src/cgroup/memory-statistics.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { AnyMetricDefinition } from '#src/naming/metric.ts'
import type { Level } from './level.ts'

/** What a cgroup may use; read less often than what it uses. */
export interface Limits {
  readonly cpu: CpuLimits
  readonly memory: MemoryLimits
}

/** One cgroup in one cycle. */
export interface Measured {
  readonly level: Level
  readonly cgroup: CgroupFiles
  readonly host: HostFiles
  readonly limits: Limits
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
