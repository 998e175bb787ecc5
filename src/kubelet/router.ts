import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { answerEmpty, answerError, answerMoved } from './go-answer.ts'

/** The parts of a path that a route names in braces. */
export type PathParameters = Readonly<Record<string, string>>

/** Answers a request that a route leads to. */
export type RouteHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  parameters: PathParameters,
) => void | Promise<void>

/** A path, whose parts in braces stand for any text without a slash, and who answers it. */
export interface Route {
  readonly path: string
  readonly methods: readonly string[]
  readonly handler: RouteHandler
}

export interface RouterOptions {
  /** Whether a path that differs from a route's by a slash at its end is sent there. Else both forms are answered, if both are routes. */
  readonly strictSlash: boolean
}

interface Match {
  readonly route: Route
  readonly parameters: PathParameters
  /** Whether the path differs by the slash at its end. */
  readonly isOtherForm: boolean
}

/**
 * A router with the ways of virtual-kubelet's (gorilla/mux): unclean paths are moved first, then the first route that fits
 * answers; where only the method does not fit it is 405 without a word, and 404 where nothing fits.
 */
export function makeRouter(routes: readonly Route[], { strictSlash }: RouterOptions): RequestListener {
  const compiled = routes.map((route) => ({ route, parts: route.path.replace(/\/$/, '').split('/') }))

  function find(path: string): Match[] {
    const isSlashed = path.endsWith('/') && path !== '/'
    const parts = (isSlashed ? path.slice(0, -1) : path).split('/')
    return compiled.flatMap(({ route, parts: wanted }) => {
      const isOtherForm = isSlashed !== route.path.endsWith('/')
      if (isOtherForm && !strictSlash) return []
      const parameters = matchParts(wanted, parts)
      return parameters === undefined ? [] : [{ route, parameters, isOtherForm }]
    })
  }

  return function routeRequest(request, response) {
    const target = parseTarget(request.url ?? '/')
    if (target === undefined) {
      answerError(response, 400, '400 Bad Request')
      return
    }
    const { path, query } = target
    const clean = cleanPath(path)
    if (clean !== path) {
      answerEmpty(response, 301, { location: encodePath(clean) + query })
      return
    }
    const found = find(path)
    const match = found.find(({ route }) => route.methods.includes(request.method ?? 'GET'))
    if (match === undefined) {
      if (found.length > 0) answerEmpty(response, 405)
      else answerNotFound(response)
    } else if (match.isOtherForm) {
      const form = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
      answerMoved(response, encodePath(form) + query)
    } else {
      void run(match, request, response)
    }
  }
}

/** No handler's error may end the process: whoever handles requests answers its own. */
async function run(
  { route, parameters }: Match,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await route.handler(request, response, parameters)
  } catch {
    if (response.headersSent) response.destroy()
    else answerError(response, 500, 'internal error')
  }
}

/** Answers what no route fits. */
function answerNotFound(response: ServerResponse): void {
  answerError(response, 404, '404 request not found')
}

/** Answers what a provider has no function for. */
export function answerNotImplemented(response: ServerResponse): void {
  answerError(response, 501, '501 not implemented')
}

function matchParts(wanted: readonly string[], parts: readonly string[]): PathParameters | undefined {
  if (wanted.length !== parts.length) return undefined
  const parameters: [string, string][] = []
  for (const [index, part] of wanted.entries()) {
    const given = parts[index] ?? ''
    if (part.startsWith('{')) {
      if (given === '') return undefined
      parameters.push([part.slice(1, -1), given])
    } else if (part !== given) {
      return undefined
    }
  }
  return Object.fromEntries(parameters)
}

/** The path of a request without its encoding, and its query with the question mark; undefined where it is no URL. */
function parseTarget(url: string): { readonly path: string; readonly query: string } | undefined {
  const absolute = /^https?:\/\/[^/?#]*/i.exec(url)?.[0].length ?? 0
  const target = url.slice(absolute)
  const mark = target.indexOf('?')
  const encoded = mark < 0 ? target : target.slice(0, mark)
  try {
    return { path: decodeURIComponent(encoded), query: mark < 0 ? '' : target.slice(mark) }
  } catch {
    return undefined
  }
}

/** As Go's `path.Clean`, with the slash at the end kept. */
function cleanPath(path: string): string {
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') kept.pop()
    else if (part !== '' && part !== '.') kept.push(part)
  }
  const clean = `/${kept.join('/')}`
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
