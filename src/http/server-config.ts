import { Duration, Options, SecretText, Type, type Static } from '#src/config/schema.ts'

const Version = (description: string, fallback: '1.2' | '1.3') =>
  Type.Union([Type.Literal('1.2'), Type.Literal('1.3')], { description, default: fallback })

/** TLS of a server: the Collector's `configtls`, as far as it concerns servers. */
export const ServerTls = Options(
  {
    cert_file: Type.Optional(Type.String({ description: 'The certificate chain, PEM.' })),
    cert_pem: Type.Optional(Type.String({ description: 'The certificate chain itself, instead of a file.' })),
    key_file: Type.Optional(Type.String({ description: 'The private key, PEM.' })),
    key_pem: Type.Optional(SecretText({ description: 'The private key itself, instead of a file.' })),
    client_ca_file: Type.Optional(
      Type.String({
        description: 'Certificates of the authorities that sign clients. Clients without one are refused.',
      }),
    ),
    ca_file: Type.Optional(
      Type.String({
        description: 'Accepted and without effect: a server asks `client_ca_file` about its clients.',
      }),
    ),
    min_version: Version('The oldest protocol that is spoken.', '1.2'),
    max_version: Version('The newest protocol that is spoken.', '1.3'),
    reload_interval: Duration({
      description:
        'How often the files are looked at; new connections use what changed. 0 never looks again.',
      default: '2s',
    }),
  },
  { description: 'Serves HTTPS instead of HTTP.' },
)

const User = {
  username: Type.String({ description: 'The name.' }),
  password: SecretText({ description: 'The password.' }),
}

/** What every component that serves HTTP takes, in the Collector's names (`confighttp`). Spread into its own options. */
export const serverProperties = {
  endpoint: Type.String({
    description: 'Where to listen: host:port. A bare :port listens on all addresses.',
  }),
  tls: Type.Optional(ServerTls),
  basic_auth: Type.Optional(
    Options(
      {
        username: Type.Optional(User.username),
        password: Type.Optional(User.password),
        users: Type.Array(Options(User), { description: 'More users.', default: [] }),
      },
      { description: 'Asks for a user name and a password.' },
    ),
  ),
  bearer_token: Type.Optional(
    SecretText({
      description: 'Asks for this token, in `Authorization: Bearer`. With basic_auth, either will do.',
    }),
  ),
  read_header_timeout: Duration({
    description: 'How long a client may take to send the headers.',
    default: '10s',
  }),
  read_timeout: Duration({ description: 'How long a client may take to send a request.', default: '30s' }),
  write_timeout: Duration({
    description: 'How long an answer may take, from the request to its last byte. 0 is no limit.',
    default: '30s',
  }),
  idle_timeout: Duration({ description: 'How long an idle connection is kept.', default: '1m' }),
  keep_alives_enabled: Type.Boolean({
    description: 'Whether a connection serves several requests.',
    default: true,
  }),
  max_connections: Type.Integer({
    description: 'Connections at a time. Past it the one that has idled longest is closed.',
    default: 256,
    minimum: 1,
  }),
  response_headers: Type.Record(Type.String(), Type.String(), {
    description: 'Headers added to every answer.',
    default: {},
  }),
}

const Shape = Options(serverProperties)

/** The validated options of a server: durations in milliseconds, secrets as `Secret`. */
export type ServerConfig = Static<typeof Shape>
export type ServerTlsConfig = Static<typeof ServerTls>
/** Who may ask, of the options of a server. */
export type AuthenticationConfig = Pick<ServerConfig, 'basic_auth' | 'bearer_token'>
