import { connect as connectPlain, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectSecure, TLSSocket } from 'node:tls'
import { ClientError } from '#src/http/client/client-error.ts'
import type { Deadline } from '#src/http/client/deadline.ts'
import { secureOptions } from '#src/http/client/dialer.ts'
import type { HostLookup } from '#src/http/client/host-lookup.ts'
import { explainSocketError } from '#src/http/client/socket-error.ts'
import type { ClientTls } from '#src/http/client/tls-source.ts'
import { formatEndpoint, type Endpoint } from '#src/http/endpoint.ts'

/** Which addresses a host has, and how many of them are behind those that are tried first. */
export interface Addresses {
  readonly hosts: HostLookup
  readonly turn: number
}

/**
 * Opens a socket to one of a host's addresses, and shakes hands where TLS is asked for.
 *
 * @throws {ClientError} or the deadline's reason
 */
export async function dial(
  endpoint: Endpoint,
  tls: ClientTls | undefined,
  { hosts, turn }: Addresses,
  deadline: Deadline,
): Promise<Socket> {
  const { signal } = deadline
  const peer = formatEndpoint(endpoint)
  deadline.stage = () => `while the name ${endpoint.host} was looked up`
  const addresses = await hosts.addresses(endpoint.host, signal)
  deadline.stage = () => `while the connection to ${peer} was made`
  const place = { host: endpoint.host, port: endpoint.port, lookup: lookupOf(rotated(addresses, turn)) }
  const socket =
    tls === undefined
      ? connectPlain(place)
      : connectSecure({ ...place, ...secureOptions(endpoint.host, tls), ALPNProtocols: ['h2'] })
  socket.setNoDelay(true)
  await untilReady(socket, peer, signal)
  if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') {
    socket.destroy()
    throw new ClientError('malformed_response', `${peer} speaks no HTTP/2, which gRPC needs`)
  }
  return socket
}

function rotated(addresses: readonly string[], turn: number): readonly string[] {
  const first = turn % addresses.length
  return [...addresses.slice(first), ...addresses.slice(0, first)]
}

/** Gives node:net addresses that were looked up before. It tries them in turn, each with a head start. */
function lookupOf(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, options, callback) => {
    const [first = { address: '', family: 4 }] = all
    if (options.all === true) callback(null, all)
    else callback(null, first.address, first.family)
  }
}

async function untilReady(socket: Socket, peer: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const ready = socket instanceof TLSSocket ? 'secureConnect' : 'connect'
  const done = (): void => resolve()
  const failed = (error: Error): void => reject(explained(error, peer))
  const closed = (): void =>
    reject(new ClientError('connection_closed', `${peer} closed the connection before it was ready`))
  const abort = (): void => reject(signal.reason as Error)
  socket.once(ready, done).once('error', failed).once('close', closed)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  try {
    await promise
  } catch (error) {
    // Whatever else it has to say is said to nobody.
    socket.on('error', () => undefined)
    socket.destroy()
    throw error
  } finally {
    socket.off(ready, done).off('error', failed).off('close', closed)
    signal.removeEventListener('abort', abort)
  }
}

/** Where several addresses failed, node:net tells of all in one error, whose code is the first one's. */
function explained(error: Error, peer: string): Error {
  const told = explainSocketError(error, peer)
  return told instanceof Error ? told : error
}
