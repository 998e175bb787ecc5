import { ClientError } from './client-error.ts'
import { hasControls, isToken } from './header-text.ts'

/** Headers by name, as they are written; a list is as many lines. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>

const targetForm = /^[\x21-\x7e]+$/

/** Headers that the client writes itself: how a message ends must not be said twice. */
const reserved = new Set([
  'connection',
  'content-length',
  'host',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
])

/**
 * The bytes before the body, one character a byte: whatever goes into them is checked, last, so that neither a label nor a
 * file can add a line (CWE-113).
 *
 * @param target the path and query, or as proxies take it the whole URL
 * @param host what `Host` says
 * @param lines those of `headerLines`
 * @throws {ClientError} `invalid_request`
 */
export function formatRequestHead(method: string, target: string, host: string, lines: string): string {
  if (!isToken(method)) throw new ClientError('invalid_request', 'the method of the request is no word')
  if (!targetForm.test(target))
    throw new ClientError('invalid_request', 'the path has characters that no path can have')
  if (!targetForm.test(host))
    throw new ClientError('invalid_request', 'the host has characters that no host can have')
  return `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\n`
}

/**
 * Headers as lines, one character a byte.
 *
 * @throws {ClientError} `invalid_request` that names the header, never its value
 */
export function headerLines(headers: RequestHeaders): string {
  let lines = ''
  for (const [name, values] of Object.entries(headers)) {
    for (const value of typeof values === 'string' ? [values] : values) {
      const problem = headerProblem(name, value)
      if (problem !== undefined) throw new ClientError('invalid_request', problem)
      lines += `${name}: ${value}\r\n`
    }
  }
  // Whatever is beyond ASCII goes as UTF-8, as Go has it.
  return Buffer.from(lines).toString('latin1')
}

/** The lines of joined headers. Those of the last request are kept, since of 10,000 targets nearly all get the same. */
export class HeaderLines {
  #headers: readonly (RequestHeaders | undefined)[] = []
  #lines = ''

  /**
   * Headers that are the same objects as those of the call before are not read again.
   *
   * @throws {ClientError} `invalid_request`
   */
  of(headers: readonly (RequestHeaders | undefined)[]): string {
    const known = this.#headers
    if (known.length === headers.length && known.every((each, index) => each === headers[index]))
      return this.#lines
    this.#lines = headerLines(mergeHeaders(...headers))
    this.#headers = headers
    return this.#lines
  }
}

/** Joins headers; of one that comes twice, in whatever case, the later wins. */
export function mergeHeaders(...all: readonly (RequestHeaders | undefined)[]): RequestHeaders {
  const merged = new Map<string, readonly [name: string, value: string | readonly string[]]>()
  for (const headers of all) {
    for (const [name, value] of Object.entries(headers ?? {})) merged.set(name.toLowerCase(), [name, value])
  }
  return Object.fromEntries(merged.values())
}

/** What is wrong with a header that a configuration names; undefined where nothing is. */
export function configuredHeaderProblem(name: string, value: string): string | undefined {
  if (reserved.has(name.toLowerCase())) return `the header ${name} is the client's own`
  return headerProblem(name, value)
}

function headerProblem(name: string, value: string): string | undefined {
  if (!isToken(name)) return 'the name of a header has characters that no name can have'
  if (hasControls(value)) return `the value of the header ${name} has a line end or another control character`
  return undefined
}
