import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LogFields } from '#src/telemetry/logger.ts'

const unknownFailure = 'the output cannot be written'

/** What an error of a write means, by its code. */
const meanings: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EFBIG', 'the file may not grow any larger'],
  ['EROFS', 'the file system is read-only'],
  ['EIO', 'the disk fails'],
  ['EMFILE', 'the process may not open any more files'],
  ['ENFILE', 'the host may not open any more files'],
  ['ENOENT', 'the directory does not exist'],
  ['ENOTDIR', 'a part of the path is no directory'],
  ['EISDIR', 'the path is a directory'],
  ['ENOTFILE', 'the path is neither a file nor a device'],
  ['EACCES', 'the file may not be written'],
  ['EPERM', 'the file may not be written'],
  ['ELOOP', 'the path is a loop of links'],
  ['ENAMETOOLONG', 'the path is too long'],
  ['EPIPE', 'nobody reads the output any more'],
])

/** What only a person can mend, and what helps. */
const advice: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'make it, or set create_directory: true'],
  ['ENOTDIR', 'correct the path'],
  ['EISDIR', 'add a file name to the path'],
  ['ENOTFILE', 'correct the path; use - for standard output'],
  ['EACCES', 'give this user the permission, or correct the path'],
  ['EPERM', 'give this user the permission, or correct the path'],
  ['ELOOP', 'correct the path'],
  ['ENAMETOOLONG', 'shorten the path'],
])

const shortOfSpace: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT'])

/** A cause that the log can count, and what varies. */
export interface FailureDescription {
  readonly message: string
  readonly fields: LogFields
}

/** Says what an error of a write means; where space is short, how much is left. */
export async function describeFailure(error: unknown, path: string): Promise<FailureDescription> {
  const code = codeOf(error)
  const fields = shortOfSpace.has(code) ? { bytes_free: await bytesFree(path) } : {}
  return { message: meanings.get(code) ?? unknownFailure, fields }
}

/** An output that cannot be opened until a person mends it. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure'
}

/** The error to end a start with; undefined for what may pass by itself. */
export function startFailure(error: unknown, path: string): StartFailure | undefined {
  const code = codeOf(error)
  const hint = advice.get(code)
  if (hint === undefined) return undefined
  return new StartFailure(`cannot write to ${path}: ${meanings.get(code) ?? unknownFailure}: ${hint}`, {
    cause: error,
  })
}

/** The code of an error of the system, such as ENOENT; empty where it has none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

/** What the user of this process may still write; undefined where that cannot be known. */
async function bytesFree(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(dirname(path))
    return bavail * bsize
  } catch {
    return undefined
  }
}
