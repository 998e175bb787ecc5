import { readdir, readFile, readlink } from 'node:fs/promises'

/** A process that holds a port. */
export interface PortOwner {
  readonly pid: number
  readonly name: string
}

const listening = '0A'

/**
 * Finds the process that listens on a TCP port, by the socket's inode in /proc/net/tcp and the open files of each
 * process. Undefined where it cannot be seen: other users' processes need CAP_SYS_PTRACE, and only Linux has /proc.
 */
export async function findPortOwner(port: number): Promise<PortOwner | undefined> {
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const inode of listeners(await readText(table), port)) inodes.add(`socket:[${inode}]`)
  }
  if (inodes.size === 0) return undefined
  for (const entry of await list('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid)) continue
    for (const descriptor of await list(`/proc/${pid}/fd`)) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
      if (inodes.has(target)) return { pid, name: (await readText(`/proc/${pid}/comm`)).trim() }
    }
  }
  return undefined
}

/** The inodes of the sockets that listen on a port: rows of `sl local_address rem_address st ... uid timeout inode`. */
function* listeners(table: string, port: number): Generator<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const line of table.split('\n')) {
    const fields = line.trim().split(/\s+/)
    const inode = fields[9]
    if (fields[1]?.endsWith(suffix) === true && fields[3] === listening && inode !== undefined) yield inode
  }
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '')
}

async function list(path: string): Promise<string[]> {
  return await readdir(path).catch(() => [])
}
