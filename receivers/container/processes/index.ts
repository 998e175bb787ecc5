import { countOpenFiles, countOpenSockets, readOpenFilesLimit } from '#src/cgroup/open-files.ts'
import { readProcesses } from '#src/cgroup/process-statistics.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { Collector, Measured } from '../collector.ts'
import {
  openFiles,
  openFilesLimit,
  openSockets,
  processes,
  processNames,
  threads,
  threadsLimit,
} from './names.ts'

/** Processes and threads, and what files they have open. */
export const processCollector: Collector = {
  names: processNames,
  collect(measured, facts) {
    const { cgroup, level, host } = measured
    const read = readProcesses(cgroup)
    if (read.processes !== undefined) facts.record(processes, { level }, read.processes)
    if (read.threads !== undefined) facts.record(threads, { level }, read.threads)
    if (read.limited) {
      const limited = read.mostThreads === undefined ? 'no' : 'yes'
      facts.record(threadsLimit, { level, limited }, read.mostThreads ?? 0)
    }
    // Processes that all are of other namespaces cannot be looked at.
    if (read.processes === undefined || (read.processes > 0 && read.pids.length === 0)) return
    const files = facts.wants(openFiles) ? countOpenFiles(host, read.pids) : undefined
    if (files !== undefined) facts.record(openFiles, { level }, files)
    const sockets = facts.wants(openSockets) ? countOpenSockets(host, read.pids) : undefined
    if (sockets !== undefined) facts.record(openSockets, { level }, sockets)
    if (facts.wants(openFilesLimit)) recordOpenFilesLimit(measured, read.pids[0], facts)
  },
}

/** A limit is read again after a minute, as those of cgroups are. */
const limitMs = 60_000

/** Slices and pods have no first process whose limits are theirs. */
function recordOpenFilesLimit(
  { level, host, memory, at }: Measured,
  pid: number | undefined,
  facts: Facts,
): void {
  if (pid === undefined || level === 'node' || level === 'slice' || level === 'pod') return
  let known = memory.get('max_open_files')
  if (known === undefined || at - known.at >= limitMs) {
    const value = readOpenFilesLimit(host, pid)
    if (value === undefined) return
    memory.set('max_open_files', (known = { value, at }))
  }
  facts.record(openFilesLimit, { level, limit: 'max_open_files' }, known.value)
}
