import { formatEndpoint, type Endpoint } from './endpoint.ts'
import { findPortOwner } from './port-owner.ts'

/** A server could not listen. The message says where, and why in words that help. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code = 'cannot_listen'
}

/** Makes the error of a failed `listen`, and looks up who holds the port. */
export async function explainListenError(cause: unknown, endpoint: Endpoint): Promise<ListenError> {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const reason = (await reasons[code]?.(endpoint)) ?? (cause instanceof Error ? cause.message : String(cause))
  return new ListenError(`cannot listen on ${formatEndpoint(endpoint)}: ${reason}`, { cause })
}

const reasons: Readonly<Record<string, (endpoint: Endpoint) => string | Promise<string>>> = {
  async EADDRINUSE({ port }) {
    const owner = await findPortOwner(port)
    if (owner === undefined) return 'in use by another process'
    return owner.pid === process.pid
      ? 'in use by another component of this process'
      : `in use by pid ${owner.pid} (${owner.name})`
  },
  EACCES: ({ port }) =>
    port < 1024
      ? `port ${port} is privileged: choose one from 1024 up, or grant CAP_NET_BIND_SERVICE`
      : 'permission denied',
  EADDRNOTAVAIL: ({ host }) => `no interface of this machine has the address ${host}`,
  ENOTFOUND: ({ host }) => `the name ${host} is not known`,
  EAI_AGAIN: ({ host }) => `the name ${host} could not be looked up`,
}
