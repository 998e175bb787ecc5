import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** What a configuration file, or a file that it refers to, may hold at most. */
export const maxFileBytes = 1_048_576

/** Why a file was not read, for people. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
}

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a directory',
  ELOOP: 'it is a symbolic link',
  ENOTDIR: 'a part of the path is no directory',
  ENAMETOOLONG: 'the path is too long',
}

/** What went wrong with a file, for people. */
export function fileErrorText(error: unknown): string {
  if (error instanceof UnreadableFile) return error.message
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return causes[code] ?? (error instanceof Error ? error.message : String(error))
}

/**
 * Reads a file of UTF-8 text up to a limit.
 *
 * @param options.regular refuses links, devices and pipes, and does not wait for them
 * @param options.check is given the open file before anything is read; throws to refuse it
 * @throws UnreadableFile or the error of the system
 */
export function readBoundedFile(
  path: string,
  options: {
    readonly limit?: number
    readonly regular?: boolean
    readonly check?: (descriptor: number) => void
  } = {},
): string {
  const { limit = maxFileBytes, regular = false } = options
  const flags = regular ? constants.O_NOFOLLOW | constants.O_NONBLOCK : 0
  const descriptor = openSync(path, constants.O_RDONLY | flags)
  try {
    const stat = fstatSync(descriptor)
    if (stat.isDirectory()) throw new UnreadableFile('it is a directory')
    if (regular && !stat.isFile()) throw new UnreadableFile('it is no regular file')
    options.check?.(descriptor)
    if (stat.size > limit) throw tooLarge(`has ${stat.size} bytes`, limit)
    return textOf(readUpTo(descriptor, limit))
  } finally {
    closeSync(descriptor)
  }
}

function readUpTo(descriptor: number, limit: number): Buffer {
  const chunks: Buffer[] = []
  let length = 0
  for (;;) {
    const chunk = Buffer.allocUnsafe(65_536)
    const count = readSync(descriptor, chunk)
    if (count === 0) return Buffer.concat(chunks)
    length += count
    if (length > limit) throw tooLarge('is larger', limit)
    chunks.push(chunk.subarray(0, count))
  }
}

function tooLarge(found: string, limit: number): UnreadableFile {
  return new UnreadableFile(`it ${found}; at most ${limit} are read`)
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new UnreadableFile('it is not UTF-8 text', { cause: error })
  }
}
