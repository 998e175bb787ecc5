import { connect as connectSecure } from 'node:tls'
import { isIP } from 'node:net'
import { systemClock } from '#src/component/clock.ts'
import { formatEndpoint } from '../endpoint.ts'
import { AnswerBody } from './answer-body.ts'
import { ClientError } from './client-error.ts'
import { ConnectionPool, type PoolLimits } from './connection-pool.ts'
import { Connection, type AnswerReceiver, type WireRequest } from './connection.ts'
import type { Deadline } from './deadline.ts'
import { Dialer, secureOptions, untilSecure, type DialerSettings } from './dialer.ts'
import { endpointOf, hostOf } from './origin.ts'
import type { Proxy, ProxyRule } from './proxy.ts'
import {
  formatRequestHead,
  HeaderLines,
  headerLines,
  mergeHeaders,
  type RequestHeaders,
} from './request-head.ts'
import { TlsSource, type ClientTls } from './tls-source.ts'

/** How requests reach their servers. */
export interface TransportSettings extends DialerSettings {
  readonly pool?: Partial<PoolLimits> | undefined
  readonly tls?: TlsSource | undefined
  readonly proxy?: ProxyRule | undefined
}

/** One request to one URL. */
export interface Call {
  readonly url: URL
  readonly method: string
  /** Of a header that comes twice the later wins. */
  readonly headers: readonly (RequestHeaders | undefined)[]
  readonly body: readonly Uint8Array[]
  /** Whether it may be sent again on another connection when nothing of an answer came. */
  readonly repeatable: boolean
}

/** How a URL is reached now. */
interface Route {
  /** Connections of the same key serve the same routes. */
  readonly key: string
  readonly tls: ClientTls | undefined
  readonly proxy: Proxy | undefined
}

const defaultLimits: PoolLimits = { idleTimeoutMs: 90_000, maxIdle: 20_000, maxIdlePerOrigin: 100 }

/** Errors of a kept connection that the server had closed before it got the request. */
const staleCodes: ReadonlySet<string> = new Set(['connection_reset', 'connection_closed'])

/** Sends requests over kept or new connections, directly or through a proxy. */
export class Transport {
  readonly #dialer: Dialer
  readonly #limits: PoolLimits
  readonly #pool: ConnectionPool
  readonly #tls: TlsSource
  readonly #proxy: ProxyRule
  readonly #mayConnect: ((address: string) => boolean) | undefined
  readonly #closing: RequestHeaders | undefined
  readonly #lines = new HeaderLines()
  #currentTls: ClientTls | undefined
  /** How often what connections are made with has changed: older ones are not used again. */
  #generation = 0

  constructor(settings: TransportSettings) {
    this.#dialer = new Dialer(settings)
    this.#limits = { ...defaultLimits, ...settings.pool }
    this.#closing = this.#limits.idleTimeoutMs === 0 ? { Connection: 'close' } : undefined
    this.#pool = new ConnectionPool(this.#limits, settings.clock ?? systemClock)
    this.#tls = settings.tls ?? new TlsSource()
    this.#proxy = settings.proxy ?? (() => undefined)
    this.#mayConnect = settings.mayConnect
  }

  /**
   * Sends a request and takes the answer. When it settles, the buffers of the body are free.
   *
   * @throws {ClientError}, what the receiver threw, or the deadline's reason
   */
  async send(call: Call, receiver: AnswerReceiver, deadline: Deadline): Promise<void> {
    const route = this.#route(call.url)
    const wire = this.#wireRequest(call, route.proxy)
    const kept = this.#pool.take(route.key)
    if (kept !== undefined) {
      try {
        await this.#exchange(kept, route, wire, receiver, deadline)
        return
      } catch (error) {
        const stale = error instanceof ClientError && staleCodes.has(error.code) && !kept.answered
        if (!stale || !call.repeatable) throw error
      }
    }
    const connection = await this.#connect(call.url, route, deadline)
    await this.#exchange(connection, route, wire, receiver, deadline)
  }

  /** Closes idle connections; those in use are closed when their request ends. */
  close(): void {
    this.#pool.close()
  }

  async #exchange(
    connection: Connection,
    { key }: Route,
    wire: WireRequest,
    receiver: AnswerReceiver,
    deadline: Deadline,
  ): Promise<void> {
    deadline.stage = () => connection.stage
    await connection.exchange(wire, receiver, deadline)
    this.#pool.put(key, connection)
  }

  #route(url: URL): Route {
    const proxy = this.#proxy(url)
    const secure = url.protocol === 'https:'
    const tls = secure || proxy?.url.protocol === 'https:' ? this.#latestTls() : undefined
    // Through a proxy plain requests to all hosts share connections; for TLS each has its tunnel.
    const origin = proxy === undefined || secure ? url.origin : ''
    return { key: `${this.#generation} ${proxy?.url.origin ?? ''} ${origin}`, tls, proxy }
  }

  #latestTls(): ClientTls {
    const tls = this.#tls.current()
    if (this.#currentTls !== undefined && tls !== this.#currentTls) {
      this.#generation++
      this.#pool.closeIdle()
    }
    this.#currentTls = tls
    return tls
  }

  #wireRequest({ url, method, headers, body }: Call, proxy: Proxy | undefined): WireRequest {
    const viaForward = proxy !== undefined && url.protocol === 'http:'
    const path = url.pathname + url.search
    const target = viaForward ? `${url.protocol}//${url.host}${path}` : path
    const own =
      method === 'GET' && !viaForward
        ? this.#closing
        : this.#ownHeaders(method, body, viaForward ? proxy : undefined)
    const lines = this.#lines.of(own === undefined ? headers : [...headers, own])
    return {
      method,
      head: formatRequestHead(method, target, url.host, lines),
      body: body.filter((part) => part.length > 0),
    }
  }

  #ownHeaders(method: string, body: readonly Uint8Array[], proxy: Proxy | undefined): RequestHeaders {
    const own: Record<string, string | readonly string[]> = { ...this.#closing }
    if (proxy?.authorization !== undefined) own['Proxy-Authorization'] = proxy.authorization
    if (method !== 'GET') own['Content-Length'] = String(body.reduce((sum, part) => sum + part.length, 0))
    return own
  }

  async #connect(url: URL, { tls, proxy }: Route, deadline: Deadline): Promise<Connection> {
    const secure = url.protocol === 'https:'
    if (proxy === undefined)
      return await this.#dialer.dial(endpointOf(url), secure ? tls : undefined, deadline)
    // What a proxy looks up is not seen here; an address that is written out is.
    if (isIP(hostOf(url)) !== 0 && this.#mayConnect?.(hostOf(url)) === false) {
      throw new ClientError('address_denied', `connections to ${hostOf(url)} are not allowed`)
    }
    const proxyTls = proxy.url.protocol === 'https:' ? tls : undefined
    const connection = await this.#dialer.dial(endpointOf(proxy.url), proxyTls, deadline)
    return secure && tls !== undefined ? await openTunnel(connection, url, tls, proxy, deadline) : connection
  }
}

/** Asks a proxy for a way to the server (RFC 9110, 9.3.6), and shakes hands with the server through it. */
async function openTunnel(
  connection: Connection,
  url: URL,
  tls: ClientTls,
  proxy: Proxy,
  deadline: Deadline,
): Promise<Connection> {
  const place = formatEndpoint(endpointOf(url))
  const answer = new AnswerBody(undefined, 0)
  const authorization =
    proxy.authorization === undefined ? {} : { 'Proxy-Authorization': proxy.authorization }
  const lines = headerLines(mergeHeaders(proxy.connectHeaders, authorization))
  const head = formatRequestHead('CONNECT', place, place, lines)
  deadline.stage = () => `while the proxy ${connection.peer} connected to ${place}`
  await connection.exchange({ method: 'CONNECT', head, body: [] }, answer, deadline)
  const { status = 0 } = answer.answer ?? {}
  if (status < 200 || status > 299) {
    connection.destroy()
    throw new ClientError(
      'proxy_refused',
      `the proxy ${connection.peer} refused a way to ${place}: status ${status}`,
    )
  }
  // Over another socket node:tls ignores `onread` (its documentation says so): data events then, with their allocations.
  const secure = new Connection(
    place,
    () => connectSecure({ socket: connection.socket, ...secureOptions(hostOf(url), tls) }),
    true,
  )
  await untilSecure(secure, deadline)
  return secure
}
