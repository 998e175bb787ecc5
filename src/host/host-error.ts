/** Why something of the host could not be read, in one word: what errors are counted and logged under. */
export type HostErrorReason =
  | 'not_found'
  /** An attribute of `/sys` that the device does not have, or not in its present state. */
  | 'not_supported'
  | 'permission_denied'
  | 'io_error'
  | 'empty'
  | 'malformed'
  | 'too_large'
  | 'timeout'

/** A file of the host that could not be read or understood. */
export class HostError extends Error {
  override readonly name = 'HostError'
  readonly reason: HostErrorReason
  /** The file as it was opened, root path included. */
  readonly file: string
  /** The line that was not understood, from 1. */
  readonly line: number | undefined

  constructor(
    reason: HostErrorReason,
    file: string,
    message: string,
    options: { cause?: unknown; line?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.reason = reason
    this.file = file
    this.line = options.line
  }
}

/** A text that is not in the form it should have. Parsers throw it; who read the file adds its name. */
export class MalformedText extends Error {
  override readonly name = 'MalformedText'
  /** From 1. */
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

const reasons: ReadonlyMap<string, HostErrorReason> = new Map([
  ['ENOENT', 'not_found'],
  ['ENOTDIR', 'not_found'],
  ['EACCES', 'permission_denied'],
  ['EPERM', 'permission_denied'],
  ['EINVAL', 'not_supported'],
  ['ENODEV', 'not_supported'],
  ['ENOTSUP', 'not_supported'],
  ['EOPNOTSUPP', 'not_supported'],
])

/** The reason that an error of a system call stands for. */
export function reasonOf(error: unknown): HostErrorReason {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return reasons.get(code) ?? 'io_error'
}
