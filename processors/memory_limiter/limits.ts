import type { MemoryLimiterConfig } from './config.ts'
import type { Memory } from './memory.ts'

const mebibyte = 1024 * 1024

/** Where data is refused (`soft`) and where garbage is collected at once (`hard`), in bytes. */
export interface Limits {
  readonly soft: number
  readonly hard: number
}

/** The limits that the options mean on this machine. The spike is a fifth of the limit where it is not given. */
export function limitsOf(config: MemoryLimiterConfig, available: number): Limits {
  if (config.limit_mib > 0) {
    const spike = config.spike_limit_mib > 0 ? config.spike_limit_mib : config.limit_mib / 5
    return { hard: config.limit_mib * mebibyte, soft: (config.limit_mib - spike) * mebibyte }
  }
  const { limit_percentage: limit, spike_limit_percentage } = config
  const spike = spike_limit_percentage > 0 ? spike_limit_percentage : limit / 5
  return { hard: (available * limit) / 100, soft: (available * (limit - spike)) / 100 }
}

/**
 * The limits of V8's heap alone: it ends the process at `heap_size_limit`, long before the memory of a large host is
 * used up. A tenth is left to the collector; soft is to hard as the options say.
 */
export function heapLimitsOf({ soft, hard }: Limits, memory: Pick<Memory, 'heapLimit'>): Limits {
  const heapHard = memory.heapLimit() * 0.9
  return { hard: heapHard, soft: heapHard * (soft / hard) }
}
