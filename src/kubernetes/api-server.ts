import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { compilePrometheusClient, type HttpClientOptions } from '#src/http/client/prometheus-client-config.ts'
import type { ClusterAccess } from './cluster-access.ts'

/** An API server by its URL, and how it is asked in the words of Prometheus. */
export interface ApiServerOptions {
  readonly server: string
  readonly client: HttpClientOptions
}

/**
 * The way to an API server whose URL is known.
 *
 * @throws {ConfigError} for client options that do not go together
 */
export function apiServerAccess(
  { server, client }: ApiServerOptions,
  surroundings: ClientSurroundings,
): ClusterAccess {
  const { ca, ca_file: file } = client.tls_config
  const configured = file === undefined ? 'those of tls_config.ca' : `those of ${file}`
  return {
    server: new URL(server),
    client: compilePrometheusClient(client, surroundings),
    namespace: undefined,
    trust: (ca ?? file) === undefined ? 'those of this machine' : configured,
  }
}
