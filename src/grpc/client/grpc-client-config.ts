import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import { Duration, Options, Type, WithoutEffect, type Static } from '#src/config/schema.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import {
  ClientHeaders,
  clientTlsProperties,
  compileClientTls,
  compileHeaders,
} from '#src/http/client/collector-client-config.ts'
import { compileCredentials, credentialsProperties } from '#src/http/client/credentials-config.ts'
import { GrpcClient } from './grpc-client.ts'
import { parseGrpcEndpoint } from './grpc-endpoint.ts'

/** What every component that sends by gRPC takes, in the Collector's names (`configgrpc`), beside compression and timeout. */
export const grpcClientProperties = {
  endpoint: Type.String({
    description:
      'Where to send to: `host:port`, `dns:///host:port`, or a URL of scheme, host and port. With `https` TLS is spoken, with `http` it is not, else `tls.insecure` says it.',
    minLength: 1,
  }),
  tls: Options(
    {
      insecure: Type.Boolean({
        description: 'Whether no TLS is spoken where the endpoint does not say.',
        default: false,
      }),
      ...clientTlsProperties,
    },
    { description: 'TLS with the server.' },
  ),
  headers: ClientHeaders,
  ...credentialsProperties,
  authority: Type.Optional(
    Type.String({ description: 'What the server is to see as its name, instead of the endpoint.' }),
  ),
  keepalive: Options(
    {
      time: Duration({
        description:
          'How long a server may be silent before it is asked whether it is still there; 0 never asks. It doubles when a server complains.',
        default: '10s',
      }),
      timeout: Duration({ description: 'How long it has to answer.', default: '10s', minimum: '1ms' }),
      permit_without_stream: Type.Boolean({
        description: 'Whether it is asked also while no request is on its way.',
        default: false,
      }),
    },
    { description: 'Finds connections that died without a word.' },
  ),
  balancer_name: Type.Enum(['round_robin', 'pick_first'], {
    description:
      'Which of several addresses of the host is used: with `round_robin` each new connection begins with the next one, with `pick_first` with the first.',
    default: 'round_robin',
  }),
  wait_for_ready: WithoutEffect('what cannot be reached is tried again in any case'),
  read_buffer_size: WithoutEffect('answers are small'),
  write_buffer_size: WithoutEffect('requests are written without a buffer'),
}

const Shape = Options(grpcClientProperties)

/** Those options, as the reader gives them. */
export type GrpcClientOptions = Static<typeof Shape>

/** Headers that the client or the protocol writes itself. */
const reservedForm = /^(?:grpc-.*|content-type|user-agent|keep-alive|proxy-connection|http2-settings)$/

/**
 * Makes a client from the options of a component that sends. It does nothing until it is asked, so that making one is how to
 * check the options. `close` it.
 *
 * @throws {ConfigError} with paths among the options: all mistakes at once
 */
export function compileGrpcClient(config: GrpcClientOptions, surroundings: ClientSurroundings): GrpcClient {
  const { time, timeout, permit_without_stream: permitWithoutStream } = config.keepalive
  const [target, tls, credentials, headers] = makeAll(
    () => located(['endpoint'], () => parseGrpcEndpoint(config.endpoint)),
    () => located(['tls'], () => compileClientTls(config.tls, surroundings)),
    () => compileCredentials(config, surroundings),
    () => compileMetadata(config.headers),
  )
  return new GrpcClient({
    ...surroundings,
    endpoint: target.endpoint,
    tls: (target.secure ?? !config.tls.insecure) ? tls : undefined,
    authority: config.authority === '' ? undefined : config.authority,
    credentials,
    headers,
    rotates: config.balancer_name === 'round_robin',
    keepalive: { timeMs: time, timeoutMs: timeout, permitWithoutStream },
  })
}

/** Metadata by name in lower case, as HTTP/2 has it. */
function compileMetadata(headers: GrpcClientOptions['headers']): Record<string, readonly string[]> {
  const entries = Object.entries(compileHeaders(headers)).map(
    ([name, values]) => [name.toLowerCase(), typeof values === 'string' ? [values] : values] as const,
  )
  for (const [name] of entries)
    if (reservedForm.test(name))
      throw new ConfigError(`the header ${name} is the protocol's own`, ['headers', name])
  return Object.fromEntries(entries)
}
