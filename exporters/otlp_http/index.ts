import { defineExporter } from '#src/component/define.ts'
import { compileCollectorClient } from '#src/http/client/collector-client-config.ts'
import { makeOtlpExporter } from '#src/otlp/send/otlp-exporter.ts'
import { excerptWithout } from '#src/push/excerpt.ts'
import { checkConfig, Config, metricsUrl, packingOf } from './config.ts'
import { HttpPeer } from './http-peer.ts'

/** Sends OTLP over HTTP, in protobuf or JSON. */
export default defineExporter({
  type: 'otlp_http',
  stability: 'beta',
  description: 'Sends metrics to OpenTelemetry Collectors and other receivers of OTLP, over HTTP.',
  config: Config,
  splits: true,
  validate: checkConfig,

  create(config, context) {
    const { clock, logger } = context
    const url = metricsUrl(config)
    const makePeer = (): HttpPeer => {
      const client = compileCollectorClient(config, { clock, logger })
      return new HttpPeer({ client, url, timeoutMs: config.timeout }, excerptWithout(config), logger)
    }
    const location = url.origin + url.pathname
    return makeOtlpExporter({ location, packing: packingOf(config), options: config, makePeer }, context)
  },
})
