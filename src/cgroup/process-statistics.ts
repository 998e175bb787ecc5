import type { CgroupFiles } from './cgroup-files.ts'
import { parseKeyed, parseLimit, parseNumber } from './stat-text.ts'

/** The tasks of a cgroup. */
export interface ProcessStatistics {
  readonly processes: number | undefined
  /** Their numbers, without those of other PID namespaces. */
  readonly pids: readonly number[]
  readonly threads: number | undefined
  /** `undefined` where they are not limited. */
  readonly mostThreads: number | undefined
  /** Whether there is a limit to read at all: the root has none. */
  readonly limited: boolean
}

/** Reads `pids.current`, `pids.max` and `cgroup.procs`. */
export function readProcesses(cgroup: CgroupFiles): ProcessStatistics {
  const threads = cgroup.read('pids', 'pids.current', parseNumber)
  const limit = cgroup.read('pids', 'pids.max', (text) => ({ limit: parseLimit(text) }))
  const pids = cgroup.read('pids', 'cgroup.procs', (text) => text.split('\n').slice(0, -1).map(Number))
  return {
    processes: pids?.length,
    // A process of another namespace shows as 0.
    pids: pids?.filter((pid) => pid > 0) ?? [],
    threads: threads === undefined ? undefined : Number(threads),
    mostThreads: limit?.limit,
    limited: limit !== undefined,
  }
}

/** The huge pages of one size that a cgroup has. */
export interface HugePages {
  /** As the kernel writes it: `2MB`. */
  readonly size: string
  readonly usage: number
  /** Only version 1 remembers it. */
  readonly mostUsage: number | undefined
  /** How often the limit was hit. */
  readonly failures: number | bigint | undefined
}

/** Reads `hugetlb.SIZE.*`, reservations where the kernel counts them. */
export function readHugePages(cgroup: CgroupFiles, sizes: readonly string[]): HugePages[] {
  return sizes.flatMap((size) => {
    const unified = cgroup.version('hugetlb') === 2
    const read = (name: string): number | bigint | undefined =>
      cgroup.read('hugetlb', `hugetlb.${size}.rsvd.${name}`, parseNumber) ??
      cgroup.read('hugetlb', `hugetlb.${size}.${name}`, parseNumber)
    const usage = read(unified ? 'current' : 'usage_in_bytes')
    if (usage === undefined) return []
    const most = unified ? undefined : read('max_usage_in_bytes')
    const failures = unified
      ? cgroup.read('hugetlb', `hugetlb.${size}.events`, parseKeyed)?.get('max')
      : read('failcnt')
    return [
      { size, usage: Number(usage), mostUsage: most === undefined ? undefined : Number(most), failures },
    ]
  })
}

/** The size of huge pages as cgroups write it, of the name of a folder in `/sys/kernel/mm/hugepages`. */
export function hugePageSize(folder: string): string | undefined {
  const [, kilobytes] = /^hugepages-(\d{1,12})kB$/.exec(folder) ?? []
  if (kilobytes === undefined) return undefined
  let size = Number(kilobytes)
  for (const unit of ['KB', 'MB']) {
    if (size < 1024) return `${size}${unit}`
    size = Math.floor(size / 1024)
  }
  return `${size}GB`
}
