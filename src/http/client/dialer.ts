import { connect as connectPlain, isIP, type OnReadOpts } from 'node:net'
import { checkServerIdentity, connect as connectSecure, type ConnectionOptions } from 'node:tls'
import { systemClock, type Clock } from '#src/component/clock.ts'
import { formatEndpoint, type Endpoint } from '../endpoint.ts'
import { ClientError } from './client-error.ts'
import { Connection } from './connection.ts'
import { HostLookup, type Lookup } from './host-lookup.ts'
import type { Deadline } from './deadline.ts'
import { explainSocketError } from './socket-error.ts'
import type { ClientTls } from './tls-source.ts'

/** What connections need of their surroundings. */
export interface DialerSettings {
  readonly clock?: Clock | undefined
  readonly lookup?: Lookup | undefined
  /** Asked before each connection, with the address itself: what a name stands for may change between two lookups. */
  readonly mayConnect?: ((address: string) => boolean) | undefined
}

/** How long an address has before the next one is tried beside it (RFC 8305, 5). */
const headStartMs = 250

/** Opens connections: looks up the host, tries its addresses in turn, and shakes hands where TLS is asked for. */
export class Dialer {
  readonly #clock: Clock
  readonly #hosts: HostLookup
  readonly #mayConnect: (address: string) => boolean

  constructor(settings: DialerSettings = {}) {
    this.#clock = settings.clock ?? systemClock
    this.#hosts = new HostLookup(settings.lookup)
    this.#mayConnect = settings.mayConnect ?? (() => true)
  }

  /**
   * @param tls present for https
   * @throws {ClientError} or the signal's reason
   */
  async dial(endpoint: Endpoint, tls: ClientTls | undefined, deadline: Deadline): Promise<Connection> {
    const { signal } = deadline
    signal.throwIfAborted()
    deadline.stage = () => `while the name ${endpoint.host} was looked up`
    const addresses = await this.#hosts.addresses(endpoint.host, signal)
    const allowed = addresses.filter((address) => this.#mayConnect(address))
    if (allowed.length === 0) {
      const name = addresses.includes(endpoint.host)
        ? endpoint.host
        : `${endpoint.host} (${addresses.join(', ')})`
      throw new ClientError('address_denied', `connections to ${name} are not allowed`)
    }
    deadline.stage = () => `while the connection to ${formatEndpoint(endpoint)} was made`
    const options = tls === undefined ? undefined : secureOptions(endpoint.host, tls)
    const open = (address: string): Connection => {
      const place = { host: address, port: endpoint.port }
      return new Connection(formatEndpoint({ host: address, port: endpoint.port }), (onread) =>
        options === undefined
          ? connectPlain({ ...place, onread })
          : connectSecure({ ...place, ...options, onread } as ConnectionOptions & { onread: OnReadOpts }),
      )
    }
    const connection = await this.#race(allowed, open, signal)
    if (options !== undefined) await untilSecure(connection, deadline)
    return connection
  }

  /** The first address to connect, each with a head start before the next. */
  async #race(
    addresses: readonly string[],
    open: (address: string) => Connection,
    signal: AbortSignal,
  ): Promise<Connection> {
    return await new Promise<Connection>((resolve, reject) => {
      const running = new Set<Connection>()
      const errors: unknown[] = []
      let next = 0
      let cancelTimer: (() => void) | undefined

      const finish = (settle: () => void): void => {
        cancelTimer?.()
        signal.removeEventListener('abort', abort)
        for (const loser of running) loser.destroy()
        settle()
      }
      const abort = (): void => finish(() => reject(signal.reason as Error))
      const startNext = (): void => {
        cancelTimer?.()
        const address = addresses[next++]
        if (address === undefined) return
        if (next < addresses.length) cancelTimer = this.#clock.after(headStartMs, startNext)
        const connection = open(address)
        running.add(connection)
        connection.socket.once('connect', () => {
          running.delete(connection)
          finish(() => resolve(connection))
        })
        connection.socket.once('error', (error) => {
          if (!running.delete(connection)) return
          errors.push(explainSocketError(error, connection.peer))
          if (next < addresses.length) startNext()
          else if (running.size === 0) finish(() => reject(joined(errors)))
        })
      }
      signal.addEventListener('abort', abort)
      startNext()
    })
  }
}

/** Of several failures the first one's code, and the words of all. */
function joined(errors: readonly unknown[]): Error {
  const [first] = errors
  if (errors.length > 1 && first instanceof ClientError) {
    const all = errors.slice(0, 4).map((error) => (error instanceof Error ? error.message : String(error)))
    return new ClientError(first.code, all.join('; '), { cause: first })
  }
  return first instanceof Error ? first : new Error(String(first))
}

/** Waits until both sides have shaken hands. */
export async function untilSecure({ socket, peer }: Connection, deadline: Deadline): Promise<void> {
  const { signal } = deadline
  deadline.stage = () => `while TLS was negotiated with ${peer}`
  await new Promise<void>((resolve, reject) => {
    const settle = (how: () => void) => (): void => {
      socket.off('secureConnect', done)
      socket.off('error', failed)
      socket.off('close', closed)
      signal.removeEventListener('abort', abort)
      how()
    }
    const give = (error: unknown): void => {
      socket.destroy()
      reject(error)
    }
    const done = settle(resolve)
    const failed = (error: Error): void => settle(() => give(explainSocketError(error, peer)))()
    const closed = settle(() =>
      give(new ClientError('connection_closed', `${peer} closed the connection before it was ready`)),
    )
    const abort = settle(() => give(signal.reason))
    socket.on('secureConnect', done)
    socket.on('error', failed)
    socket.on('close', closed)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
  })
}

/** What node:tls is told: the certificate must be for the host of the URL, whatever address it has. */
export function secureOptions(
  host: string,
  { context, serverName, insecureSkipVerify }: ClientTls,
): ConnectionOptions {
  const name = serverName ?? host
  return {
    secureContext: context,
    // An address is no server name (RFC 6066, 3).
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: insecureSkipVerify !== true,
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  }
}
