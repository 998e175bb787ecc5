import {
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type SecureContextOptions,
  type SecureVersion,
} from 'node:tls'
import type { Logger } from '#src/telemetry/logger.ts'
import { ClientError } from './client-error.ts'
import type { Text } from './file-text.ts'

/** TLS of one client as configured, in whichever grammar. */
export interface TlsSettings {
  /** Authorities, PEM; those of the system where absent. */
  readonly ca?: Text | undefined
  /** Adds the authorities of the system to `ca`. */
  readonly withSystemCa?: boolean
  readonly cert?: Text | undefined
  readonly key?: Text | undefined
  /** The name to ask for and to find in the certificate, instead of the host of the URL. */
  readonly serverName?: string | undefined
  readonly insecureSkipVerify?: boolean
  readonly minVersion?: SecureVersion | undefined
  readonly maxVersion?: SecureVersion | undefined
  /** In OpenSSL's form: names with colons between. */
  readonly ciphers?: string | undefined
  readonly curves?: string | undefined
}

/** What a connection is made with. */
export interface ClientTls {
  readonly context: SecureContext
  readonly serverName?: string | undefined
  readonly insecureSkipVerify?: boolean | undefined
}

/** Keeps a TLS context that fits the files, as they change. */
export class TlsSource {
  readonly #settings: TlsSettings
  readonly #logger: Logger | undefined
  #made: { readonly parts: readonly (string | undefined)[]; readonly tls: ClientTls } | undefined

  constructor(settings: TlsSettings = {}, logger?: Logger) {
    this.#settings = settings
    this.#logger = logger
  }

  /**
   * What new connections are made with; the same object until a file has changed. Files that do not fit together leave what
   * was before in use, since certificate and key may be replaced one after the other.
   *
   * @throws {ClientError} `credentials_unavailable` where a file cannot be read, or where they never fitted
   */
  current(): ClientTls {
    const { ca, cert, key } = this.#settings
    const parts = [ca?.read(), cert?.read(), key?.read()]
    const made = this.#made
    if (made !== undefined && parts.every((part, index) => part === made.parts[index])) return made.tls
    const tls = this.#make(parts) ?? made?.tls
    if (tls === undefined) throw new Error('a context is made or an error thrown')
    this.#made = { parts, tls }
    return tls
  }

  /** The server refused the certificate: files are read anew. */
  renew(): void {
    for (const text of [this.#settings.ca, this.#settings.cert, this.#settings.key]) text?.renew()
  }

  #make([ca, cert, key]: readonly (string | undefined)[]): ClientTls | undefined {
    const { serverName, insecureSkipVerify, withSystemCa = false } = this.#settings
    const { minVersion, maxVersion, ciphers, curves } = this.#settings
    const options: SecureContextOptions = {
      ...(ca === undefined ? {} : { ca: withSystemCa ? [ca, ...systemAuthorities()] : ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(minVersion === undefined ? {} : { minVersion }),
      ...(maxVersion === undefined ? {} : { maxVersion }),
      ...(ciphers === undefined ? {} : { ciphers }),
      ...(curves === undefined ? {} : { ecdhCurve: curves }),
    }
    try {
      return { context: makeContext(options), serverName, insecureSkipVerify }
    } catch (error) {
      // OpenSSL's words name no secret.
      const reason = error instanceof Error ? error.message : String(error)
      if (this.#made === undefined) {
        throw new ClientError(
          'credentials_unavailable',
          `the TLS certificates and keys do not load: ${reason}`,
          {
            cause: error,
          },
        )
      }
      this.#logger?.error('the TLS files of a client changed and do not load: the old ones stay in use', {
        error: reason,
      })
      return undefined
    }
  }
}

let plainContext: SecureContext | undefined
let authorities: readonly string[] | undefined

/** Reading the authorities of the system takes 13 ms: clients that ask for nothing else share a context. */
function makeContext(options: SecureContextOptions): SecureContext {
  if (options.ca !== undefined) return createSecureContext(options)
  const isPlain = Object.keys(options).length === 0
  if (isPlain && plainContext !== undefined) return plainContext
  const context = createSecureContext({ ...options, ca: [...systemAuthorities()] })
  if (isPlain) plainContext = context
  return context
}

/** The authorities that Node brings and those of this machine: a company's own are among the latter. */
function systemAuthorities(): readonly string[] {
  authorities ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
  return authorities
}
