import type { CgroupFiles } from './cgroup-files.ts'
import { parseKeyed, parseLimit, parseNumber } from './stat-text.ts'

type Count = number | bigint

/** What a cgroup has of memory, in bytes, and what happened to it since it was made. */
export interface MemoryStatistics {
  readonly usage?: number | undefined
  /** Usage without files that were not used lately: what Kubernetes evicts and scales by. */
  readonly workingSet?: number | undefined
  readonly rss?: number | undefined
  readonly cache?: number | undefined
  readonly mappedFile?: number | undefined
  readonly swap?: number | undefined
  /** Of the kernel's own objects; only version 1 counts them apart. */
  readonly kernel?: number | undefined
  readonly mostUsage?: number | undefined
  /** How often a limit was hit; in version 2 that is an event. */
  readonly failures?: Count | undefined
  readonly activeFile?: number | undefined
  readonly inactiveFile?: number | undefined
  readonly pageFaults?: Count | undefined
  readonly majorPageFaults?: Count | undefined
  /** With those of the cgroups below. */
  readonly allPageFaults?: Count | undefined
  readonly allMajorPageFaults?: Count | undefined
  /** Processes killed for want of memory, with those of the cgroups below. */
  readonly oomKills?: Count | undefined
  readonly highEvents?: Count | undefined
  readonly maxEvents?: Count | undefined
  readonly dirty?: number | undefined
  readonly writeback?: number | undefined
  readonly pagesScanned?: Count | undefined
  readonly pagesStolen?: Count | undefined
  readonly fileRefaults?: Count | undefined
  readonly anonRefaults?: Count | undefined
}

/** What a cgroup may have of memory, in bytes; undefined where it is not limited. */
export interface MemoryLimits {
  readonly limit: number | undefined
  /** In version 1 memory and swap, in version 2 swap alone. */
  readonly swapLimit: number | undefined
  readonly reservation: number | undefined
}

/** Reads `memory.stat`, the usage, its highest value, swap and events. */
export function readMemory(cgroup: CgroupFiles): MemoryStatistics {
  const stat = cgroup.read('memory', 'memory.stat', parseKeyed)
  return cgroup.version('memory') === 2
    ? unifiedMemory(cgroup, stat ?? new Map())
    : firstMemory(cgroup, stat ?? new Map())
}

function unifiedMemory(cgroup: CgroupFiles, stat: ReadonlyMap<string, Count>): MemoryStatistics {
  const bytes = bytesOf(stat)
  // The root has no usage: what it has is anonymous memory and files.
  const usage = read(cgroup, 'memory.current') ?? sum(bytes('anon'), bytes('file'))
  const events = cgroup.read('memory', 'memory.events', parseKeyed)
  return {
    usage,
    workingSet: workingSet(usage, bytes('inactive_file')),
    rss: bytes('anon'),
    cache: bytes('file'),
    mappedFile: bytes('file_mapped'),
    swap: read(cgroup, 'memory.swap.current'),
    mostUsage: read(cgroup, 'memory.peak'),
    activeFile: bytes('active_file'),
    inactiveFile: bytes('inactive_file'),
    pageFaults: stat.get('pgfault'),
    majorPageFaults: stat.get('pgmajfault'),
    allPageFaults: stat.get('pgfault'),
    allMajorPageFaults: stat.get('pgmajfault'),
    oomKills: events?.get('oom_kill'),
    highEvents: events?.get('high'),
    maxEvents: events?.get('max'),
    dirty: bytes('file_dirty'),
    writeback: bytes('file_writeback'),
    pagesScanned: stat.get('pgscan'),
    pagesStolen: stat.get('pgsteal'),
    fileRefaults: stat.get('workingset_refault_file'),
    anonRefaults: stat.get('workingset_refault_anon'),
  }
}

function firstMemory(cgroup: CgroupFiles, stat: ReadonlyMap<string, Count>): MemoryStatistics {
  const bytes = bytesOf(stat)
  const usage = read(cgroup, 'memory.usage_in_bytes')
  // The totals, with the cgroups below, are there where those count at all (`memory.use_hierarchy`, always since 5.11).
  const total = (key: string): number | undefined => bytes(`total_${key}`) ?? bytes(key)
  return {
    usage,
    workingSet: workingSet(usage, total('inactive_file')),
    rss: total('rss'),
    cache: total('cache'),
    mappedFile: total('mapped_file'),
    swap: total('swap'),
    kernel: read(cgroup, 'memory.kmem.usage_in_bytes'),
    mostUsage: read(cgroup, 'memory.max_usage_in_bytes'),
    failures: cgroup.read('memory', 'memory.failcnt', parseNumber),
    activeFile: total('active_file'),
    inactiveFile: total('inactive_file'),
    pageFaults: stat.get('pgfault'),
    majorPageFaults: stat.get('pgmajfault'),
    allPageFaults: stat.get('total_pgfault'),
    allMajorPageFaults: stat.get('total_pgmajfault'),
    oomKills: cgroup.read('memory', 'memory.oom_control', parseKeyed)?.get('oom_kill'),
  }
}

/** Reads limits. */
export function readMemoryLimits(cgroup: CgroupFiles): MemoryLimits {
  const [limit, swapLimit, reservation] =
    cgroup.version('memory') === 2
      ? (['memory.max', 'memory.swap.max', 'memory.low'] as const)
      : (['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes', 'memory.soft_limit_in_bytes'] as const)
  return {
    limit: cgroup.read('memory', limit, parseLimit),
    swapLimit: cgroup.read('memory', swapLimit, parseLimit),
    reservation: cgroup.read('memory', reservation, parseLimit),
  }
}

function read(cgroup: CgroupFiles, name: string): number | undefined {
  const value = cgroup.read('memory', name, parseNumber)
  return value === undefined ? undefined : Number(value)
}

function bytesOf(stat: ReadonlyMap<string, Count>): (key: string) => number | undefined {
  return (key) => {
    const value = stat.get(key)
    return value === undefined ? undefined : Number(value)
  }
}

/** What the kubelet computes: it does not go below 0, though the two are not read at one moment. */
function workingSet(usage: number | undefined, inactiveFile = 0): number | undefined {
  return usage === undefined ? undefined : Math.max(0, usage - inactiveFile)
}

function sum(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other
}
