import { codeOf } from '#src/host/write-failure.ts'

/** What stands in a directory's way for a time, and what a person need not mend. */
const passing: ReadonlySet<string> = new Set([
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ETIMEDOUT',
])

const shortOfSpace: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT'])

/** A directory that cannot hold a queue until a person mends it. */
export class QueueDirectoryError extends Error {
  override readonly name = 'QueueDirectoryError'
  readonly code: string

  constructor(directory: string, cause: unknown) {
    super(`cannot use the queue directory ${directory}: ${String(cause)}`, { cause })
    this.code = codeOf(cause)
  }
}

/** Whether an error may pass by itself, so that a queue works in memory until then. */
export function mayPass(error: unknown): boolean {
  return passing.has(codeOf(error))
}

/** Whether an error says that there is no room. */
export function isShortOfSpace(error: unknown): boolean {
  return shortOfSpace.has(codeOf(error))
}
