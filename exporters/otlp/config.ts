import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { Duration, Options, Type, type Static } from '#src/config/schema.ts'
import { grpcClientProperties } from '#src/grpc/client/grpc-client-config.ts'
import { parseGrpcEndpoint } from '#src/grpc/client/grpc-endpoint.ts'
import { located } from '#src/config/located.ts'
import { extensionProperties, refuseExtensions } from '#src/otlp/send/collector-extensions.ts'
import { checkSending, RetryOnFailure, SendingQueue } from '#src/otlp/send/sending-queue.ts'

/** The options of `otlp`: the Collector's by its names, and its own. */
export const Config = Options({
  ...grpcClientProperties,
  ...extensionProperties,
  compression: Type.Enum(['gzip', 'zstd', 'snappy', 'none', ''], {
    description:
      'What requests are compressed with. Every receiver knows `gzip`; `zstd` costs a third of it; `snappy` is refused.',
    default: 'gzip',
  }),
  timeout: Duration({ description: 'How long one attempt may take.', default: '5s', minimum: '1ms' }),
  retry_on_failure: RetryOnFailure,
  sending_queue: SendingQueue,
})

export type OtlpConfig = Static<typeof Config>

/** Throws every mistake that the schema cannot see, of what concerns this exporter alone, as one `ConfigError`. */
export function checkConfig(config: OtlpConfig): void {
  makeAll(
    () => located(['endpoint'], () => parseGrpcEndpoint(config.endpoint)),
    () => checkSending(config),
    () => refuseExtensions(config),
    () => compressionOf(config),
  )
}

/**
 * What requests are compressed with.
 *
 * @throws {ConfigError} for what gRPC cannot be sent with here
 */
export function compressionOf({ compression }: Pick<OtlpConfig, 'compression'>): 'gzip' | 'zstd' | 'none' {
  if (compression === '') return 'none'
  if (compression === 'snappy')
    throw new ConfigError('snappy is not offered over gRPC: zstd costs less and makes smaller requests', [
      'compression',
    ])
  return compression
}
