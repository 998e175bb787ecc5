import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { fingerprintOf } from '#src/config/fingerprint.ts'
import { located } from '#src/config/located.ts'
import { viewOf, type SchemaView } from '#src/config/schema-view.ts'
import { Options, SecretText, Type, type Static } from '#src/config/schema.ts'
import type { ClientSurroundings } from './client-surroundings.ts'
import { compileCredentials, credentialsProperties, type CredentialsOptions } from './credentials-config.ts'
import { refuseBoth } from './exclusive-options.ts'
import { FileText, fixedText, type Text } from './file-text.ts'
import { HttpClient } from './http-client.ts'
import { compileProxy, proxyProperties, revealHeaders } from './proxy-config.ts'
import type { RequestHeaders } from './request-head.ts'
import { compileTls, TlsConfig } from './tls-config.ts'

const Header = Options({
  values: Type.Array(Type.String(), { description: 'Values, one line each.', default: [] }),
  secrets: Type.Array(SecretText({ description: 'A value that never prints.' }), {
    description: 'Values that never print.',
    default: [],
  }),
  files: Type.Array(Type.String(), { description: 'Files that hold a value each.', default: [] }),
})

/** Prometheus' `http_client_config`. Spread into the options of who scrapes, sends or discovers. */
export const httpClientProperties = {
  ...credentialsProperties,
  bearer_token: Type.Optional(
    SecretText({ description: 'Use `authorization.credentials`.', deprecated: true }),
  ),
  bearer_token_file: Type.Optional(
    Type.String({ description: 'Use `authorization.credentials_file`.', deprecated: true }),
  ),
  tls_config: TlsConfig,
  ...proxyProperties,
  follow_redirects: Type.Boolean({
    description:
      'Whether redirects are followed: at most 10, to the same host, never away from TLS. Credentials go no further than the first port and scheme.',
    default: true,
  }),
  follow_redirects_to_other_hosts: Type.Boolean({
    description: 'Whether redirects are followed to other hosts too, without credentials and `http_headers`.',
    default: false,
  }),
  enable_http2: Type.Boolean({
    description: 'Accepted: HTTP/1.1 is spoken in any case.',
    default: true,
  }),
  http_headers: Type.Record(Type.String(), Header, { description: 'Headers of every request.', default: {} }),
}

const Shape = Options(httpClientProperties)

/** Those options, as the reader gives them. */
export type HttpClientOptions = Static<typeof Shape>

/** Those options alone, of options that they were spread into. */
export function clientOptionsOf(options: HttpClientOptions): HttpClientOptions {
  const own = Object.entries(options).filter(([name]) => name in httpClientProperties)
  return Object.fromEntries(own) as HttpClientOptions
}

/** The names of those options that say something else than their defaults. */
export function changedClientOptions(options: HttpClientOptions): string[] {
  return Object.entries(clientOptionsOf(options))
    .filter(([name, value]) => !isDefault(value, viewOf(Shape).properties?.[name]))
    .map(([name]) => name)
}

/** Whether a value is what a schema has where nothing is written, as a whole or in all its parts. */
function isDefault(value: unknown, schema: SchemaView | undefined): boolean {
  if (fingerprintOf(value) === fingerprintOf(schema?.default)) return true
  if (typeof value !== 'object' || value === null || schema?.properties === undefined) return false
  return Object.entries(value).every(([name, part]) => isDefault(part, schema.properties?.[name]))
}

/** Headers that are made from other options; the ones that frame a message are refused by themselves. */
const taken = new Set([
  'authorization',
  'host',
  'content-encoding',
  'content-length',
  'content-type',
  'user-agent',
  'accept',
  'accept-encoding',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'www-authenticate',
  'x-prometheus-remote-write-version',
  'x-prometheus-remote-read-version',
  'x-prometheus-scrape-timeout-seconds',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
])

/**
 * Makes a client from `http_client_config`. It does nothing until it is asked, so that making one is how to check the
 * options. `close` it.
 *
 * @throws {ConfigError} with paths among the options: all mistakes at once
 */
export function compilePrometheusClient(
  config: HttpClientOptions,
  surroundings: ClientSurroundings,
): HttpClient {
  const [credentials, tls, proxy, headers] = makeAll(
    () => compileCredentials(withoutBearer(config), surroundings),
    () => located(['tls_config'], () => compileTls(config.tls_config, surroundings)),
    () => compileProxy(config, surroundings),
    () => compileHeaders(config.http_headers, surroundings),
  )
  const farther = config.follow_redirects_to_other_hosts ? 'any_host' : 'same_host'
  return new HttpClient({
    ...surroundings,
    credentials,
    tls,
    proxy,
    headers,
    redirects: config.follow_redirects ? farther : 'never',
    // Those of Prometheus: a connection outlives the intervals that people use.
    pool: { idleTimeoutMs: 300_000, maxIdle: 20_000, maxIdlePerOrigin: 1000 },
  })
}

/** The older form of `authorization`. */
function withoutBearer(config: HttpClientOptions): CredentialsOptions {
  const { bearer_token: token, bearer_token_file: file } = config
  refuseBoth(config, ['basic_auth', 'authorization', 'oauth2', 'bearer_token', 'bearer_token_file'])
  if (token !== undefined) return { authorization: { type: 'Bearer', credentials: token } }
  if (file !== undefined && file !== '') return { authorization: { type: 'Bearer', credentials_file: file } }
  return config
}

function compileHeaders(
  headers: HttpClientOptions['http_headers'],
  { clock }: ClientSurroundings,
): (() => RequestHeaders) | undefined {
  const path = ['http_headers']
  const texts = Object.entries(headers).map(([name, { values, secrets, files }]): [string, Text[]] => {
    if (taken.has(name.toLowerCase())) throw new ConfigError('is not to be set here', [...path, name])
    revealHeaders({ [name]: [...values, ...secrets] }, path)
    return [
      name,
      [
        ...values.map(fixedText),
        ...secrets.map(fixedText),
        ...files.map((file) => new FileText(`http_headers.${name}.files`, file, clock)),
      ],
    ]
  })
  if (texts.length === 0) return undefined
  return () => Object.fromEntries(texts.map(([name, list]) => [name, list.map((text) => text.read())]))
}
