import type { Collector } from '../collector.ts'
import { machineNames } from '../machine/names.ts'
import { cpuLimit, cpuPeriod, cpuQuota, cpuShares, memorySpec, specNames } from './names.ts'

/** What a cgroup may use; the machine, which `Machine` records, is named with it. */
export const specCollector: Collector = {
  names: [...specNames, ...machineNames],
  collect({ level, limits }, facts) {
    const { period, quota, shares } = limits.cpu
    if (period !== undefined) facts.record(cpuPeriod, { level }, period)
    if (quota !== undefined) facts.record(cpuQuota, { level }, quota)
    if (quota !== undefined && period !== undefined && period > 0)
      facts.record(cpuLimit, { level }, quota / period)
    if (shares !== undefined) facts.record(cpuShares, { level }, shares)
    const { limit = 0, swapLimit = 0, reservation = 0 } = limits.memory
    facts.record(memorySpec, { level, limit: 'memory' }, limit)
    facts.record(memorySpec, { level, limit: 'swap' }, swapLimit)
    facts.record(memorySpec, { level, limit: 'reservation' }, reservation)
  },
}
