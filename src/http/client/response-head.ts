import { visibleJson } from '#src/text/visible-text.ts'
import { ClientError } from './client-error.ts'
import { hasControls, isToken } from './header-text.ts'

/** Bytes that the status line and the headers of an answer may take, and how many headers there may be. */
export const headLimits = { bytes: 16_384, headers: 100 } as const

/** What an answer says before its body. */
export interface ResponseHead {
  readonly status: number
  /** 0 or 1: HTTP/1.0 closes the connection unless it says otherwise. */
  readonly minorVersion: number
  /** By name in lower case; headers that came several times are joined by `, `. */
  readonly headers: ReadonlyMap<string, string>
}

const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [^\0\r]*)?$/

/**
 * Reads a status line and headers, up to and without the empty line that ends them. Lines end with CRLF or, as hand-made
 * exporters have it, LF alone. What two readers could understand differently is refused: folded lines, white space before
 * a colon, control characters.
 *
 * @param text the bytes as latin1
 * @throws {ClientError} `malformed_response`, `response_headers_too_large`
 */
export function parseResponseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  const [, minor, status] = statusLine.exec(first) ?? []
  if (minor === undefined || status === undefined) {
    throw malformed('the answer does not begin as HTTP/1.1 does', first)
  }
  if (lines.length > headLimits.headers) {
    throw new ClientError(
      'response_headers_too_large',
      `the answer has ${lines.length} headers; at most ${headLimits.headers} are read`,
    )
  }
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    if (!isToken(name)) throw malformed('a header line of the answer has no name', line)
    const value = trimBlanks(line.slice(colon + 1))
    if (hasControls(value)) throw malformed(`the header ${name} of the answer has control characters`, value)
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return { status: Number(status), minorVersion: Number(minor), headers }
}

/** Without the spaces and tabs around it; other white space is no blank to HTTP. */
function trimBlanks(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function isBlank(character: number): boolean {
  return character === 0x20 || character === 0x09
}

/** The error of an answer that is no HTTP, with the start of what it has instead. */
export function malformed(what: string, found: string): ClientError {
  return new ClientError('malformed_response', `${what}: ${visibleJson(found.slice(0, 80))}`)
}
