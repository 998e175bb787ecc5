import { times } from '#src/host/kernel-text.ts'
import type { CgroupFiles } from './cgroup-files.ts'
import { parseCpuMax, parseKeyed, parseLimit, parseNumber, parseNumbers, type CpuQuota } from './stat-text.ts'

type Count = number | bigint

/** What a cgroup used of CPUs since it was made. Times are nanoseconds. */
export interface CpuStatistics {
  readonly usage?: Count | undefined
  readonly user?: Count | undefined
  readonly system?: Count | undefined
  /** By logical CPU; version 2 does not tell them apart. */
  readonly perCpu?: readonly Count[] | undefined
  readonly periods?: Count | undefined
  readonly throttledPeriods?: Count | undefined
  readonly throttled?: Count | undefined
  readonly bursts?: Count | undefined
  readonly burst?: Count | undefined
}

/** What a cgroup may use of CPUs. */
export interface CpuLimits extends Partial<CpuQuota> {
  /** In the units of version 1, in which 1024 is one CPU's worth of requests. */
  readonly shares: number | undefined
}

/** The kernel's ticks of user space, which are 100 a second on every platform that runs containers. */
const nanosecondsOfTick = 1e7

/** Reads `cpu.stat`, and in version 1 the files of `cpuacct`. */
export function readCpu(cgroup: CgroupFiles): CpuStatistics {
  const stat = cgroup.read('cpu', 'cpu.stat', parseKeyed)
  if (cgroup.version('cpu') === 2) return unifiedCpu(stat)
  const account =
    cgroup.version('cpuacct') === 1 ? cgroup.read('cpuacct', 'cpuacct.stat', parseKeyed) : undefined
  const of = (key: string): Count | undefined => scaled(account?.get(key), nanosecondsOfTick)
  return {
    usage: cgroup.read('cpuacct', 'cpuacct.usage', parseNumber),
    user: of('user'),
    system: of('system'),
    perCpu: cgroup.read('cpuacct', 'cpuacct.usage_percpu', parseNumbers),
    periods: stat?.get('nr_periods'),
    throttledPeriods: stat?.get('nr_throttled'),
    throttled: stat?.get('throttled_time'),
    bursts: stat?.get('nr_bursts'),
    burst: stat?.get('burst_time'),
  }
}

function unifiedCpu(stat: ReadonlyMap<string, Count> | undefined): CpuStatistics {
  const of = (key: string): Count | undefined => scaled(stat?.get(key), 1000)
  return {
    usage: of('usage_usec'),
    user: of('user_usec'),
    system: of('system_usec'),
    periods: stat?.get('nr_periods'),
    throttledPeriods: stat?.get('nr_throttled'),
    throttled: of('throttled_usec'),
    bursts: stat?.get('nr_bursts'),
    burst: of('burst_usec'),
  }
}

/** Reads quota, period and shares. */
export function readCpuLimits(cgroup: CgroupFiles): CpuLimits {
  if (cgroup.version('cpu') === 2) {
    const weight = cgroup.read('cpu', 'cpu.weight', parseNumber)
    const shares = weight === undefined ? undefined : sharesOf(Number(weight))
    return { ...cgroup.read('cpu', 'cpu.max', parseCpuMax), shares }
  }
  const period = cgroup.read('cpu', 'cpu.cfs_period_us', parseNumber)
  const shares = cgroup.read('cpu', 'cpu.shares', parseNumber)
  return {
    quota: cgroup.read('cpu', 'cpu.cfs_quota_us', parseLimit),
    ...(period === undefined ? {} : { period: Number(period) }),
    shares: shares === undefined ? undefined : Number(shares),
  }
}

/** Shares of version 1 that the kubelet's formula makes a weight of: weights 1 to 10000 are shares 2 to 262144. */
function sharesOf(weight: number): number {
  return 2 + Math.floor(((weight - 1) * 262_142) / 9999)
}

function scaled(value: Count | undefined, factor: number): Count | undefined {
  return value === undefined ? undefined : times(value, factor)
}
