import { HostError } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import { parseMeminfo } from '#src/host/meminfo.ts'
import type { MemoryLimits } from './memory-statistics.ts'

/**
 * What the root cgroup may use: what the machine has, of swap too, as the kubelet sees it. Nothing where `/proc/meminfo` cannot be
 * read, which whoever reads usages of it tells.
 */
export function readRootMemoryLimits(files: HostFiles): MemoryLimits {
  const reservation = undefined
  try {
    const fields = files.parse('/proc/meminfo', parseMeminfo)
    return { limit: fields.get('MemTotal')?.value, swapLimit: fields.get('SwapTotal')?.value, reservation }
  } catch (error) {
    if (error instanceof HostError) return { limit: undefined, swapLimit: undefined, reservation }
    throw error
  }
}

/**
 * Bytes swapped out on the whole machine, which version 2 has no file for at its root.
 *
 * @throws HostError
 */
export function readRootSwap(files: HostFiles): number | undefined {
  const fields = files.parse('/proc/meminfo', parseMeminfo)
  const total = fields.get('SwapTotal')?.value
  const free = fields.get('SwapFree')?.value
  return total === undefined || free === undefined ? undefined : total - free
}
