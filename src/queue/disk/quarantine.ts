import { join } from 'node:path'
import type { Logger } from '#src/telemetry/logger.ts'
import type { QueueFile, QueueFileSystem } from './file-system.ts'

/** The folder, inside that of the queue, for what cannot be read. */
export const quarantineName = 'quarantine'

const chunkBytes = 1 << 16

/** What was put aside. */
export interface QuarantineCounts {
  /** Times that something could not be read. */
  readonly damages: number
  readonly bytes: number
}

/**
 * Puts aside what cannot be read, for a person to look at; the newest files stay, up to a bound. What cannot be put aside,
 * because the disk is full or read-only, is left where it is: nothing here ever stops the queue.
 */
export class Quarantine {
  readonly #files: QueueFileSystem
  readonly #directory: string
  readonly #folder: string
  readonly #maxBytes: number
  readonly #logger: Logger
  readonly counts = { damages: 0, bytes: 0 }

  /**
   * @param directory that of the queue
   * @param maxBytes what the folder has at most
   */
  constructor(files: QueueFileSystem, directory: string, maxBytes: number, logger: Logger) {
    this.#files = files
    this.#directory = directory
    this.#folder = join(directory, quarantineName)
    this.#maxBytes = maxBytes
    this.#logger = logger
  }

  /** Moves a whole file away. */
  async move(name: string, bytes: number, reason: string): Promise<void> {
    this.#tell(name, 0, bytes, reason)
    await this.#attempt(async () => {
      await this.#files.makeDirectory(this.#folder)
      await this.#files.rename(join(this.#directory, name), join(this.#folder, name))
      await this.#trim()
    })
  }

  /** Copies a part of a file; what was copied before, at another start, is not told again. */
  async copy(file: QueueFile, name: string, offset: number, length: number, reason: string): Promise<void> {
    const part = `${name}-${offset}`
    const known = await this.#attempt(async () => (await this.#list()).some((entry) => entry.name === part))
    if (known === true) return
    this.#tell(name, offset, length, reason)
    await this.#attempt(async () => {
      await this.#files.makeDirectory(this.#folder)
      const copy = await this.#files.open(join(this.#folder, part), 'create')
      try {
        for (let at = 0; at < length && at < this.#maxBytes;) {
          const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, length - at))
          const read = await file.read(chunk, offset + at)
          if (read === 0) break
          await copy.write([chunk.subarray(0, read)], at)
          at += read
        }
      } finally {
        await copy.close()
      }
      await this.#trim()
    })
  }

  #tell(name: string, offset: number, bytes: number, reason: string): void {
    this.counts.damages++
    this.counts.bytes += bytes
    this.#logger.error('a part of the queue cannot be read: it is put into quarantine', {
      file: join(this.#directory, name),
      offset,
      bytes,
      reason,
    })
  }

  async #list(): Promise<Awaited<ReturnType<QueueFileSystem['list']>>> {
    try {
      return await this.#files.list(this.#folder)
    } catch {
      // It is made when it is needed.
      return []
    }
  }

  /** Removes the oldest files, by their names, which start with the number of their segment. */
  async #trim(): Promise<void> {
    const entries = (await this.#list()).toSorted((a, b) => (a.name < b.name ? 1 : -1))
    let bytes = 0
    for (const entry of entries) {
      bytes += entry.bytes
      if (bytes > this.#maxBytes) await this.#files.unlink(join(this.#folder, entry.name))
    }
  }

  async #attempt<Result>(action: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await action()
    } catch (error) {
      this.#logger.warn('what cannot be read could not be put into quarantine, and stays where it is', {
        folder: this.#folder,
        error,
      })
      return undefined
    }
  }
}
