import { constants } from 'node:fs'
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '#src/component/clock.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import { BackupFiles, type Rotation } from './backup-files.ts'
import type { Output, Written } from './output.ts'
import { endOfLastLine } from './torn-line.ts'

/** What a file output is told. */
export interface FileOptions {
  readonly path: string
  /** Whether what is in the file at the start stays. */
  readonly append: boolean
  /** Permissions of directories that are made; undefined where none are. */
  readonly directoryMode: number | undefined
  readonly rotation: Rotation | undefined
  /** Whether the chunks are compressed frames: then nobody can see where the last whole one ends. */
  readonly compressed: boolean
  /** Whether a file is forced to the disk before it is left for a new one. */
  readonly syncsAtEnd: boolean
}

/** The file that is open. */
interface OpenFile {
  readonly handle: FileHandle
  readonly device: number
  readonly inode: number
  /** False for a device, such as /dev/null: it has no end to cut. */
  readonly regular: boolean
  /** Everything before it is on the disk. */
  syncedEnd: number
  /** Where the last whole line ends, if something was written behind it that could not be taken away yet. */
  tornAt: number | undefined
}

/**
 * A file of lines. Every write leaves whole lines: what a full disk cut off is truncated away. The file is written at
 * its end, wherever that is by now; one that was moved away, removed or replaced (logrotate) is opened anew.
 */
export class FileOutput implements Output {
  readonly #options: FileOptions
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #backups: BackupFiles | undefined
  #file: OpenFile | undefined
  /** Whether the file is opened for the first time: only then it is emptied. */
  #first = true

  constructor(options: FileOptions, clock: Clock, logger: Logger) {
    this.#options = options
    this.#clock = clock
    this.#logger = logger
    this.#backups = options.rotation && new BackupFiles(options.path, options.rotation)
  }

  async open(): Promise<void> {
    await this.#ready()
  }

  async write(chunks: readonly Buffer[]): Promise<Written> {
    let file: OpenFile
    let size: number
    let some: readonly Buffer[]
    try {
      file = await this.#ready()
      size = await endOf(file)
      some = this.#fitting(chunks, size)
      if (some.length === 0) {
        file = await this.#rotate(file)
        size = 0
        some = this.#fitting(chunks, size)
      }
    } catch (error) {
      return { whole: 0, error }
    }
    const { bytes, error } = await writeAll(file.handle, some)
    if (error === undefined) return { whole: some.length }
    let whole = 0
    let end = size
    for (const { length } of some) {
      if (end + length > size + bytes) break
      end += length
      whole++
    }
    if (bytes > end - size && file.regular) await cutTo(file, end)
    return { whole, error }
  }

  async sync(): Promise<void> {
    const file = this.#file
    if (file?.regular !== true) return
    const end = await endOf(file)
    await file.handle.datasync()
    file.syncedEnd = end
  }

  async takeBack(): Promise<void> {
    const file = this.#file
    if (file?.regular === true) await cutTo(file, file.syncedEnd)
  }

  async close(): Promise<void> {
    const file = this.#file
    if (file === undefined) return
    this.#file = undefined
    await file.handle.close()
  }

  /** The file, open, the one that the path means, without a torn line. */
  async #ready(): Promise<OpenFile> {
    if (this.#file !== undefined && (await this.#isReplaced(this.#file))) {
      this.#logger.info('the file was moved away or replaced: a new one is begun', {
        path: this.#options.path,
      })
      await this.#leave(this.#file)
    }
    this.#file ??= await this.#openFile()
    const file = this.#file
    if (file.tornAt !== undefined) {
      await cut(file, file.tornAt)
      file.tornAt = undefined
    }
    return file
  }

  async #isReplaced({ device, inode }: OpenFile): Promise<boolean> {
    try {
      const { dev, ino } = await stat(this.#options.path)
      return dev !== device || ino !== inode
    } catch {
      return true
    }
  }

  async #openFile(): Promise<OpenFile> {
    const { path, append, directoryMode, rotation, compressed } = this.#options
    if (directoryMode !== undefined) await mkdir(dirname(path), { recursive: true, mode: directoryMode })
    if (this.#first && compressed) await this.#putAside()
    // A named pipe would block until somebody reads it.
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK
    const handle = await open(path, flags, 0o644)
    try {
      const status = await handle.stat()
      const regular = status.isFile()
      if (!regular && !status.isCharacterDevice()) throw new NotAFile(path)
      const keeps = !this.#first || append || rotation !== undefined
      const end = regular ? await this.#cutTornLine(handle, status.size, keeps) : 0
      this.#first = false
      return { handle, device: status.dev, inode: status.ino, regular, syncedEnd: end, tornAt: undefined }
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Gives the file of an earlier process its name among the old ones, where there are such. */
  async #putAside(): Promise<void> {
    const size = await stat(this.#options.path).then(
      (status) => (status.isFile() ? status.size : 0),
      () => 0,
    )
    if (size > 0) await this.#backups?.moveAway(this.#clock.now())
  }

  /** Empties a file that is just opened, or cuts off a line without an end, and tells where it ends now. */
  async #cutTornLine(handle: FileHandle, size: number, keeps: boolean): Promise<number> {
    const { path, compressed } = this.#options
    if (keeps && compressed) return size
    const end = keeps ? await endOfLastLine(handle, size) : 0
    if (end === size) return size
    await handle.truncate(end)
    if (keeps) {
      this.#logger.warn('the file ended in the middle of a line, which was cut off', {
        path,
        bytes: size - end,
      })
    }
    return end
  }

  /** The first chunks, as many as the file has room for; one at least where it is empty. */
  #fitting(chunks: readonly Buffer[], size: number): readonly Buffer[] {
    const { rotation } = this.#options
    if (rotation === undefined || this.#file?.regular !== true) return chunks
    let end = size
    const over = chunks.findIndex(({ length }) => (end += length) > rotation.maxBytes)
    if (over < 0) return chunks
    return chunks.slice(0, size === 0 ? Math.max(1, over) : over)
  }

  /** Gives the file its name among the old ones, and begins a new one. */
  async #rotate(file: OpenFile): Promise<OpenFile> {
    await this.#backups?.moveAway(this.#clock.now())
    await this.#leave(file)
    this.#file = await this.#openFile()
    try {
      await this.#backups?.prune(this.#clock.now())
    } catch (error) {
      this.#logger.warn('old files could not be removed', { path: this.#options.path, error })
    }
    return this.#file
  }

  async #leave({ handle, regular }: OpenFile): Promise<void> {
    if (regular && this.#options.syncsAtEnd) await handle.datasync()
    await this.close()
  }
}

/** Thrown where a path means something that cannot hold lines: a directory, a pipe, a socket. */
export class NotAFile extends Error {
  override readonly name = 'NotAFile'
  readonly code = 'ENOTFILE'

  constructor(path: string) {
    super(`${path} is not a regular file`)
  }
}

async function endOf({ handle, regular }: OpenFile): Promise<number> {
  return regular ? (await handle.stat()).size : 0
}

/** Writes buffers until all of it is written or an error comes; the kernel may take a part and tell why only later. */
async function writeAll(
  handle: FileHandle,
  buffers: readonly Buffer[],
): Promise<{ readonly bytes: number; readonly error?: unknown }> {
  let rest = [...buffers]
  let bytes = 0
  try {
    while (rest.length > 0) {
      const { bytesWritten } = await handle.writev(rest)
      bytes += bytesWritten
      rest = behind(rest, bytesWritten)
    }
    return { bytes }
  } catch (error) {
    return { bytes, error }
  }
}

/** What is left of buffers behind their first bytes. */
function behind(buffers: readonly Buffer[], bytes: number): Buffer[] {
  let skipped = bytes
  return buffers.flatMap((buffer) => {
    const taken = Math.min(skipped, buffer.length)
    skipped -= taken
    return taken === buffer.length ? [] : [buffer.subarray(taken)]
  })
}

/** Cuts a file; where that fails, it is done before the next write. */
async function cutTo(file: OpenFile, end: number): Promise<void> {
  try {
    await cut(file, end)
  } catch {
    file.tornAt = end
  }
}

/** Somebody else may have emptied the file meanwhile: it must not grow. */
async function cut(file: OpenFile, end: number): Promise<void> {
  await file.handle.truncate(Math.min(end, await endOf(file)))
}
