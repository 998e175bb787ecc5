import { ConfigError } from '#src/config/config-error.ts'
import { endpointOf } from '#src/http/client/origin.ts'
import { parseEndpoint, type Endpoint } from '#src/http/endpoint.ts'

/** Where a server of gRPC is, and what that says of TLS. */
export interface GrpcTarget {
  readonly endpoint: Endpoint
  /** Undefined where the form does not say. */
  readonly secure: boolean | undefined
}

/** The scheme of gRPC's own naming, with or without the name of a server to ask. */
const dnsForm = /^dns:(?:\/\/(?<server>[^/]*)\/)?(?<place>[^/].*)$/

/**
 * Reads an endpoint as the Collector has it: `host:port`, `dns:///host:port`, or a URL with http or https.
 *
 * @throws {ConfigError} with an empty path
 */
export function parseGrpcEndpoint(text: string): GrpcTarget {
  if (/^https?:\/\//.test(text)) {
    const url = URL.parse(text)
    if (url === null || (url.pathname !== '/' && url.pathname !== '') || url.search !== '')
      throw new ConfigError('expected no more than scheme, host and port, as in https://collector:4317')
    if (url.username !== '') throw new ConfigError('a user is told by basic_auth, not in the endpoint')
    return { endpoint: endpointOf(url), secure: url.protocol === 'https:' }
  }
  const { server = '', place } = dnsForm.exec(text)?.groups ?? {}
  if (server !== '') throw new ConfigError('names are looked up by the system, not by a server named here')
  if (place === undefined && /^[a-z][a-z+.-]*:(?:\/\/|[^0-9])/.test(text))
    throw new ConfigError('of the schemes of gRPC only dns is known: expected host:port, or dns:///host:port')
  const endpoint = parseEndpoint(place ?? text)
  if (endpoint.host === '' || endpoint.port === 0)
    throw new ConfigError(`"${text}" lacks a host or a port: expected host:port, as in collector:4317`)
  return { endpoint, secure: undefined }
}
