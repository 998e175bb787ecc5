import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { Duration, Options, Type, WithoutEffect, type Static } from '#src/config/schema.ts'
import { clientProperties } from '#src/http/client/collector-client-config.ts'
import { extensionProperties, refuseExtensions } from '#src/otlp/send/collector-extensions.ts'
import type { Packing } from '#src/otlp/send/packed-encoding.ts'
import type { Compression } from '#src/otlp/send/request-format.ts'
import { checkSending, RetryOnFailure, SendingQueue } from '#src/otlp/send/sending-queue.ts'

const notMetrics = 'Weir has metrics alone'

/** The options of `otlp_http`: the Collector's by its names, and its own. */
export const Config = Options({
  endpoint: Type.Optional(
    Type.String({
      description: 'The URL to send to, without `/v1/metrics`, as in `http://collector:4318`.',
    }),
  ),
  metrics_endpoint: Type.Optional(
    Type.String({
      description:
        'The whole URL instead, as in `http://prometheus:9090/api/v1/otlp/v1/metrics`; it wins over `endpoint`.',
    }),
  ),
  traces_endpoint: WithoutEffect(notMetrics),
  logs_endpoint: WithoutEffect(notMetrics),
  profiles_endpoint: WithoutEffect(notMetrics),
  encoding: Type.Enum(['proto', 'json'], { description: 'How requests are written.', default: 'proto' }),
  compression: Type.Enum(['gzip', 'zstd', 'snappy', 'none', ''], {
    description:
      'What requests are compressed with. Every receiver knows `gzip`; `zstd` costs a third of it.',
    default: 'gzip',
  }),
  compression_params: Options(
    {
      level: Type.Optional(
        Type.Integer({
          description:
            'How hard it is tried: 1 to 9 with `gzip`, 1 to 22 with `zstd`; -1 is the usual level of either. Where absent 1, which costs least.',
          minimum: -1,
          maximum: 22,
        }),
      ),
    },
    { description: 'How requests are compressed.' },
  ),
  timeout: Duration({ description: 'How long one attempt may take.', default: '30s', minimum: '1ms' }),
  ...clientProperties,
  ...extensionProperties,
  retry_on_failure: RetryOnFailure,
  sending_queue: SendingQueue,
})

export type OtlpHttpConfig = Static<typeof Config>

/** Throws every mistake that the schema cannot see, of what concerns this exporter alone, as one `ConfigError`. */
export function checkConfig(config: OtlpHttpConfig): void {
  makeAll(
    () => metricsUrl(config),
    () => packingOf(config),
    () => checkSending(config),
    () => refuseExtensions(config),
  )
}

/**
 * The URL to send to.
 *
 * @throws {ConfigError} where it is given nowhere, or is none
 */
export function metricsUrl({
  endpoint = '',
  metrics_endpoint: whole = '',
}: Pick<OtlpHttpConfig, 'endpoint' | 'metrics_endpoint'>): URL {
  if (endpoint === '' && whole === '') throw new ConfigError('endpoint is missing')
  const url = URL.parse(whole === '' ? endpoint : whole)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new ConfigError('expected a URL, as in http://collector:4318', [
      whole === '' ? 'endpoint' : 'metrics_endpoint',
    ])
  if (whole === '') url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/metrics`
  return url
}

/** The levels that a compression has, and which of them it takes where it is left to itself. */
const levels: Readonly<
  Partial<Record<Compression, { readonly least: number; readonly most: number; readonly usual: number }>>
> = {
  gzip: { least: 1, most: 9, usual: 6 },
  zstd: { least: 1, most: 22, usual: 3 },
}

/**
 * How requests are written and compressed.
 *
 * @throws {ConfigError} for a level that the compression does not have
 */
export function packingOf({
  encoding: form,
  compression: name,
  compression_params: { level },
}: Pick<OtlpHttpConfig, 'encoding' | 'compression' | 'compression_params'>): Packing {
  const compression = name === '' ? 'none' : name
  if (level === undefined) return { form, compression }
  const path = ['compression_params', 'level']
  const known = levels[compression]
  if (known === undefined) throw new ConfigError(`${compression} has no levels`, path)
  if (level !== -1 && (level < known.least || level > known.most))
    throw new ConfigError(`${compression} has the levels ${known.least} to ${known.most}, and -1`, path)
  return { form, compression, level: level === -1 ? known.usual : level }
}
