import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { Options, SecretText, Type, type Static } from '#src/config/schema.ts'
import type { Secret } from '#src/config/secret.ts'
import type { ClientSurroundings } from './client-surroundings.ts'
import { refuseBoth } from './exclusive-options.ts'
import { configuredText, type Text } from './file-text.ts'
import { TlsSource } from './tls-source.ts'

const versions = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const

const Version = (description: string) =>
  Type.Optional(Type.Enum(['TLS10', 'TLS11', 'TLS12', 'TLS13'], { description }))

/** Prometheus' `tls_config`. */
export const TlsConfig = Options(
  {
    ca: Type.Optional(
      Type.String({ description: 'The authorities to trust, PEM, instead of those of the system.' }),
    ),
    ca_file: Type.Optional(Type.String({ description: 'The file that they are in.' })),
    cert: Type.Optional(Type.String({ description: 'The certificate chain to show, PEM.' })),
    cert_file: Type.Optional(Type.String({ description: 'The file that it is in.' })),
    key: Type.Optional(SecretText({ description: 'The private key of the certificate, PEM.' })),
    key_file: Type.Optional(Type.String({ description: 'The file that it is in.' })),
    server_name: Type.Optional(
      Type.String({ description: 'The name that the server must prove, instead of the host of the URL.' }),
    ),
    insecure_skip_verify: Type.Boolean({
      description: 'Whether any certificate will do: nobody knows then who answers.',
      default: false,
    }),
    min_version: Version('The oldest protocol that is spoken. TLS12 unless said otherwise.'),
    max_version: Version('The newest protocol that is spoken.'),
  },
  { description: 'TLS with the server. Files are read again within seconds of a change.' },
)

export type TlsOptions = Static<typeof TlsConfig>

/**
 * Compiles `tls_config`.
 *
 * @throws {ConfigError} with paths inside it
 */
export function compileTls(config: TlsOptions, { clock, logger }: ClientSurroundings): TlsSource {
  const { min_version: min, max_version: max } = config
  makeAll(
    () => refuseBoth(config, ['ca', 'ca_file']),
    () => refuseBoth(config, ['cert', 'cert_file']),
    () => refuseBoth(config, ['key', 'key_file']),
    () => {
      if (min !== undefined && max !== undefined && min > max) {
        throw new ConfigError(`is newer than max_version ${max}`, ['min_version'])
      }
    },
  )
  const text = (name: 'ca' | 'cert' | 'key'): Text | undefined =>
    configuredText(`tls_config.${name}`, given(config[name]), config[`${name}_file`], clock)
  const [ca, cert, key] = [text('ca'), text('cert'), text('key')]
  refuseHalf(cert, key, 'cert or cert_file', 'key or key_file')
  return new TlsSource(
    {
      ca,
      cert,
      key,
      serverName: config.server_name === '' ? undefined : config.server_name,
      insecureSkipVerify: config.insecure_skip_verify,
      minVersion: min === undefined ? undefined : versions[min],
      maxVersion: max === undefined ? undefined : versions[max],
    },
    logger,
  )
}

/**
 * A certificate shows nothing without its key.
 *
 * @throws {ConfigError} where one is there without the other
 */
export function refuseHalf(
  cert: Text | undefined,
  key: Text | undefined,
  certNames: string,
  keyNames: string,
): void {
  if (cert === undefined && key !== undefined)
    throw new ConfigError(`the key needs a certificate: ${certNames}`)
  if (cert !== undefined && key === undefined)
    throw new ConfigError(`the certificate needs a key: ${keyNames}`)
}

/** An empty text says nothing. */
function given(text: string | Secret | undefined): string | Secret | undefined {
  const plain = text === undefined || typeof text === 'string' ? text : text.reveal()
  return plain === '' ? undefined : text
}
