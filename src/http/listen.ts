import { once } from 'node:events'
import type { Server } from 'node:net'
import type { Endpoint } from './endpoint.ts'
import { explainListenError } from './listen-error.ts'

/**
 * Has a server listen.
 *
 * @returns where it listens in fact
 * @throws {ListenError} where the port cannot be had: it names the process that holds it
 */
export async function listen(server: Server, endpoint: Endpoint): Promise<Endpoint> {
  const { host, port } = endpoint
  const listening = once(server, 'listening')
  try {
    server.listen({ port, ...(host === '' ? {} : { host }) })
    await listening
  } catch (error) {
    throw await explainListenError(error, endpoint)
  }
  const address = server.address()
  return address === null || typeof address === 'string'
    ? endpoint
    : { host: address.address, port: address.port }
}
