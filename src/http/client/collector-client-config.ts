import { getCiphers } from 'node:tls'
import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import { Duration, Options, SecretText, Type, WithoutEffect, type Static } from '#src/config/schema.ts'
import type { ClientSurroundings } from './client-surroundings.ts'
import { compileCredentials, credentialsProperties } from './credentials-config.ts'
import { refuseBoth } from './exclusive-options.ts'
import { configuredText } from './file-text.ts'
import { HttpClient } from './http-client.ts'
import { compileProxyRule } from './proxy.ts'
import { revealHeaders } from './proxy-config.ts'
import type { RequestHeaders } from './request-head.ts'
import { refuseHalf } from './tls-config.ts'
import { TlsSource } from './tls-source.ts'

const versions = { '1.0': 'TLSv1', '1.1': 'TLSv1.1', '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' } as const

const Version = (description: string) =>
  Type.Optional(Type.Enum(['1.0', '1.1', '1.2', '1.3'], { description }))

/** TLS of a client: the Collector's `configtls`, but for whether TLS is spoken. */
export const clientTlsProperties = {
  insecure_skip_verify: Type.Boolean({
    description: 'Whether any certificate will do: nobody knows then who answers.',
    default: false,
  }),
  server_name_override: Type.Optional(
    Type.String({
      description: 'The name that the server must prove, instead of the host of the endpoint.',
    }),
  ),
  ca_file: Type.Optional(
    Type.String({ description: 'The authorities to trust, PEM, instead of those of the system.' }),
  ),
  ca_pem: Type.Optional(Type.String({ description: 'The authorities themselves, instead of a file.' })),
  include_system_ca_certs_pool: Type.Boolean({
    description: 'Whether those of the system are trusted beside them.',
    default: false,
  }),
  cert_file: Type.Optional(Type.String({ description: 'The certificate chain to show, PEM.' })),
  cert_pem: Type.Optional(Type.String({ description: 'The chain itself, instead of a file.' })),
  key_file: Type.Optional(Type.String({ description: 'The private key of the certificate, PEM.' })),
  key_pem: Type.Optional(SecretText({ description: 'The key itself, instead of a file.' })),
  min_version: Version('The oldest protocol that is spoken. 1.2 unless said otherwise.'),
  max_version: Version('The newest protocol that is spoken.'),
  cipher_suites: Type.Array(Type.String(), {
    description: 'The ciphers of TLS 1.2 and before, by their standard names. Those of TLS 1.3 are fixed.',
    default: [],
  }),
  curve_preferences: Type.Array(Type.Enum(['X25519', 'P256', 'P384', 'P521', 'X25519MLKEM768']), {
    description: 'The key exchanges that are offered, best first.',
    default: [],
  }),
  reload_interval: WithoutEffect('files are read again within seconds of a change'),
}

const ClientTlsConfig = Options(
  {
    insecure: WithoutEffect('whether TLS is spoken is what the endpoint says, by https'),
    ...clientTlsProperties,
  },
  { description: 'TLS with the server, where the endpoint is https.' },
)

/** Headers that go with every request. */
export const ClientHeaders = Type.Union(
  [
    Type.Record(Type.String(), SecretText({ description: 'A value.' })),
    Type.Array(
      Options({
        name: Type.String({ description: 'The name of the header.' }),
        value: SecretText({ description: 'Its value.' }),
      }),
    ),
  ],
  { description: 'Headers of every request: a mapping, or a list of `name` and `value`.', default: {} },
)

/** What every component that sends by HTTP takes, in the Collector's names (`confighttp`), beside endpoint and timeout. */
export const clientProperties = {
  tls: ClientTlsConfig,
  headers: ClientHeaders,
  proxy_url: Type.Optional(
    SecretText({
      description:
        'The proxy to send through. Where absent, HTTP_PROXY, HTTPS_PROXY and NO_PROXY are obeyed.',
    }),
  ),
  ...credentialsProperties,
  follow_redirects: Type.Boolean({
    description:
      'Whether redirects are followed: at most 10, to the same host, never away from TLS. Credentials go no further than the first port and scheme.',
    default: true,
  }),
  idle_conn_timeout: Duration({ description: 'How long an idle connection is kept.', default: '90s' }),
  max_idle_conns: Type.Integer({ description: 'Idle connections that are kept.', default: 100, minimum: 0 }),
  max_idle_conns_per_host: Type.Optional(
    Type.Integer({ description: 'Of these, to one host. All of them if absent.', minimum: 0 }),
  ),
  max_conns_per_host: WithoutEffect('there are as many connections as requests at a time'),
  disable_keep_alives: Type.Boolean({
    description: 'Whether each request has a connection of its own.',
    default: false,
  }),
  read_buffer_size: WithoutEffect('answers are read through one buffer'),
  write_buffer_size: WithoutEffect('requests are written without a buffer'),
  force_attempt_http2: WithoutEffect('HTTP/1.1 is spoken'),
  http2_read_idle_timeout: WithoutEffect('HTTP/1.1 is spoken'),
  http2_ping_timeout: WithoutEffect('HTTP/1.1 is spoken'),
  cookies: WithoutEffect('cookies are not kept'),
}

const Shape = Options(clientProperties)

/** Those options, as the reader gives them. */
export type ClientOptions = Static<typeof Shape>

/**
 * Makes a client from the options of a component that sends. It does nothing until it is asked, so that making one is how
 * to check the options. `close` it.
 *
 * @throws {ConfigError} with paths among the options: all mistakes at once
 */
export function compileCollectorClient(config: ClientOptions, surroundings: ClientSurroundings): HttpClient {
  const { environment = process.env } = surroundings
  const proxyUrl = config.proxy_url?.reveal() ?? ''
  const [credentials, tls, proxy, headers] = makeAll(
    () => compileCredentials(config, surroundings),
    () => located(['tls'], () => compileClientTls(config.tls, surroundings)),
    () =>
      located(proxyUrl === '' ? [] : ['proxy_url'], () =>
        compileProxyRule({ url: proxyUrl, fromEnvironment: proxyUrl === '' }, environment),
      ),
    () => compileHeaders(config.headers),
  )
  return new HttpClient({
    ...surroundings,
    credentials,
    tls,
    proxy,
    headers: () => headers,
    redirects: config.follow_redirects ? 'same_host' : 'never',
    pool: {
      idleTimeoutMs: config.disable_keep_alives ? 0 : config.idle_conn_timeout,
      maxIdle: config.max_idle_conns,
      maxIdlePerOrigin: config.max_idle_conns_per_host ?? config.max_idle_conns,
    },
  })
}

/**
 * Headers by name, their values in the open.
 *
 * @throws {ConfigError} for one that HTTP cannot carry, or that is not to be set
 */
export function compileHeaders(headers: ClientOptions['headers']): RequestHeaders {
  const list = Array.isArray(headers)
    ? headers
    : Object.entries(headers).map(([name, value]) => ({ name, value }))
  return revealHeaders(Object.fromEntries(list.map(({ name, value }) => [name, [value]])), ['headers'])
}

/**
 * Compiles what connections with TLS are made with. No file is read yet.
 *
 * @throws {ConfigError} with paths among the options: all mistakes at once
 */
export function compileClientTls(
  config: Omit<ClientOptions['tls'], 'insecure'>,
  { clock, logger }: ClientSurroundings,
): TlsSource {
  const { min_version: min, max_version: max } = config
  makeAll(
    () => refuseBoth(config, ['ca_file', 'ca_pem']),
    () => refuseBoth(config, ['cert_file', 'cert_pem']),
    () => refuseBoth(config, ['key_file', 'key_pem']),
    () => {
      if (min !== undefined && max !== undefined && min > max) {
        throw new ConfigError(`is newer than max_version ${max}`, ['min_version'])
      }
    },
  )
  const ca = configuredText('tls.ca', config.ca_pem, config.ca_file, clock)
  const cert = configuredText('tls.cert', config.cert_pem, config.cert_file, clock)
  const key = configuredText('tls.key', config.key_pem, config.key_file, clock)
  refuseHalf(cert, key, 'cert_file or cert_pem', 'key_file or key_pem')
  return new TlsSource(
    {
      ca,
      withSystemCa: config.include_system_ca_certs_pool,
      cert,
      key,
      serverName: config.server_name_override === '' ? undefined : config.server_name_override,
      insecureSkipVerify: config.insecure_skip_verify,
      minVersion: min === undefined ? undefined : versions[min],
      maxVersion: max === undefined ? undefined : versions[max],
      ciphers: cipherList(config.cipher_suites),
      curves: config.curve_preferences.map((curve) => curve.replace(/^P(?=\d)/, 'P-')).join(':') || undefined,
    },
    logger,
  )
}

/** Ciphers by OpenSSL's names. */
function cipherList(names: readonly string[]): string | undefined {
  const known = new Set(getCiphers())
  const list = names.map((name, index) => {
    const cipher = openSslName(name)
    if (!known.has(cipher.toLowerCase()))
      throw new ConfigError('is no cipher that is known', ['cipher_suites', index])
    return cipher
  })
  return list.length === 0 ? undefined : list.join(':')
}

/** `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` is OpenSSL's `ECDHE-RSA-AES128-GCM-SHA256`. */
function openSslName(name: string): string {
  if (!name.includes('_WITH_')) return name
  return name
    .replace(/^TLS_(?:RSA_WITH_)?/, '')
    .replace('_WITH_', '_')
    .replace(/AES_(\d+)/, 'AES$1')
    .replace('_CBC', '')
    .replace('POLY1305_SHA256', 'POLY1305')
    .replaceAll('_', '-')
}
