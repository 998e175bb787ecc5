import type { AnyMetricDefinition } from '#src/naming/metric.ts'
import type { Collector } from './collector.ts'
import { cpuCollector } from './cpu/index.ts'
import { diskIoCollector } from './disk_io/index.ts'
import { hugePagesCollector } from './hugetlb/index.ts'
import { filesystemCollector } from './filesystem/index.ts'
import { memoryCollector } from './memory/index.ts'
import { networkCollector } from './network/index.ts'
import { stateCollector } from './state/index.ts'
import { pressureCollector } from './pressure/index.ts'
import { processCollector } from './processes/index.ts'
import { specCollector } from './spec/index.ts'

/** What can be measured of a cgroup, by the word under `collectors`. */
export const collectors = {
  cpu: cpuCollector,
  memory: memoryCollector,
  network: networkCollector,
  filesystem: filesystemCollector,
  state: stateCollector,
  disk_io: diskIoCollector,
  processes: processCollector,
  hugetlb: hugePagesCollector,
  pressure: pressureCollector,
  spec: specCollector,
} as const satisfies Readonly<Record<string, Collector>>

export type CollectorName = keyof typeof collectors

export const collectorNames = Object.keys(collectors) as readonly CollectorName[]

/** The collectors that the option names, `all` for each. */
export function chosenCollectors(option: readonly (CollectorName | 'all')[]): Collector[] {
  const all = option.includes('all')
  return collectorNames.filter((name) => all || option.includes(name)).map((name) => collectors[name])
}

/** Every fact that the collectors measure. */
export const collectedNames: readonly AnyMetricDefinition[] = Object.values(collectors).flatMap(
  ({ names }): readonly AnyMetricDefinition[] => names,
)
