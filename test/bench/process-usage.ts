import { readFile } from 'node:fs/promises'

/** What a process and its children have used. */
export interface Usage {
  /** Seconds of CPU since the start, in user and kernel mode. */
  readonly cpu: number
  /** Resident memory in MB of 2^20 bytes. */
  readonly rss: number
  /** The highest that it ever was; of children, what they have now. */
  readonly peak: number
}

/** `/proc` counts in hundredths of a second on every machine that we measure on. */
const ticksPerSecond = 100

/** Reads from `/proc` what a process and its children have used; throws where there is no such process. */
export async function readUsage(pid: number): Promise<Usage> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = await readFile(`/proc/${pid}/status`, 'latin1')
  const megabytes = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024
  let cpu = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  let rss = megabytes('VmRSS')
  let peak = megabytes('VmHWM')
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1').catch(() => '')
  for (const child of children.split(' ').filter((text) => text !== '')) {
    // One that ends meanwhile has used nothing that can still be read.
    const part = await readUsage(Number(child)).catch(() => ({ cpu: 0, rss: 0 }))
    cpu += part.cpu
    rss += part.rss
    peak += part.rss
  }
  return { cpu, rss, peak }
}
