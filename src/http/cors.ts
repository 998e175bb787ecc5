import type { IncomingMessage, ServerResponse } from 'node:http'
import { compileGlobs } from '#src/regex/glob.ts'

/** Which pages of browsers may send requests (the CORS protocol of the Fetch standard). */
export interface CorsOptions {
  /** Origins, in which `*` stands for any text. */
  readonly allowed_origins: readonly string[]
  readonly allowed_headers: readonly string[]
  readonly exposed_headers: readonly string[]
  /** Seconds; 0 says nothing. */
  readonly max_age: number
}

/** Headers that are allowed beside those that a configuration names: without them nothing can be sent. */
const ownHeaders = ['content-type', 'content-encoding', 'accept', 'x-requested-with']

/**
 * Compiles what a server says to browsers. The function adds headers to an answer, and answers a preflight itself.
 *
 * @returns a function that says whether the request is answered with that
 */
export function compileCors(
  options: CorsOptions | undefined,
): ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined {
  if (options === undefined || options.allowed_origins.length === 0) return undefined
  const { allowed_origins: origins, allowed_headers: headers, exposed_headers: exposed } = options
  const isAllowed = compileGlobs(origins.map((origin) => origin.toLowerCase()))
  const named = [...new Set([...ownHeaders, ...headers.map((header) => header.toLowerCase())])].join(', ')

  return function answerCors(request, response) {
    const { origin } = request.headers
    response.setHeader('vary', 'origin')
    const allowed = origin !== undefined && isAllowed(origin.toLowerCase())
    if (allowed) response.setHeader('access-control-allow-origin', origins.includes('*') ? '*' : origin)
    if (allowed && exposed.length > 0) response.setHeader('access-control-expose-headers', exposed.join(', '))
    const isPreflight =
      request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
    if (!isPreflight) return false
    if (allowed) {
      response.setHeader('access-control-allow-methods', 'POST')
      response.setHeader('access-control-allow-headers', named)
      if (options.max_age > 0) response.setHeader('access-control-max-age', options.max_age)
    }
    response.writeHead(204).end()
    return true
  }
}
