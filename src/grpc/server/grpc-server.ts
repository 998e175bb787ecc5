import {
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { systemClock, type Clock } from '#src/component/clock.ts'
import { compileAuthentication, FailureLimit, type Authentication } from '#src/http/authentication.ts'
import { parseEndpoint, type Endpoint } from '#src/http/endpoint.ts'
import { handshakeFailureLogger } from '#src/http/handshake-failure.ts'
import { listen } from '#src/http/listen.ts'
import type { BodyRoom } from '#src/http/request-body.ts'
import type { AuthenticationConfig, ServerTlsConfig } from '#src/http/server-config.ts'
import { openServerTls, type WatchedTls } from '#src/http/tls-files.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import { visibleJson } from '#src/text/visible-text.ts'
import { GrpcError } from './grpc-error.ts'
import { Sessions, type SessionLimits } from './sessions.ts'
import { UnaryCall, type CallLimits, type UnaryMethod } from './unary-call.ts'

/** What a gRPC server needs to run. */
export interface GrpcServerSettings {
  /** `host:port`; port 0 lets the system choose. */
  readonly endpoint: string
  /** By path: `/package.Service/Method`. */
  readonly methods: Readonly<Record<string, UnaryMethod>>
  readonly logger: Logger
  /** What it is to the operator, for the log: `otlp receiver`. */
  readonly name: string
  readonly tls?: ServerTlsConfig | undefined
  readonly auth?: AuthenticationConfig | undefined
  readonly calls: Omit<CallLimits, 'failed' | 'room'>
  readonly room: BodyRoom
  readonly sessions: SessionLimits
  readonly clock?: Clock
}

/** A server that listens. */
export interface RunningGrpcServer {
  /** Where it listens in fact. */
  readonly address: Endpoint
  /** Stops listening, lets calls end for `graceMs` (1 s unless said otherwise), then cuts them off. */
  close(graceMs?: number): Promise<void>
}

/** Bytes that a client may send on a stream before it is told that they were read. */
const streamWindow = 1 << 20
/** The same for all streams of a connection. */
const sessionWindow = 4 << 20
/** Bytes of the headers of a call. */
const headerBytes = 16_384

/**
 * Starts a server of unary calls over HTTP/2, with bounds on time, size and number of connections. It is written on node:http2
 * because messages then stay bytes, and their encodings are ours to choose and to bound.
 *
 * @throws {ConfigError} for an endpoint or credentials that make no sense
 * @throws {ListenError} where the port cannot be had
 */
export async function startGrpcServer(settings: GrpcServerSettings): Promise<RunningGrpcServer> {
  const { logger, clock = systemClock, sessions: limits, name } = settings
  const endpoint = parseEndpoint(settings.endpoint)
  const answer = answerer(settings, clock)
  const files = settings.tls === undefined ? undefined : await openServerTls(settings.tls, logger, clock)
  const { server, endWatch } = makeServer(settings, files)
  const sessions = new Sessions(limits)
  server.on('session', (session: ServerHttp2Session) => {
    session.setLocalWindowSize(sessionWindow)
    sessions.add(session)
  })
  server.on('stream', answer)
  server.on('sessionError', (error) => {
    logger.debug('a connection failed', { server: name, error: error.message })
  })
  let address: Endpoint
  try {
    address = await listen(server, endpoint)
  } catch (error) {
    endWatch?.()
    throw error
  }
  server.on('error', (error) => logger.error('the server failed', { server: name, error: error.message }))
  return {
    address,
    async close(graceMs = 1000) {
      endWatch?.()
      if (!server.listening) return
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await Promise.all([closed, sessions.close(graceMs)])
    },
  }
}

function makeServer(
  { sessions, logger, name }: GrpcServerSettings,
  files: WatchedTls | undefined,
): {
  server: ReturnType<typeof createServer> | ReturnType<typeof createSecureServer>
  endWatch?: () => void
} {
  const options = {
    settings: {
      maxConcurrentStreams: sessions.maxConcurrentStreams,
      initialWindowSize: streamWindow,
      maxHeaderListSize: headerBytes,
      enablePush: false,
    },
  }
  if (files === undefined) return { server: createServer(options) }
  const server = createSecureServer({ ...options, ...files.context, handshakeTimeout: 10_000 })
  server.on('tlsClientError', handshakeFailureLogger(logger, { server: name }))
  // Who speaks no HTTP/2 is not a client.
  server.on('unknownProtocol', (socket: { destroy(): void }) => socket.destroy())
  return { server, endWatch: files.watch((context) => server.setSecureContext(context)) }
}

type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

function answerer(settings: GrpcServerSettings, clock: Clock): Answer {
  const { methods, logger, name } = settings
  const isLetIn = compileAuthentication(settings.auth ?? {})
  const failures = new FailureLimit()
  const limits: CallLimits = {
    ...settings.calls,
    room: settings.room,
    failed(error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
      logger.error('a call failed', { server: name, error: message })
    },
  }

  return function answer(stream, headers) {
    stream.on('error', (error: Error) => {
      logger.debug('a call was cut off', { server: name, error: error.message })
    })
    if (!isGrpc(stream, headers)) return
    const call = new UnaryCall(stream, headers, limits)
    const refusal = isLetIn === undefined ? undefined : refuse(isLetIn, stream, headers.authorization)
    const path = headers[':path'] ?? ''
    const method = Object.hasOwn(methods, path) ? methods[path] : undefined
    if (refusal !== undefined) call.fail(refusal)
    else if (method === undefined) {
      const shown = visibleJson(path.slice(0, 200))
      call.fail(new GrpcError('unimplemented', `there is no method ${shown} here`))
    } else void call.serve(headers, method)
  }

  function refuse(
    admits: Authentication,
    stream: ServerHttp2Stream,
    authorization: string | undefined,
  ): GrpcError | undefined {
    const address = stream.session?.socket.remoteAddress ?? ''
    const now = clock.monotonic()
    const waitMs = failures.waitMs(address, now)
    if (waitMs > 0) return new GrpcError('resource_exhausted', 'too many requests', { retryDelayMs: waitMs })
    if (admits(authorization)) return undefined
    failures.failed(address, now)
    logger.warn('a request without valid credentials was refused', { server: name, address })
    return new GrpcError('unauthenticated', 'unauthorized')
  }
}

/** Sends away what is no call of gRPC, with a status of HTTP. */
function isGrpc(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
  if (headers[':method'] === 'POST' && /^application\/grpc(?:[+;]|$)/.test(headers['content-type'] ?? ''))
    return true
  stream.respond({ ':status': headers[':method'] === 'POST' ? 415 : 405 }, { endStream: true })
  stream.close()
  return false
}
