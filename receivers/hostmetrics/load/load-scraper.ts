import type { HostFiles } from '#src/host/host-files.ts'
import { parseLoadavg } from '#src/host/loadavg.ts'
import { parseProcStat } from '#src/host/proc-stat.ts'
import type { Cycle, Scraper } from '../scraper.ts'
import { loadAverage, loadAverageOfCpus } from './names.ts'

/** Measures the load: `/proc/loadavg`. */
export class LoadScraper implements Scraper {
  readonly #files: HostFiles
  readonly #perCpu: boolean

  /** @param perCpu whether the Collector's metrics are divided by the number of CPUs */
  constructor(files: HostFiles, perCpu: boolean) {
    this.#files = files
    this.#perCpu = perCpu
  }

  collect({ facts }: Cycle): void {
    const load = Object.entries(this.#files.parse('/proc/loadavg', parseLoadavg))
    for (const [period, threads] of load) facts.record(loadAverage, { period }, threads)
    if (!facts.wants(loadAverageOfCpus)) return
    const cpus = this.#perCpu ? this.#files.parse('/proc/stat', parseProcStat).cpus.length : 1
    for (const [period, threads] of load) facts.record(loadAverageOfCpus, { period }, threads / cpus)
  }
}
