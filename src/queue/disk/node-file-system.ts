import { mkdir, open, readdir, rename, stat, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '#src/host/write-failure.ts'
import type { DirectoryEntry, QueueFile, QueueFileSystem } from './file-system.ts'

const flags = { read: 'r', create: 'wx', change: 'r+' } as const

/** How many chunks one call of the system takes (IOV_MAX of Linux). */
const mostChunks = 1024

/** The file system of the machine. */
export const nodeFileSystem: QueueFileSystem = {
  async makeDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o750 })
  },

  async list(directory) {
    const entries: DirectoryEntry[] = []
    for (const name of await readdir(directory)) {
      try {
        const status = await stat(join(directory, name))
        entries.push({ name, isFile: status.isFile(), bytes: status.size })
      } catch (error) {
        // A link that leads nowhere is there, and no file; what was removed meanwhile is not.
        if (codeOf(error) !== 'ENOENT') throw error
      }
    }
    return entries
  },

  async open(path, mode) {
    return new NodeFile(await open(path, flags[mode], 0o640))
  },

  rename,
  unlink,

  async syncDirectory(path) {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
}

class NodeFile implements QueueFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async read(into: Buffer, position: number): Promise<number> {
    let length = 0
    while (length < into.length) {
      const { bytesRead } = await this.#handle.read(into, length, into.length - length, position + length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return length
  }

  async write(chunks: readonly Buffer[], position: number): Promise<void> {
    let at = position
    for (let index = 0; index < chunks.length; index += mostChunks) {
      at = await this.#writeSome(chunks.slice(index, index + mostChunks), at)
    }
  }

  async sync(): Promise<void> {
    await this.#handle.datasync()
  }

  async truncate(length: number): Promise<void> {
    await this.#handle.truncate(length)
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  /** The system may take a part only: a disk that fills up takes what fits, and says why at the next call. */
  async #writeSome(chunks: Buffer[], position: number): Promise<number> {
    let at = position
    let left = chunks
    while (left.length > 0) {
      const { bytesWritten } = await this.#handle.writev(left, at)
      at += bytesWritten
      left = withoutFirst(left, bytesWritten)
    }
    return at
  }
}

/** What is left of chunks after so many bytes of them. */
function withoutFirst(chunks: Buffer[], bytes: number): Buffer[] {
  let left = bytes
  for (const [index, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(index + 1)]
    left -= chunk.length
  }
  return []
}
