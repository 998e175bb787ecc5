import { readProcesses } from '#src/cgroup/process-statistics.ts'
import type { Collector } from '../collector.ts'
import { processes, processNames, threads, threadsLimit } from './names.ts'

/** Processes and threads. */
export const processCollector: Collector = {
  names: processNames,
  collect({ cgroup, level }, facts) {
    const read = readProcesses(cgroup)
    if (read.processes !== undefined) facts.record(processes, { level }, read.processes)
    if (read.threads !== undefined) facts.record(threads, { level }, read.threads)
    if (!read.limited) return
    const limited = read.mostThreads === undefined ? 'no' : 'yes'
    facts.record(threadsLimit, { level, limited }, read.mostThreads ?? 0)
  },
}
