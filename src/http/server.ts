import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import { once } from 'node:events'
import { TLSSocket } from 'node:tls'
import { systemClock, type Clock } from '#src/component/clock.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import { compileAuthentication, FailureLimit, type Authentication } from './authentication.ts'
import { limitConnections } from './connection-limit.ts'
import { sendText } from './content-encoding.ts'
import { formatEndpoint, parseEndpoint, type Endpoint } from './endpoint.ts'
import { handshakeFailureLogger } from './handshake-failure.ts'
import { listen } from './listen.ts'
import type { AuthenticationConfig, ServerConfig, ServerTlsConfig } from './server-config.ts'
import { openServerTls } from './tls-files.ts'

/** Bounds on what clients can take; times in milliseconds. */
export interface ServerLimits {
  /** From the start of a connection or request to the end of the headers. */
  readonly headersTimeoutMs: number
  /** To the end of the request's body. */
  readonly requestTimeoutMs: number
  /** From the end of the headers to the end of the answer; 0 is no limit. */
  readonly responseTimeoutMs: number
  /** How long an idle connection is kept; 0 closes it after each answer. */
  readonly keepAliveTimeoutMs: number
  /** Bytes of request line and headers. */
  readonly maxHeaderSize: number
  readonly maxConnections: number
}

/** The limits of a server that says nothing else. */
export const defaultLimits: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  responseTimeoutMs: 30_000,
  keepAliveTimeoutMs: 60_000,
  maxHeaderSize: 16_384,
  maxConnections: 256,
}

/** What a server needs to run. */
export interface ServerSettings {
  /** `host:port`; port 0 lets the system choose. */
  readonly endpoint: string
  /** Answers requests that were let in. What it throws is logged, and answered with 500. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>
  readonly logger: Logger
  /** What it is to the operator, for the log: `prometheus exporter`. */
  readonly name: string
  readonly tls?: ServerTlsConfig | undefined
  readonly auth?: AuthenticationConfig | undefined
  /**
   * Whether a client whose certificate an authority of `client_ca_file` signed needs no credentials, and one with credentials no
   * certificate, as at a kubelet. Otherwise, where both are asked for, both are needed.
   */
  readonly eitherProof?: boolean
  /** Sees each request first, and may answer it, without authentication: then it returns true. */
  readonly before?: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  /** Paths that are answered without authentication. */
  readonly openPaths?: readonly string[]
  readonly limits?: Partial<ServerLimits>
  /** Added to every answer. */
  readonly headers?: Readonly<Record<string, string>>
  readonly clock?: Clock
}

/** A server that listens. */
export interface RunningServer {
  /** Where it listens in fact. */
  readonly address: Endpoint
  /** How a client on this machine reaches it: `http://127.0.0.1:9464`. */
  readonly url: string
  /** Stops listening, lets running answers end for `graceMs` (1 s unless said otherwise), then cuts them off. */
  close(graceMs?: number): Promise<void>
}

/**
 * Starts an HTTP or HTTPS server with bounds on time, size and number of connections.
 *
 * @throws {ConfigError} for an endpoint or credentials that make no sense
 * @throws {ListenError} where the port cannot be had: it names the process that holds it
 */
export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const { logger, tls, clock = systemClock } = settings
  const endpoint = parseEndpoint(settings.endpoint)
  const limits = { ...defaultLimits, ...settings.limits }
  const listener = guard(settings, limits, clock)
  // Node refuses to wait longer for the headers than for the whole request; 0 is no limit for that.
  const headersTimeout = Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs || Infinity)
  const options = {
    headersTimeout,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxHeaderSize: limits.maxHeaderSize,
    // Node looks for slow requests only this often. Its 30 s would stretch the limits, and oftener wakes an idle process.
    connectionsCheckingInterval: Math.ceil(headersTimeout / 2) || 5000,
  }
  let server: Server | SecureServer
  let endWatch: (() => void) | undefined
  if (tls === undefined) {
    server = createServer(options, listener)
  } else {
    const files = await openServerTls(tls, logger, clock)
    const secure = createSecureServer(
      {
        ...options,
        ...files.context,
        // Who has no certificate of use gets as far as to show credentials.
        ...(asksEither(settings) ? { rejectUnauthorized: false } : {}),
        handshakeTimeout: limits.headersTimeoutMs,
      },
      listener,
    )
    secure.on('tlsClientError', handshakeFailureLogger(logger, { server: settings.name }))
    endWatch = files.watch((context) => secure.setSecureContext(context))
    server = secure
  }
  limitConnections(server, limits.maxConnections)
  server.on('request', function closeBehind(_, response) {
    // A connection that was busy when the server closed is idle, not closed, once its answer has ended.
    response.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections())
    })
  })
  let address: Endpoint
  try {
    address = await listen(server, endpoint)
  } catch (error) {
    endWatch?.()
    throw error
  }
  server.on('error', (error) =>
    logger.error('the server failed', { server: settings.name, error: error.message }),
  )

  return {
    address,
    url: `${tls === undefined ? 'http' : 'https'}://${formatEndpoint(reachable(address))}`,
    async close(graceMs = 1000) {
      endWatch?.()
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      const cutOff = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearTimeout(cutOff)
    },
  }
}

/** The settings that a component's options (`serverProperties`) stand for. */
export function serverSettings(
  config: ServerConfig,
): Pick<ServerSettings, 'endpoint' | 'tls' | 'auth' | 'limits' | 'headers'> {
  return {
    endpoint: config.endpoint,
    tls: config.tls,
    auth: config,
    headers: config.response_headers,
    limits: {
      headersTimeoutMs: config.read_header_timeout,
      requestTimeoutMs: config.read_timeout,
      responseTimeoutMs: config.write_timeout,
      keepAliveTimeoutMs: config.keep_alives_enabled ? config.idle_timeout : 0,
      maxConnections: config.max_connections,
    },
  }
}

/** Whether a certificate or credentials are asked for, and one of them will do. */
function asksEither({ eitherProof = false, auth, tls }: ServerSettings): boolean {
  const asksCredentials = compileAuthentication(auth ?? {}) !== undefined
  return eitherProof && asksCredentials && tls?.client_ca_file !== undefined
}

/** Wraps the handler in authentication, the deadline of an answer, and a net for what it throws. */
function guard(settings: ServerSettings, limits: ServerLimits, clock: Clock): RequestListener {
  const { handler, logger, before, openPaths = [], headers = {} } = settings
  const isLetIn = compileAuthentication(settings.auth ?? {})
  const certificateSuffices = asksEither(settings)
  const failures = new FailureLimit()

  return function answer(request, response) {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    if (limits.keepAliveTimeoutMs === 0) response.setHeader('connection', 'close')
    const deadline =
      limits.responseTimeoutMs === 0
        ? undefined
        : setTimeout(() => response.destroy(), limits.responseTimeoutMs)
    response.once('close', () => clearTimeout(deadline))
    if (before?.(request, response) === true) return
    const path = request.url?.split('?', 1)[0] ?? ''
    const { socket } = request
    const isKnown = certificateSuffices && socket instanceof TLSSocket && socket.authorized
    const isOpen = isLetIn === undefined || isKnown || openPaths.includes(path)
    if (!isOpen && !admit(isLetIn, request, response)) return
    void run(request, response)
  }

  function admit(isLetIn: Authentication, request: IncomingMessage, response: ServerResponse): boolean {
    const address = request.socket.remoteAddress ?? ''
    const now = clock.monotonic()
    const waitMs = failures.waitMs(address, now)
    if (waitMs > 0) {
      response.setHeader('retry-after', Math.ceil(waitMs / 1000))
      sendText(response, 429, 'too many requests\n')
      return false
    }
    if (isLetIn(request.headers.authorization)) return true
    failures.failed(address, now)
    logger.warn('a request without valid credentials was refused', { server: settings.name, address })
    response.setHeader(
      'www-authenticate',
      settings.auth?.basic_auth === undefined ? 'Bearer' : 'Basic realm="weir"',
    )
    sendText(response, 401, 'unauthorized\n')
    return false
  }

  async function run(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await handler(request, response)
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
      logger.error('a request failed', { server: settings.name, path: request.url, error: message })
      if (response.headersSent) response.destroy()
      else sendText(response, 500, 'internal error\n')
    }
  }
}

/** Who listens on all addresses is reached by the name of this machine for itself. */
function reachable({ host, port }: Endpoint): Endpoint {
  return { host: ['', '::', '0.0.0.0'].includes(host) ? 'localhost' : host, port }
}
