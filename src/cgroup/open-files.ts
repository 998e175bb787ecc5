import { readdirSync, statSync } from 'node:fs'
import { HostError } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'

/**
 * How many files the processes have open, sockets among them.
 *
 * @returns undefined where there are processes, and none of them lets itself be looked at
 */
export function countOpenFiles(files: HostFiles, pids: readonly number[]): number | undefined {
  return sumOver(pids, (pid) => {
    const folder = files.pathOf(`/proc/${pid}/fd`)
    // Since Linux 6.2 the size of the folder is their number; before, it is 0, and they have to be listed.
    const { size } = statSync(folder)
    return size > 0 ? size : readdirSync(folder).length
  })
}

/**
 * How many sockets the processes have open. Every open file is asked for what it is.
 *
 * @returns undefined where there are processes, and none of them lets itself be looked at
 */
export function countOpenSockets(files: HostFiles, pids: readonly number[]): number | undefined {
  return sumOver(pids, (pid) => {
    const folder = `/proc/${pid}/fd`
    const names = readdirSync(files.pathOf(folder))
    return names.filter((name) => files.link(`${folder}/${name}`)?.startsWith('socket:') === true).length
  })
}

/** A process that ended meanwhile has none; one of another user may be forbidden to look at. */
function sumOver(pids: readonly number[], count: (pid: number) => number): number | undefined {
  let sum: number | undefined = pids.length === 0 ? 0 : undefined
  for (const pid of pids) {
    try {
      sum = (sum ?? 0) + count(pid)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
    }
  }
  return sum
}

/**
 * The soft limit of open files of a process; -1 where there is none.
 *
 * @returns undefined where the process is gone, or does not let itself be looked at
 */
export function readOpenFilesLimit(files: HostFiles, pid: number): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d{1,20}|unlimited) /m.exec(files.read(`/proc/${pid}/limits`)) ?? []
    if (soft === undefined) return undefined
    return soft === 'unlimited' ? -1 : Number(soft)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}
