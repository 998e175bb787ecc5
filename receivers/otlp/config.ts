import { deliveryProperties } from '#src/arrivals/deliveries.ts'
import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import { ByteSize, Duration, Options, Type, WithoutEffect, type Static } from '#src/config/schema.ts'
import { compileAuthentication } from '#src/http/authentication.ts'
import { parseEndpoint } from '#src/http/endpoint.ts'
import { serverProperties, type ServerTlsConfig } from '#src/http/server-config.ts'
import { validateServerTls } from '#src/http/tls-files.ts'

/** Encodings of messages of gRPC that are taken. */
export const grpcEncodings = ['gzip', 'deflate', 'zstd', 'snappy'] as const

const httpEncodings = ['', 'gzip', 'zstd', 'zlib', 'snappy', 'deflate'] as const

const withoutMetadata = 'Weir keeps no metadata of clients'

const keepalive = Options(
  {
    server_parameters: Options(
      {
        max_connection_idle: Duration({
          description: 'How long a connection without calls is kept; 0 is for ever.',
          default: '0s',
        }),
        max_connection_age: Duration({
          description: 'How long a connection takes new calls; 0 is for ever.',
          default: '0s',
        }),
        max_connection_age_grace: Duration({
          description: 'How long its calls then have to end; 0 is for ever.',
          default: '0s',
        }),
        time: Duration({
          description: 'How often a client is asked whether it is still there; 0 never asks.',
          default: '2h',
        }),
        timeout: Duration({ description: 'How long it has to answer.', default: '20s', minimum: '1ms' }),
      },
      { description: 'How connections are kept.' },
    ),
    enforcement_policy: WithoutEffect('clients that ask too often are sent away by a bound of HTTP/2'),
  },
  { description: 'Finds and ends connections that nobody uses.' },
)

const Grpc = Options(
  {
    endpoint: Type.String({
      description: 'Where to listen: host:port. A bare :port listens on all addresses.',
      default: 'localhost:4317',
    }),
    transport: Type.Enum(['tcp', 'tcp4', 'tcp6'], {
      description: 'Accepted as the Collector has it; the endpoint says it.',
      default: 'tcp',
    }),
    tls: serverProperties.tls,
    basic_auth: serverProperties.basic_auth,
    bearer_token: serverProperties.bearer_token,
    max_recv_msg_size_mib: Type.Integer({
      description: 'The most that a request may have, as it comes and decompressed, in MiB.',
      default: 4,
      minimum: 1,
      maximum: 1024,
    }),
    max_concurrent_streams: Type.Integer({
      description: 'Calls at a time on one connection.',
      default: 100,
      minimum: 1,
      maximum: 4_294_967_295,
    }),
    max_connections: serverProperties.max_connections,
    read_timeout: Duration({
      description: 'How long a client may take to send a request. 0 is no limit.',
      default: '30s',
    }),
    keepalive,
    read_buffer_size: WithoutEffect('Node reads as data comes'),
    write_buffer_size: WithoutEffect('answers are small'),
    include_metadata: WithoutEffect(withoutMetadata),
  },
  { description: 'Takes OTLP over gRPC.' },
)

const Http = Options(
  {
    ...serverProperties,
    endpoint: Type.String({
      description: 'Where to listen: host:port. A bare :port listens on all addresses.',
      default: 'localhost:4318',
    }),
    transport: Type.Enum(['tcp', 'tcp4', 'tcp6'], {
      description: 'Accepted as the Collector has it; the endpoint says it.',
      default: 'tcp',
    }),
    metrics_url_path: Type.String({
      description: 'Where requests are taken.',
      default: '/v1/metrics',
      pattern: '^/[^?#]*$',
    }),
    traces_url_path: WithoutEffect('only metrics are taken'),
    logs_url_path: WithoutEffect('only metrics are taken'),
    max_request_body_size: ByteSize({
      description: 'The most that a request may have, as it comes and decompressed.',
      default: '20MiB',
    }),
    compression_algorithms: Type.Array(Type.Enum(httpEncodings), {
      description: 'The encodings of requests that are taken; an empty text stands for none.',
      default: [...httpEncodings],
    }),
    cors: Type.Optional(
      Options(
        {
          allowed_origins: Type.Array(Type.String(), {
            description: 'Origins of pages that may send, such as `https://*.example.com`.',
            default: [],
          }),
          allowed_headers: Type.Array(Type.String(), {
            description: 'Headers that they may set beside those that every page may.',
            default: [],
          }),
          exposed_headers: Type.Array(Type.String(), {
            description: 'Headers of answers that they may read.',
            default: [],
          }),
          max_age: Type.Integer({
            description:
              'For how many seconds a browser may remember the answer; 0 leaves it to the browser.',
            default: 0,
            minimum: 0,
          }),
        },
        { description: 'Lets pages of browsers send.' },
      ),
    ),
    include_metadata: WithoutEffect(withoutMetadata),
  },
  { description: 'Takes OTLP over HTTP, in protobuf and in JSON.' },
)

/** The options of `otlp`: the Collector's, and bounds of our own. */
export const Config = Options({
  protocols: Options(
    { grpc: Type.Optional(Grpc), http: Type.Optional(Http) },
    {
      description:
        'What is spoken. A protocol without a value takes all defaults; one that is absent is off.',
    },
  ),
  max_inflight_size: ByteSize({
    description:
      'The most that all requests that are being received may have together; more are answered as unavailable.',
    default: '256MiB',
  }),
  max_series: Type.Integer({
    description: 'How many series are known at a time; others are rejected. Each takes about a kilobyte.',
    default: 1_000_000,
    minimum: 1,
  }),
  series_idle_timeout: Duration({
    description: 'After so long without a point a series is let go, without a stale marker.',
    default: '10m',
    minimum: '1s',
  }),
  ...deliveryProperties,
})

export type OtlpConfig = Static<typeof Config>
export type GrpcConfig = Static<typeof Grpc>
export type HttpConfig = Static<typeof Http>

/**
 * Says what the schema cannot.
 *
 * @throws {ConfigError} all mistakes at once
 */
export function checkOptions({ protocols: { grpc, http } }: OtlpConfig): void {
  if (grpc === undefined && http === undefined) {
    throw new ConfigError('names no protocol: expected grpc, http or both', ['protocols'])
  }
  const servers = [
    ['grpc', grpc],
    ['http', http],
  ] as const
  makeAll(
    ...servers.map(
      ([name, server]) =>
        () =>
          server && checkServer(name, server),
    ),
  )
}

function checkServer(name: string, server: GrpcConfig | HttpConfig): void {
  const tls: ServerTlsConfig | undefined = server.tls
  makeAll(
    () => located(['protocols', name, 'endpoint'], () => parseEndpoint(server.endpoint)),
    () => located(['protocols', name], () => compileAuthentication(server)),
    () => located(['protocols', name, 'tls'], () => tls && validateServerTls(tls)),
  )
}
