import type { IncomingMessage, ServerResponse } from 'node:http'
import { systemClock, type Clock } from '#src/component/clock.ts'
import { compileAuthentication } from '#src/http/authentication.ts'
import { sendText } from '#src/http/content-encoding.ts'
import { formatEndpoint } from '#src/http/endpoint.ts'
import { startServer, type RunningServer, type ServerSettings } from '#src/http/server.ts'
import type { Logger } from '../logger.ts'
import type { ServiceView } from '../service-view.ts'
import { isLoopback, isSameSite } from './locality.ts'
import { adminRoutes, refuse, type HealthSettings, type Route } from './routes.ts'

/** How the admin server listens, and what it tells of health. */
export interface AdminSettings {
  readonly server: Pick<ServerSettings, 'endpoint' | 'tls' | 'auth' | 'limits' | 'headers'>
  readonly health: HealthSettings
}

/** The admin server where the configuration has no `health_check` extension. */
export const defaultAdminSettings: AdminSettings = {
  // A reload drains exporters before it answers.
  server: { endpoint: '127.0.0.1:13133', limits: { responseTimeoutMs: 300_000 } },
  health: { path: '/' },
}

const answerHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/**
 * Serves health, status and reload.
 *
 * @throws {ConfigError} for an endpoint or credentials that make no sense
 * @throws {ListenError} where the port cannot be had
 */
export async function startAdminServer(
  { server, health }: AdminSettings,
  service: ServiceView,
  logger: Logger,
  clock: Clock = systemClock,
): Promise<RunningServer> {
  const routes = adminRoutes({ health, service, logger, clock })
  const authenticated =
    compileAuthentication(server.auth ?? {}) !== undefined || server.tls?.client_ca_file !== undefined
  let local = false

  /** With authentication whoever got here is; without it, who is on this machine. */
  function isTrusted(request: IncomingMessage): boolean {
    return isSameSite(request) && (authenticated || (local && isLoopback(hostOf(request))))
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query] = (request.url ?? '').split('?', 2)
    const there = routes.filter((route) => route.path === path)
    const route = there.find(({ methods }) => methods.includes(request.method ?? ''))
    if (route === undefined) {
      answerNone(response, there)
      return
    }
    const trusted = isTrusted(request)
    if (route.access === 'operator' && !trusted) refuse(response)
    else await route.answer({ request, response, query: new URLSearchParams(query), trusted })
  }

  const running = await startServer({
    ...server,
    headers: { ...answerHeaders, ...server.headers },
    openPaths: routes.filter(({ access }) => access === 'anyone').map((route) => route.path),
    handler: answer,
    logger,
    name: 'admin',
    clock,
  })
  local = isLoopback(running.address.host)
  const address = formatEndpoint(running.address)
  logger.info('health and status are served', { address })
  if (!local && !authenticated) {
    logger.warn(
      'the admin server can be reached from elsewhere and asks for no credentials: status and reload are refused',
      { address },
    )
  }
  return running
}

function answerNone(response: ServerResponse, there: readonly Route[]): void {
  if (there.length === 0) {
    sendText(response, 404, 'not found\n')
    return
  }
  response.setHeader('allow', there.flatMap(({ methods }) => methods).join(', '))
  sendText(response, 405, 'method not allowed\n')
}

/** The host that the client asked for, without its port. */
function hostOf({ headers }: IncomingMessage): string {
  return (headers.host ?? '').replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')
}
