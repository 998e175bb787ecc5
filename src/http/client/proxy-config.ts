import { ConfigError } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import { SecretText, Type } from '#src/config/schema.ts'
import type { Secret } from '#src/config/secret.ts'
import type { ClientSurroundings } from './client-surroundings.ts'
import { refuseBoth } from './exclusive-options.ts'
import { compileProxyRule, type ProxyRule } from './proxy.ts'
import { configuredHeaderProblem, type RequestHeaders } from './request-head.ts'

/** Prometheus' options of proxies. */
export const proxyProperties = {
  proxy_url: Type.Optional(
    SecretText({
      description: 'The proxy to ask through: http://host:port, with user:password@ where it wants them.',
    }),
  ),
  no_proxy: Type.Optional(
    Type.String({
      description:
        'Hosts that are asked directly, by commas: names, `.domain`, addresses, networks, each with or without a port.',
    }),
  ),
  proxy_from_environment: Type.Boolean({
    description: 'Whether HTTP_PROXY, HTTPS_PROXY and NO_PROXY are obeyed.',
    default: false,
  }),
  proxy_connect_header: Type.Record(Type.String(), Type.Array(SecretText({ description: 'A value.' })), {
    description: 'Headers for the proxy when it is asked for a way to a server with TLS.',
    default: {},
  }),
}

/** Those options, as the reader gives them. */
export interface ProxyOptions {
  readonly proxy_url?: Secret
  readonly no_proxy?: string
  readonly proxy_from_environment: boolean
  readonly proxy_connect_header: Readonly<Record<string, readonly Secret[]>>
}

/**
 * Compiles which proxy is used for what.
 *
 * @throws {ConfigError} with paths among the options
 */
export function compileProxy(config: ProxyOptions, surroundings: ClientSurroundings): ProxyRule | undefined {
  const { no_proxy: noProxy, proxy_from_environment: fromEnvironment, proxy_connect_header: headers } = config
  const url = config.proxy_url?.reveal() ?? ''
  refuseBoth({ ...config, proxy_url: url }, ['proxy_url', 'proxy_from_environment'])
  if (noProxy !== undefined && noProxy !== '' && url === '') {
    throw new ConfigError('exempts from proxy_url, which is not there', ['no_proxy'])
  }
  const connectHeaders = revealHeaders(headers, ['proxy_connect_header'])
  const path = fromEnvironment ? ['proxy_from_environment'] : ['proxy_url']
  return located(path, () =>
    compileProxyRule(
      { url, noProxy, fromEnvironment, connectHeaders },
      surroundings.environment ?? process.env,
    ),
  )
}

/**
 * Headers with their values in the open.
 *
 * @throws {ConfigError} for one that HTTP cannot carry, or that is not to be set
 */
export function revealHeaders(
  headers: Readonly<Record<string, readonly (string | Secret)[]>>,
  path: readonly string[],
): RequestHeaders {
  const entries = Object.entries(headers).map(([name, values]): [string, string[]] => {
    const texts = values.map((value) => (typeof value === 'string' ? value : value.reveal()))
    for (const problem of ['', ...texts].map((text) => configuredHeaderProblem(name, text))) {
      if (problem !== undefined) throw new ConfigError(problem, [...path, name])
    }
    return [name, texts]
  })
  return Object.fromEntries(entries)
}
