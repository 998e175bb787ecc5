import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import { Options, SecretText, Type, type Static } from '#src/config/schema.ts'
import type { ClientSurroundings } from './client-surroundings.ts'
import { basicCredentials, schemeCredentials, type Credentials } from './credentials.ts'
import { refuseBoth } from './exclusive-options.ts'
import { configuredText, fixedText } from './file-text.ts'
import { isToken } from './header-text.ts'
import { HttpClient } from './http-client.ts'
import { OAuth2Credentials } from './oauth2.ts'
import { compileProxy, proxyProperties } from './proxy-config.ts'
import { compileTls, TlsConfig } from './tls-config.ts'

const BasicAuth = Options(
  {
    username: Type.Optional(Type.String({ description: 'The user name.' })),
    username_file: Type.Optional(Type.String({ description: 'The file that it is in.' })),
    password: Type.Optional(SecretText({ description: 'The password.' })),
    password_file: Type.Optional(Type.String({ description: 'The file that it is in.' })),
  },
  { description: 'Says who asks by a user name and a password.' },
)

const Authorization = Options(
  {
    type: Type.String({ description: 'The scheme.', default: 'Bearer' }),
    credentials: Type.Optional(SecretText({ description: 'What follows the scheme: a token.' })),
    credentials_file: Type.Optional(Type.String({ description: 'The file that it is in.' })),
  },
  { description: 'Says who asks by `Authorization` as it is.' },
)

const OAuth2 = Options(
  {
    client_id: Type.String({ description: 'The client.' }),
    client_secret: Type.Optional(SecretText({ description: 'Its secret.' })),
    client_secret_file: Type.Optional(Type.String({ description: 'The file that it is in.' })),
    scopes: Type.Array(Type.String(), { description: 'What the token is to allow.', default: [] }),
    token_url: Type.String({ description: 'Where tokens come from.' }),
    endpoint_params: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]), {
      description: 'More parameters of the request for a token.',
      default: {},
    }),
    tls_config: TlsConfig,
    ...proxyProperties,
  },
  {
    description:
      'Says who asks by a token that is fetched by the client credentials grant, and kept until it expires.',
  },
)

/** Prometheus' options of credentials, of which one can be given. */
export const credentialsProperties = {
  basic_auth: Type.Optional(BasicAuth),
  authorization: Type.Optional(Authorization),
  oauth2: Type.Optional(OAuth2),
}

/** Those options, as the reader gives them. */
export interface CredentialsOptions {
  readonly basic_auth?: Static<typeof BasicAuth>
  readonly authorization?: Static<typeof Authorization>
  readonly oauth2?: Static<typeof OAuth2>
}

/**
 * Compiles who asks; undefined where nobody says so. No file is read yet.
 *
 * @throws {ConfigError} with paths among the options
 */
export function compileCredentials(
  { basic_auth: basic, authorization, oauth2 }: CredentialsOptions,
  surroundings: ClientSurroundings,
): Credentials | undefined {
  refuseBoth({ basic_auth: basic, authorization, oauth2 }, ['basic_auth', 'authorization', 'oauth2'])
  if (basic !== undefined) return located(['basic_auth'], () => compileBasic(basic, surroundings))
  if (authorization !== undefined) {
    return located(['authorization'], () => compileAuthorization(authorization, surroundings))
  }
  return oauth2 === undefined ? undefined : located(['oauth2'], () => compileOAuth2(oauth2, surroundings))
}

function compileBasic(config: Static<typeof BasicAuth>, { clock }: ClientSurroundings): Credentials {
  makeAll(
    () => refuseBoth(config, ['username', 'username_file']),
    () => refuseBoth(config, ['password', 'password_file']),
  )
  const username = configuredText('basic_auth.username', config.username, config.username_file, clock)
  const password = configuredText('basic_auth.password', config.password, config.password_file, clock)
  return basicCredentials(username ?? fixedText(''), password ?? fixedText(''))
}

function compileAuthorization(
  config: Static<typeof Authorization>,
  { clock }: ClientSurroundings,
): Credentials {
  refuseBoth(config, ['credentials', 'credentials_file'])
  const { type } = config
  if (type.toLowerCase() === 'basic') {
    throw new ConfigError('is what basic_auth is for', ['type'])
  }
  if (!isToken(type)) throw new ConfigError('expected a word, such as Bearer', ['type'])
  const text = configuredText('authorization.credentials', config.credentials, config.credentials_file, clock)
  if (text === undefined) throw new ConfigError('has neither credentials nor credentials_file')
  return schemeCredentials(type, text)
}

function compileOAuth2(config: Static<typeof OAuth2>, surroundings: ClientSurroundings): Credentials {
  const { clock } = surroundings
  refuseBoth(config, ['client_secret', 'client_secret_file'])
  const secret = configuredText(
    'oauth2.client_secret',
    config.client_secret,
    config.client_secret_file,
    clock,
  )
  const tokenUrl = URL.parse(config.token_url)
  if (tokenUrl === null || (tokenUrl.protocol !== 'http:' && tokenUrl.protocol !== 'https:')) {
    throw new ConfigError('expected a URL, as in https://login.example/token', ['token_url'])
  }
  return new OAuth2Credentials({
    tokenUrl,
    clientId: fixedText(config.client_id),
    clientSecret: secret ?? fixedText(''),
    scopes: config.scopes,
    endpointParams: config.endpoint_params,
    client: new HttpClient({
      ...surroundings,
      tls: located(['tls_config'], () => compileTls(config.tls_config, surroundings)),
      proxy: compileProxy(config, surroundings),
      // Tokens last: a connection would only linger.
      pool: { idleTimeoutMs: 0 },
    }),
    clock,
  })
}
