import type { ServerResponse } from 'node:http'

const plainText = 'text/plain; charset=utf-8'

/** Answers with a body of any type; where none is given, it is what Go's server finds a body of text or JSON to be. */
export function answer(
  response: ServerResponse,
  { status = 200, contentType = plainText, body }: { status?: number; contentType?: string; body: string },
): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

/** Answers as Go's `http.Error` does: a line of text. */
export function answerError(response: ServerResponse, status: number, line: string): void {
  response.setHeader('x-content-type-options', 'nosniff')
  answer(response, { status, body: `${line}\n` })
}

/** Answers with a status and an empty body. */
export function answerEmpty(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...headers, 'content-length': 0 })
  response.end()
}

const htmlNames: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&#34;'],
  ["'", '&#39;'],
])

/** Answers as Go's `http.Redirect` does to a GET: 301 with a link. */
export function answerMoved(response: ServerResponse, location: string): void {
  response.setHeader('location', location)
  const shown = location.replaceAll(/[&<>"']/g, (unit) => htmlNames.get(unit) ?? unit)
  answer(response, {
    status: 301,
    contentType: 'text/html; charset=utf-8',
    body: `<a href="${shown}">Moved Permanently</a>.\n\n`,
  })
}
