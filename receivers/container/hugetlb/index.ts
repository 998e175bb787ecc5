import { hugePageSize, readHugePages } from '#src/cgroup/process-statistics.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import type { Collector } from '../collector.ts'
import { hugePagesFailures, hugePagesMostUsage, hugePagesNames, hugePagesUsage } from './names.ts'

/** Huge pages by size. */
export const hugePagesCollector: Collector = {
  names: hugePagesNames,
  collect({ cgroup, level, host }, facts) {
    for (const { size, usage, mostUsage = 0, failures = 0 } of readHugePages(cgroup, sizesOf(host))) {
      facts.record(hugePagesUsage, { level, size }, usage)
      facts.record(hugePagesMostUsage, { level, size }, mostUsage)
      facts.record(hugePagesFailures, { level, size }, failures)
    }
  },
}

/** The sizes that a kernel has: they are set by the processor. */
const known = new WeakMap<HostFiles, readonly string[]>()

function sizesOf(host: HostFiles): readonly string[] {
  let sizes = known.get(host)
  if (sizes === undefined) {
    sizes = host.folders('/sys/kernel/mm/hugepages').flatMap((name) => hugePageSize(name) ?? [])
    known.set(host, sizes)
  }
  return sizes
}
