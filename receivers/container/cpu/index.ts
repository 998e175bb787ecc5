import { readCpu, type CpuStatistics } from '#src/cgroup/cpu-statistics.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { Vocabulary } from '#src/naming/vocabulary.ts'
import type { Collector, Measured } from '../collector.ts'
import {
  cpuBurst,
  cpuBursts,
  cpuNanoseconds,
  cpuNames,
  cpuPeriods,
  cpuRate,
  cpuSystem,
  cpuThrottled,
  cpuThrottledPeriods,
  cpuUsage,
  cpuUser,
} from './names.ts'

/** As the kubelet, which leaves out what no CPU time was used by yet. */
const unlessIdle: ReadonlySet<Vocabulary> = new Set<Vocabulary>(['otel', 'semconv', 'vm'])

const nanoseconds = [
  ['total', 'usage'],
  ['user', 'user'],
  ['kernel', 'system'],
  ['throttled', 'throttled'],
] as const

/** Time used, by mode, and time that the quota took. */
export const cpuCollector: Collector = {
  names: cpuNames,
  collect(measured, facts) {
    const statistics = readCpu(measured.cgroup)
    const { level, limits } = measured
    recordUsage(statistics, measured, facts)
    for (const [mode, quantity] of nanoseconds) {
      const value = statistics[quantity]
      if (value !== undefined) facts.record(cpuNanoseconds, { level, mode }, value)
    }
    record(facts, cpuUser, level, seconds(statistics.user))
    record(facts, cpuSystem, level, seconds(statistics.system))
    // A cgroup without a quota has no periods, and version 1 writes zeros all the same.
    if (limits.cpu.quota === undefined) return
    record(facts, cpuPeriods, level, statistics.periods)
    record(facts, cpuThrottledPeriods, level, statistics.throttledPeriods)
    record(facts, cpuThrottled, level, seconds(statistics.throttled))
    record(facts, cpuBursts, level, statistics.bursts)
    record(facts, cpuBurst, level, seconds(statistics.burst))
  },
}

function recordUsage({ usage }: CpuStatistics, { level, memory, at }: Measured, facts: Facts): void {
  const value = seconds(usage)
  if (value === undefined) return
  facts.record(cpuUsage, { level, cpu: 'total' }, value, value === 0 ? unlessIdle : undefined)
  const before = memory.get('cpu')
  memory.set('cpu', { value, at })
  if (before === undefined || at <= before.at || value < before.value) return
  facts.record(cpuRate, { level }, ((value - before.value) / (at - before.at)) * 1000)
}

function record(
  facts: Facts,
  definition: typeof cpuUser,
  level: Measured['level'],
  value: number | bigint | undefined,
): void {
  if (value !== undefined) facts.record(definition, { level }, value)
}

function seconds(nanoseconds: number | bigint | undefined): number | undefined {
  return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1e9
}
