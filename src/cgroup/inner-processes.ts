import { HostError } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'

/** More than are ever looked at: one that lives is enough. */
const mostCgroups = 16
const mostProcesses = 4

/**
 * Some processes of a cgroup or of those right below it (a pod has none of its own), as this process counts them. A process of
 * another PID namespace shows as 0, and is left out.
 *
 * @param folder of the cgroup on the host, in any hierarchy
 */
export function innerProcesses(files: HostFiles, folder: string): number[] {
  const own = processesOf(files, folder)
  if (own.length > 0) return own
  for (const name of files.folders(folder).slice(0, mostCgroups)) {
    const inner = processesOf(files, `${folder}/${name}`)
    if (inner.length > 0) return inner
  }
  return []
}

function processesOf(files: HostFiles, folder: string): number[] {
  try {
    const lines = files.read(`${folder}/cgroup.procs`).split('\n', mostProcesses)
    return lines.map(Number).filter((pid) => Number.isSafeInteger(pid) && pid > 0)
  } catch (error) {
    // Empty, gone, or of threads (version 2): no process to look at.
    if (error instanceof HostError) return []
    throw error
  }
}
