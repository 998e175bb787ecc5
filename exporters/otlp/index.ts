import { defineExporter } from '#src/component/define.ts'
import { compileGrpcClient } from '#src/grpc/client/grpc-client-config.ts'
import { makeOtlpExporter } from '#src/otlp/send/otlp-exporter.ts'
import { excerptWithout } from '#src/push/excerpt.ts'
import { checkConfig, compressionOf, Config } from './config.ts'
import { GrpcPeer } from './grpc-peer.ts'

/** Sends OTLP over gRPC. */
export default defineExporter({
  type: 'otlp',
  stability: 'beta',
  description: 'Sends metrics to OpenTelemetry Collectors and other receivers of OTLP, over gRPC.',
  config: Config,
  splits: true,
  validate: checkConfig,

  create(config, context) {
    const { clock, logger } = context
    const makePeer = (): GrpcPeer => {
      const client = compileGrpcClient(config, { clock, logger })
      return new GrpcPeer(client, config.timeout, excerptWithout(config), logger)
    }
    const packing = { form: 'proto', compression: compressionOf(config) } as const
    return makeOtlpExporter({ location: config.endpoint, packing, options: config, makePeer }, context)
  },
})
