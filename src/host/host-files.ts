import { closeSync, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs'
import { normalize } from 'node:path'
import { HostError, MalformedText, reasonOf } from './host-error.ts'

const firstBytes = 64 * 1024

/** More than any file of the kernel that is read whole: 8 MiB hold 25,000 mounts or network interfaces. */
export const mostBytes = 8 * 1024 * 1024

/** One buffer for all reads: they are synchronous, so no two of them meet. */
let buffer: Buffer = Buffer.allocUnsafeSlow(firstBytes)

/**
 * The files of a host, under a root path where the host is mounted (`/host` in a container). Reads are synchronous
 * and short: `/proc`, cgroup files and plain attributes of `/sys`, which the kernel makes from memory. No descriptor
 * is kept open.
 */
export class HostFiles {
  /** What stands before a path of the host: the root path without its last slash, so nothing where that is `/`. */
  readonly #prefix: string

  constructor(rootPath = '/') {
    this.#prefix = normalize(`${rootPath}/`).replace(/\/$/, '')
  }

  /** Whether the host is mounted somewhere else than where this process lives. */
  get mounted(): boolean {
    return this.#prefix !== ''
  }

  /** Where a path of the host, which begins with a slash, is found. */
  pathOf(path: string): string {
    return this.#prefix + path
  }

  /** The path on the host of one that was found under the root path; undefined for one outside of it. */
  hostPathOf(path: string): string | undefined {
    if (!this.mounted) return path
    if (path === this.#prefix) return '/'
    return path.startsWith(`${this.#prefix}/`) ? path.slice(this.#prefix.length) : undefined
  }

  /**
   * The text of a file.
   *
   * @throws HostError
   */
  read(path: string): string {
    const file = this.pathOf(path)
    const text = readWhole(file)
    if (text === '') throw new HostError('empty', file, 'the file is empty')
    return text
  }

  /**
   * What a parser makes of a file.
   *
   * @throws HostError, with the line where the parser did not understand one
   */
  parse<Result>(path: string, parser: (text: string) => Result): Result {
    return parsed(this.pathOf(path), this.read(path), parser)
  }

  /**
   * The trimmed text of an attribute of `/sys`: it need not exist, may not apply (the speed of an interface that is
   * down), and may be empty.
   *
   * @throws HostError where it exists and cannot be read
   */
  attribute(path: string): string | undefined {
    return readIfThere(this.pathOf(path))?.trim()
  }

  /** What a parser makes of the trimmed text of such a file. */
  parseAttribute<Result>(path: string, parser: (text: string) => Result): Result | undefined {
    const text = this.attribute(path)
    return text === undefined ? undefined : parsed(this.pathOf(path), text, parser)
  }

  /** The names in a folder; none where there is no such folder. */
  list(path: string): string[] {
    const folder = this.pathOf(path)
    try {
      return readdirSync(folder)
    } catch (error) {
      const reason = reasonOf(error)
      if (reason === 'not_found') return []
      throw new HostError(reason, folder, messageOf(error), { cause: error })
    }
  }

  /**
   * The names of the folders in a folder, links not followed; none where there is no such folder.
   *
   * @throws HostError
   */
  folders(path: string): string[] {
    const folder = this.pathOf(path)
    try {
      return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [entry.name] : [],
      )
    } catch (error) {
      const reason = reasonOf(error)
      if (reason === 'not_found') return []
      throw new HostError(reason, folder, messageOf(error), { cause: error })
    }
  }

  /**
   * What tells a folder from another one that later has its path, and when it was changed in Unix milliseconds;
   * undefined where it is not there.
   */
  status(path: string): { readonly inode: number; readonly changedMs: number } | undefined {
    const status = statSync(this.pathOf(path), { throwIfNoEntry: false })
    return status === undefined ? undefined : { inode: status.ino, changedMs: status.mtimeMs }
  }

  /** Where a symbolic link points; undefined where it cannot be read or is none. */
  link(path: string): string | undefined {
    try {
      return readlinkSync(this.pathOf(path))
    } catch {
      // A link only makes a name nicer: without it the name stays as it is.
      return undefined
    }
  }
}

function parsed<Result>(file: string, text: string, parser: (text: string) => Result): Result {
  try {
    return parser(text)
  } catch (error) {
    if (!(error instanceof MalformedText)) throw error
    const { message, line } = error
    throw new HostError('malformed', file, message, { cause: error, line })
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readWhole(file)
  } catch (error) {
    if (error instanceof HostError && (error.reason === 'not_found' || error.reason === 'not_supported'))
      return undefined
    throw error
  }
}

function readWhole(file: string): string {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    let length = 0
    for (;;) {
      if (length === buffer.length) {
        if (length >= mostBytes)
          throw new HostError('too_large', file, `the file has more than ${mostBytes} bytes`)
        const larger = Buffer.allocUnsafeSlow(length * 2)
        buffer.copy(larger)
        buffer = larger
      }
      const read = readSync(descriptor, buffer, length, buffer.length - length, null)
      if (read === 0) break
      length += read
    }
    return buffer.toString('utf8', 0, length)
  } catch (error) {
    if (error instanceof HostError) throw error
    throw new HostError(reasonOf(error), file, messageOf(error), { cause: error })
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
