import { readMemory, type MemoryStatistics } from '#src/cgroup/memory-statistics.ts'
import { readRootSwap } from '#src/cgroup/root-memory.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { MetricDefinition } from '#src/naming/metric.ts'
import type { Collector, Measured } from '../collector.ts'
import * as names from './names.ts'

/** Quantities that are recorded as they are read. */
const asRead: readonly (readonly [
  quantity: keyof MemoryStatistics,
  definition: MetricDefinition<'level'>,
])[] = [
  ['usage', names.memoryUsage],
  ['workingSet', names.memoryWorkingSet],
  ['workingSet', names.memoryUsageTotal],
  ['rss', names.memoryRss],
  ['mappedFile', names.memoryMappedFile],
  ['activeFile', names.memoryActiveFile],
  ['inactiveFile', names.memoryInactiveFile],
  ['oomKills', names.memoryOomKills],
  ['highEvents', names.memoryHighEvents],
  ['maxEvents', names.memoryMaxEvents],
  ['dirty', names.memoryDirty],
  ['writeback', names.memoryWriteback],
  ['pagesScanned', names.memoryPagesScanned],
  ['pagesStolen', names.memoryPagesStolen],
  ['fileRefaults', names.memoryFileRefaults],
  ['anonRefaults', names.memoryAnonRefaults],
]

/** Quantities that the kubelet shows as 0 where the kernel does not have them. */
const zeroIfAbsent: typeof asRead = [
  ['swap', names.memorySwap],
  ['kernel', names.memoryKernel],
  ['mostUsage', names.memoryMostUsage],
  ['failures', names.memoryLimitFailures],
]

const failures: readonly (readonly [quantity: keyof MemoryStatistics, failure: string, scope: string])[] = [
  ['pageFaults', 'pgfault', 'container'],
  ['allPageFaults', 'pgfault', 'hierarchy'],
  ['majorPageFaults', 'pgmajfault', 'container'],
  ['allMajorPageFaults', 'pgmajfault', 'hierarchy'],
]

/** Memory by what it is used for, faults and kills. */
export const memoryCollector: Collector = {
  names: names.memoryNames,
  collect(measured, facts) {
    const { level, cgroup, limits, host } = measured
    const read = readMemory(cgroup)
    // Without a usage there is no memory controller here, and 0 would be a lie.
    if (read.usage === undefined) return
    const statistics =
      level === 'node' && read.swap === undefined ? { ...read, swap: readRootSwap(host) } : read
    for (const [quantity, definition] of asRead) {
      const value = statistics[quantity]
      if (value !== undefined) facts.record(definition, { level }, value)
    }
    for (const [quantity, definition] of zeroIfAbsent)
      facts.record(definition, { level }, statistics[quantity] ?? 0)
    const version = String(cgroup.version('memory'))
    if (statistics.cache !== undefined) facts.record(names.memoryCache, { level, version }, statistics.cache)
    recordFaults(statistics, measured, facts)
    recordLimit(statistics.workingSet ?? 0, { level, limit: limits.memory.limit }, facts)
    recordTypes(statistics, measured, facts)
  },
}

function recordFaults(statistics: MemoryStatistics, { level }: Measured, facts: Facts): void {
  for (const [quantity, failure, scope] of failures) {
    const value = statistics[quantity]
    if (value !== undefined) facts.record(names.memoryFailures, { level, failure, scope }, value)
  }
  const { allPageFaults: all, allMajorPageFaults: major } = statistics
  if (all === undefined || major === undefined) return
  facts.record(names.memoryPageFaults, { level, type: 'all' }, all)
  facts.record(names.memoryPageFaults, { level, type: 'major' }, major)
  facts.record(names.memoryPageFaults, { level, type: 'minor' }, Number(all) - Number(major))
}

function recordLimit(
  workingSet: number,
  { level, limit }: { level: Measured['level']; limit: number | undefined },
  facts: Facts,
): void {
  if (limit === undefined) return
  facts.record(names.memoryLimit, { level }, limit)
  facts.record(names.memoryAvailable, { level }, Math.max(0, limit - workingSet))
  if (limit > 0) facts.record(names.memoryPercent, { level }, (workingSet / limit) * 100)
}

function recordTypes(statistics: MemoryStatistics, { level, limits }: Measured, facts: Facts): void {
  const { limit } = limits.memory
  const { usage, workingSet, rss, cache, swap } = statistics
  const available = limit === undefined ? undefined : Math.max(0, limit - (workingSet ?? 0))
  const amounts = { used: usage, limit, working_set: workingSet, rss, cache, swap, available }
  for (const [amount, value] of Object.entries(amounts))
    if (value !== undefined) facts.record(names.memoryByType, { level, amount }, value)
}
