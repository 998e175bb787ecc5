import { decimalOf } from './kernel-text.ts'

/** The frequency of one logical CPU. */
export interface CpuFrequency {
  readonly cpu: string
  /** Now, in MHz. */
  readonly megahertz: number
}

/** What `/proc/cpuinfo` says of the logical CPUs. */
export interface CpuInfo {
  /** The number of logical CPUs that are online. */
  readonly count: number
  /** Of those that tell it: x86 does. */
  readonly frequencies: readonly CpuFrequency[]
}

/** Parses `/proc/cpuinfo`. */
export function parseCpuinfo(text: string): CpuInfo {
  const frequencies: CpuFrequency[] = []
  let count = 0
  let cpu = ''
  text.split('\n').forEach((line, index) => {
    const [key = '', value = ''] = line.split(/\s*:\s*/)
    if (key === 'processor') {
      cpu = value
      count++
    }
    if (key === 'cpu MHz') frequencies.push({ cpu, megahertz: decimalOf(value, index + 1) })
  })
  return { count, frequencies }
}
