import { version } from '#src/cli/version.ts'
import { systemClock, type Clock } from '#src/component/clock.ts'
import { AnswerBody, type BodySink } from './answer-body.ts'
import { ClientError } from './client-error.ts'
import { ConnectionPool, type PoolLimits } from './connection-pool.ts'
import type { Connection, WireRequest } from './connection.ts'
import { Dialer, type ClientTls, type DialerSettings } from './dialer.ts'
import { formatRequestHead, type RequestHeaders } from './request-head.ts'

/** What every request says. */
interface Request {
  /** http or https. */
  readonly url: URL
  readonly headers?: RequestHeaders
  /** From the call to the last byte of the answer: names, connections, redirects and waiting included. */
  readonly timeoutMs: number
}

/** A request for a body. */
export interface GetRequest extends Request {
  /** Bytes of the body, its encodings undone, at which the request fails. 0 or absent is no limit. */
  readonly bodySizeLimit?: number
}

/** A request that brings a body. */
export interface PostRequest extends Request {
  /** The parts of the body, in order. They are not copied: nothing may write to them until the promise settles. */
  readonly body: readonly Uint8Array[]
  /** Whether the server may get it twice: then it is sent again where a kept connection turns out to be dead. */
  readonly idempotent?: boolean
}

/** What came back. */
export interface Answer {
  readonly status: number
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** Bytes of the body as they came. */
  readonly wireBytes: number
  /** Bytes of the body, its encodings undone. */
  readonly bodyBytes: number
  /** The first 4 KiB of a body that no sink took, as text for people: control characters included. */
  readonly excerpt: string
}

/** How a client behaves. */
export interface HttpClientSettings extends DialerSettings {
  readonly pool?: Partial<PoolLimits>
  readonly tls?: ClientTls
  readonly userAgent?: string
}

const defaultPool: PoolLimits = { idleTimeoutMs: 90_000, maxIdle: 20_000, maxIdlePerOrigin: 100 }

/** Errors of a kept connection that the server had closed before it got the request. */
const staleCodes: ReadonlySet<string> = new Set(['connection_reset', 'connection_closed'])

/**
 * A client for HTTP/1.1 with bounds on time and size. It reads bodies through one reused buffer and keeps connections.
 */
export class HttpClient {
  readonly #settings: HttpClientSettings
  readonly #clock: Clock
  readonly #dialer: Dialer
  readonly #pool: ConnectionPool
  readonly #userAgent: string

  constructor(settings: HttpClientSettings = {}) {
    this.#settings = settings
    this.#clock = settings.clock ?? systemClock
    this.#dialer = new Dialer(settings)
    this.#pool = new ConnectionPool({ ...defaultPool, ...settings.pool }, this.#clock)
    this.#userAgent = settings.userAgent ?? `weir/${version}`
  }

  /**
   * Gets a body. The sink gets it where the status is 2xx; of others the answer has an excerpt.
   *
   * @throws {ClientError}, what the sink threw, or the signal's reason
   */
  async get(request: GetRequest, sink: BodySink, signal?: AbortSignal): Promise<Answer> {
    return await this.#withDeadline(request, signal, (deadline) =>
      this.#send({ request, method: 'GET', body: [], repeatable: true, sink }, deadline),
    )
  }

  /**
   * Sends a body. When the promise settles, either way, the buffers of the body are the caller's again.
   *
   * @throws {ClientError} or the signal's reason
   */
  async post(request: PostRequest, signal?: AbortSignal): Promise<Answer> {
    const { body, idempotent = false } = request
    return await this.#withDeadline(request, signal, (deadline) =>
      this.#send({ request, method: 'POST', body, repeatable: idempotent, sink: undefined }, deadline),
    )
  }

  /** Closes idle connections; those in use are closed when their request ends. */
  close(): void {
    this.#pool.close()
  }

  async #withDeadline<Result>(
    { timeoutMs }: Request,
    signal: AbortSignal | undefined,
    run: (deadline: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    signal?.throwIfAborted()
    const controller = new AbortController()
    const cancel = this.#clock.after(timeoutMs, () =>
      controller.abort(new ClientError('timeout', `no complete answer within ${timeoutMs / 1000} s`)),
    )
    const abort = (): void => controller.abort(signal?.reason)
    signal?.addEventListener('abort', abort)
    try {
      return await run(controller.signal)
    } finally {
      cancel()
      signal?.removeEventListener('abort', abort)
    }
  }

  async #send(exchange: PreparedExchange, deadline: AbortSignal): Promise<Answer> {
    const { url } = exchange.request
    const wire = this.#wireRequest(exchange)
    const kept = this.#pool.take(url.origin)
    if (kept !== undefined) {
      try {
        return await this.#exchangeOn(kept, exchange, wire, deadline)
      } catch (error) {
        const stale = error instanceof ClientError && staleCodes.has(error.code) && !kept.answered
        if (!stale || !exchange.repeatable) throw error
      }
    }
    return await this.#exchangeOn(await this.#dial(url, deadline), exchange, wire, deadline)
  }

  async #exchangeOn(
    connection: Connection,
    { request, sink }: PreparedExchange,
    wire: WireRequest,
    deadline: AbortSignal,
  ): Promise<Answer> {
    const body = new AnswerBody(sink, request.bodySizeLimit ?? 0)
    try {
      await connection.exchange(wire, body, deadline)
    } finally {
      body.release()
    }
    this.#pool.put(request.url.origin, connection)
    const { status = 0, headers = new Map<string, string>() } = body.answer ?? {}
    return { status, headers, wireBytes: body.wireBytes, bodyBytes: body.bodyBytes, excerpt: body.excerpt }
  }

  #wireRequest({ request, method, body }: PreparedExchange): WireRequest {
    const { url, headers = {} } = request
    const length = body.reduce((sum, part) => sum + part.length, 0)
    const head = formatRequestHead(method, url.pathname + url.search, url.host, {
      'User-Agent': this.#userAgent,
      ...headers,
      ...(method === 'POST' ? { 'Content-Length': String(length) } : {}),
    })
    return { method, head, body: body.filter((part) => part.length > 0) }
  }

  async #dial({ protocol, hostname, port }: URL, deadline: AbortSignal): Promise<Connection> {
    const secure = protocol === 'https:'
    // URLs have IPv6 addresses in brackets.
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const endpoint = { host, port: port === '' ? (secure ? 443 : 80) : Number(port) }
    return await this.#dialer.dial(endpoint, secure ? (this.#settings.tls ?? {}) : undefined, deadline)
  }
}

interface PreparedExchange {
  readonly request: GetRequest
  readonly method: string
  readonly body: readonly Uint8Array[]
  /** Whether it may be sent again on another connection when nothing of an answer came. */
  readonly repeatable: boolean
  readonly sink: BodySink | undefined
}
