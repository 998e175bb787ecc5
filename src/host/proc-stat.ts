import { MalformedText } from './host-error.ts'
import { amountOf, fieldsOf, linesOf } from './kernel-text.ts'

/** The modes of `/proc/stat`, in the order of its columns. `user` and `nice` include the two guest modes. */
export const cpuModes = [
  'user',
  'nice',
  'system',
  'idle',
  'iowait',
  'irq',
  'softirq',
  'steal',
  'guest',
  'guest_nice',
] as const

export type CpuMode = (typeof cpuModes)[number]

/** Ticks that one logical CPU spent in each mode since boot. */
export interface CpuTicks {
  /** Its number. CPUs that are offline are absent, so numbers may have gaps. */
  readonly cpu: string
  readonly ticks: Readonly<Record<CpuMode, number>>
}

/** USER_HZ: the unit of the kernel's interface, 100 on every architecture that Node runs on, whatever its timer does. */
export const ticksPerSecond = 100

/** `/proc/stat`, as far as it is used. */
export interface ProcStat {
  readonly cpus: readonly CpuTicks[]
  /** Unix time of the boot in seconds. */
  readonly bootTime: number | undefined
}

/** Columns that every kernel since 2.6 has; the later ones are 0 where they are absent. */
const leastColumns = 7

/** Parses `/proc/stat` (proc_stat(5)). */
export function parseProcStat(text: string): ProcStat {
  const cpus: CpuTicks[] = []
  let bootTime: number | undefined
  linesOf(text).forEach((line, index) => {
    if (line.startsWith('btime ')) bootTime = amountOf(line.slice('btime '.length), index + 1)
    const [, cpu] = /^cpu(\d+) /.exec(line) ?? []
    if (cpu === undefined) return
    const columns = fieldsOf(line).slice(1)
    if (columns.length < leastColumns)
      throw new MalformedText(index + 1, `${leastColumns} columns are expected, not ${columns.length}`)
    const ticks = cpuModes.map((mode, column) => [mode, amountOf(columns[column] ?? '0', index + 1)])
    cpus.push({ cpu, ticks: Object.fromEntries(ticks) as Record<CpuMode, number> })
  })
  if (cpus.length === 0) throw new MalformedText(1, 'a line of a CPU is expected')
  return { cpus, bootTime }
}
