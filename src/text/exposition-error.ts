import { visibleText } from './visible-text.ts'

/** How much of a line an error shows, in bytes. */
const excerptLength = 120

/**
 * Why a body was given up. `syntax`: it is no exposition; `limit`: it is larger than the options allow; `series`: what
 * it exposes cannot be a series, or a caller's `resolve` refused it.
 */
export type ExpositionErrorCode = 'syntax' | 'limit' | 'series'

/** A body that is given up as a whole, with the place and what was expected there. */
export class ExpositionError extends Error {
  override readonly name = 'ExpositionError'
  readonly code: ExpositionErrorCode
  /** From 1; 0 where there is no line: a limit of the whole body, or a format without lines. */
  readonly line: number
  /** In bytes, from 1; 0 where there is none. */
  readonly column: number

  constructor(
    code: ExpositionErrorCode,
    message: string,
    place: { readonly line?: number; readonly column?: number; readonly cause?: unknown } = {},
  ) {
    const { line = 0, column = 0, cause } = place
    super(
      line === 0 ? message : `line ${line}, column ${column}: ${message}`,
      cause === undefined ? {} : { cause },
    )
    this.code = code
    this.line = line
    this.column = column
  }
}

/**
 * A mistake in a line, told by whoever reads the line: he knows the position and the scan knows the number of the
 * line. It never leaves the reader.
 */
export class LineMistake extends Error {
  override readonly name = 'LineMistake'
  readonly code: ExpositionErrorCode
  /** Where in the buffer. */
  readonly position: number

  constructor(message: string, position: number, code: ExpositionErrorCode = 'syntax', cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
    this.position = position
  }
}

/** The part of a line around a position, for a person: bounded, and without a character that does anything but show. */
export function excerpt(bytes: Buffer, from: number, to: number, position: number): string {
  const start = Math.max(from, Math.min(position - (excerptLength >> 1), to - excerptLength))
  const end = Math.min(to, start + excerptLength)
  // Lines are full of quotes and backslashes, which show as they are.
  const text = visibleText(bytes.subarray(start, end).toString('utf8')).replaceAll(/\\(["\\])/g, '$1')
  return `${start > from ? '...' : ''}${text}${end < to ? '...' : ''}`
}
