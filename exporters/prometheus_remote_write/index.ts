import { defineExporter } from '#src/component/define.ts'
import { compileCollectorClient } from '#src/http/client/collector-client-config.ts'
import type { Omission } from '#src/push/encoding.ts'
import { excerptWithout } from '#src/push/excerpt.ts'
import { PushExporter, type PushParts } from '#src/push/push-exporter.ts'
import { makeSending } from '#src/push/sending.ts'
import type { EncodingDrop } from '#src/remote/batch-encoder.ts'
import { checkConfig, Config, endpointUrl, protocolOptions } from './config.ts'
import { RemoteWriteEncoding } from './encoding.ts'
import { Protocol } from './protocol.ts'
import { RemoteWritePeer } from './remote-write-peer.ts'

const omissions: Readonly<Record<EncodingDrop, Omission>> = {
  delta_temporality: {
    answer: 'rejected',
    message:
      'series of delta temporality are left out: remote write takes cumulative ones, which delta_to_cumulative makes',
  },
  // The other one of the same name and labels is sent.
  duplicate_series: {
    answer: 'none',
    message: 'series are left out: they have the name and labels of others of their source',
  },
  no_point: { answer: 'rejected', message: 'histograms or summaries without a point are left out' },
  relabel_dropped: { answer: 'none' },
}

function sendMetadata(encoding: RemoteWriteEncoding): void {
  encoding.sendMetadata()
}

/** Sends samples to a Prometheus remote write receiver. */
export default defineExporter({
  type: 'prometheus_remote_write',
  stability: 'beta',
  description: 'Sends samples to Prometheus, VictoriaMetrics and other remote write receivers.',
  config: Config,
  splits: true,
  validate: checkConfig,

  create(config, context) {
    const { clock, logger, outbox } = context
    const protocol = new Protocol(protocolOptions(config), (what) => logger.warn(what))
    const url = endpointUrl(config)
    const { send_metadata: sendsMetadata, metadata_send_interval: intervalMs } = config
    const encodes = {
      location: url.origin + url.pathname,
      // In a worker thread the main thread says which version is spoken, once it has found out.
      format: () => (outbox?.format === '1.0' ? '1.0' : protocol.version),
      makeEncoding: (version, events) => new RemoteWriteEncoding(version, config, clock, events),
      flushAfterMs: config.batch_send_deadline,
      omissions,
      recurring: sendsMetadata === true ? { intervalMs, send: sendMetadata } : undefined,
    } satisfies Partial<PushParts<RemoteWriteEncoding, EncodingDrop>>
    if (outbox !== undefined)
      return new PushExporter({ ...encodes, queue: outbox, sender: undefined }, context)
    const client = compileCollectorClient(config, { clock, logger })
    const peer = new RemoteWritePeer(
      { client, url, timeoutMs: config.timeout },
      protocol,
      excerptWithout(config),
    )
    const sending = makeSending(config.remote_write_queue, config.retry_on_failure, peer, context)
    return new PushExporter({ ...encodes, ...sending }, context)
  },
})
