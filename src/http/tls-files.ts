import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { Clock } from '#src/component/clock.ts'
import { every } from '#src/component/schedule.ts'
import { ConfigError } from '#src/config/config-error.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { ServerTlsConfig } from './server-config.ts'

/** What node:tls takes, made from the options and the files that they name. */
export interface ServerContext extends SecureContextOptions {
  readonly requestCert?: boolean
  readonly rejectUnauthorized?: boolean
}

/**
 * Says what the schema cannot: a certificate and a key, each from one place.
 *
 * @throws {ConfigError} with the path inside the TLS options
 */
export function validateServerTls(config: ServerTlsConfig): void {
  for (const [file, pem, what] of [
    ['cert_file', 'cert_pem', 'certificate'],
    ['key_file', 'key_pem', 'private key'],
  ] as const) {
    if (config[file] === undefined && config[pem] === undefined) {
      throw new ConfigError(`the server needs a ${what}: ${file} or ${pem}`)
    }
    if (config[file] !== undefined && config[pem] !== undefined) {
      throw new ConfigError(`of ${file} and ${pem} only one can hold`, [pem])
    }
  }
  if (config.min_version > config.max_version) {
    throw new ConfigError(`is newer than max_version ${config.max_version}`, ['min_version'])
  }
}

async function loadServerTls(config: ServerTlsConfig, logger: Logger, clock: Clock): Promise<ServerContext> {
  const cert = config.cert_pem ?? (await read('cert_file', config.cert_file))
  const key = config.key_pem?.reveal() ?? (await read('key_file', config.key_file))
  const ca =
    config.client_ca_file === undefined ? undefined : await read('client_ca_file', config.client_ca_file)
  const context: ServerContext = {
    cert,
    key,
    ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }),
    minVersion: `TLSv${config.min_version}`,
    maxVersion: `TLSv${config.max_version}`,
  }
  try {
    createSecureContext(context)
  } catch (error) {
    throw new Error(`the TLS certificate and key do not load: ${messageOf(error)}`, { cause: error })
  }
  warnOfDates(new X509Certificate(cert), logger, clock)
  return context
}

function warnOfDates(certificate: X509Certificate, logger: Logger, clock: Clock): void {
  const now = clock.now()
  const { subject, validFrom, validTo } = certificate
  if (now > certificate.validToDate.getTime()) {
    logger.warn('the TLS certificate has expired: clients will refuse it', { subject, validTo })
  } else if (now < certificate.validFromDate.getTime()) {
    logger.warn('the TLS certificate is not valid yet: clients will refuse it', { subject, validFrom })
  }
}

/** TLS files that are in use, and looked at for changes. */
export interface WatchedTls {
  readonly context: ServerContext
  /**
   * Looks at the files every `reload_interval` and hands on a new context when one of them changed. Files that do not
   * load leave the old context in use, with one error in the log.
   *
   * @returns a function that ends it
   */
  watch(changed: (context: ServerContext) => void): () => void
}

/**
 * Loads the files that a server is to use, as they are now.
 *
 * @throws {Error} that names the option and the file where one cannot be read, or where they do not fit together
 */
export async function openServerTls(
  config: ServerTlsConfig,
  logger: Logger,
  clock: Clock,
): Promise<WatchedTls> {
  const files = [config.cert_file, config.key_file, config.client_ca_file].filter(
    (file) => file !== undefined,
  )
  // Taken before the files are read, so that a change meanwhile is seen.
  let seen = await fingerprint(files)
  const context = await loadServerTls(config, logger, clock)

  async function look(changed: (context: ServerContext) => void): Promise<void> {
    const state = await fingerprint(files)
    if (state === seen) return
    seen = state
    try {
      changed(await loadServerTls(config, logger, clock))
      logger.info('the TLS files changed: new connections use them')
    } catch (error) {
      logger.error('the TLS files changed and do not load: the old ones stay in use', {
        error: messageOf(error),
      })
    }
  }

  return {
    context,
    watch(changed) {
      if (files.length === 0 || config.reload_interval === 0) return () => undefined
      const schedule = every(clock, config.reload_interval, async () => await look(changed), {
        initialDelayMs: config.reload_interval,
        onError: (error) => logger.error('the TLS files cannot be watched', { error: messageOf(error) }),
      })
      return () => void schedule.stop()
    },
  }
}

/** What tells a file from its successor; ConfigMaps swap a link, so the inode counts. */
async function fingerprint(files: readonly string[]): Promise<string> {
  const states = await Promise.all(
    files.map(async (file) => {
      const { ino, size, mtimeMs } = await stat(file).catch(() => ({ ino: 0, size: 0, mtimeMs: 0 }))
      return `${ino}/${size}/${mtimeMs}`
    }),
  )
  return states.join(' ')
}

async function read(option: string, file: string | undefined): Promise<string> {
  if (file === undefined) throw new Error(`tls.${option} is missing`)
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new Error(`cannot read tls.${option}: ${messageOf(error)}`, { cause: error })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
