import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '#src/component/clock.ts'
import { sendCompressed, sendText } from '#src/http/content-encoding.ts'
import type { Logger } from '../logger.ts'
import type { ServiceView } from '../service-view.ts'
import { overallStatus, type ComponentHealth } from './overall-status.ts'
import { readinessOf } from './readiness.ts'
import { statusReport } from './status-report.ts'
import { targetRoutes } from './target-routes.ts'

/** What of the admin server the Collector's `health_check` extension sets. */
export interface HealthSettings {
  /** Where the health of the service is answered in the Collector's first form. */
  readonly path: string
  /** What that answers, instead of JSON. */
  readonly responseBody?:
    | { readonly healthy?: string | undefined; readonly unhealthy?: string | undefined }
    | undefined
  /** The Collector's second form, instead of the first; undefined is the first. */
  readonly v2?:
    | { readonly statusPath: string | undefined; readonly componentHealth: ComponentHealth }
    | undefined
}

/** What routes answer from. */
export interface RouteContext {
  readonly health: HealthSettings
  readonly service: ServiceView
  readonly logger: Logger
  readonly clock: Clock
}

/** One request on its way. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  /** Whether the client may see details and change things. */
  readonly trusted: boolean
}

/** One path of the admin server. */
export interface Route {
  readonly path: string
  readonly methods: readonly string[]
  /**
   * Who may ask: `anyone`, credentials configured or not; `client`, anyone who has the credentials, where some are
   * configured; `operator`, who has them, or is on this machine where none are configured.
   */
  readonly access: 'anyone' | 'client' | 'operator'
  answer(exchange: Exchange): void | Promise<void>
}

const reads = ['GET', 'HEAD']

/** All that the admin server answers. Of two routes with one path the first is the one. */
export function adminRoutes(context: RouteContext): Route[] {
  const { health, service, clock } = context
  return [
    {
      path: '/livez',
      methods: reads,
      access: 'anyone',
      answer: ({ response }) => sendJson(response, 200, { alive: true }),
    },
    {
      path: '/readyz',
      methods: reads,
      access: 'anyone',
      answer({ response }) {
        const readiness = readinessOf(service, clock.now())
        sendJson(response, readiness.ready ? 200 : 503, readiness)
      },
    },
    ...healthRoutes(context, health),
    {
      path: '/status',
      methods: reads,
      access: 'operator',
      async answer({ request, response }) {
        await service.refresh()
        await sendCompressed(request, response, {
          contentType: 'application/json; charset=utf-8',
          body: `${JSON.stringify(statusReport(service, clock.now()), undefined, 2)}\n`,
        })
      },
    },
    ...targetRoutes(context),
    { path: '/-/reload', methods: ['POST'], access: 'operator', answer: reloader(context) },
  ]
}

function healthRoutes(context: RouteContext, { path, v2 }: HealthSettings): Route[] {
  if (v2 === undefined) return [{ path, methods: reads, access: 'client', answer: firstForm(context) }]
  const { statusPath, componentHealth } = v2
  if (statusPath === undefined) return []
  return [
    { path: statusPath, methods: reads, access: 'client', answer: secondForm(context, componentHealth) },
  ]
}

/** The Collector's health_check: healthy from the end of the start to the begin of the stop, whatever components do. */
function firstForm({ health, service, clock }: RouteContext): Route['answer'] {
  return function answerHealth({ response }) {
    const healthy = service.started && !service.stopping
    const text = health.responseBody?.[healthy ? 'healthy' : 'unhealthy'] ?? ''
    const code = healthy ? 200 : 503
    if (text !== '') {
      sendText(response, code, text)
      return
    }
    sendJson(response, code, {
      status: healthy ? 'Server available' : 'Server not available',
      upSince: new Date(service.startedAt).toISOString(),
      uptime: `${(clock.now() - service.startedAt) / 1000}s`,
    })
  }
}

/** The Collector's health_check v2: what it all comes to; with `?verbose` the components too, for who may see them. */
function secondForm({ service, clock }: RouteContext, componentHealth: ComponentHealth): Route['answer'] {
  return function answerStatus({ response, query, trusted }) {
    if (query.has('pipeline')) {
      sendText(response, 400, 'the status of one pipeline is not offered: ask without ?pipeline\n')
      return
    }
    const now = clock.now()
    const { code, body } = overallStatus(service, componentHealth, now)
    const verbose = query.has('verbose') && query.get('verbose') !== 'false'
    if (verbose && !trusted) refuse(response)
    else sendJson(response, code, verbose ? { ...body, ...statusReport(service, now) } : body)
  }
}

/** Reads the configuration again; one reload at a time. */
function reloader({ service, logger }: RouteContext): Route['answer'] {
  let running = false
  return async function answerReload({ request, response }) {
    request.resume()
    if (running) {
      response.setHeader('retry-after', 1)
      sendText(response, 409, 'a reload is under way\n')
      return
    }
    running = true
    try {
      logger.info('a reload was asked for', { address: request.socket.remoteAddress })
      const { ok, message } = await service.reload()
      sendText(response, ok ? 200 : 400, message.endsWith('\n') ? message : `${message}\n`)
    } finally {
      running = false
    }
  }
}

/** Answers 403, without a word on what is there. */
export function refuse(response: ServerResponse): void {
  sendText(response, 403, 'forbidden\n')
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const body = `${JSON.stringify(value)}\n`
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}
