import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import { Duration, Options, Type, WithoutEffect, type Static } from '#src/config/schema.ts'
import { clientProperties } from '#src/http/client/collector-client-config.ts'
import { labelProperties } from '#src/naming/label-options.ts'
import { checkRetries, queueProperties, retryProperties } from '#src/push/push-config.ts'
import { compileRelabeling, type Relabeling } from '#src/relabel/relabeling.ts'
import { RelabelRules } from '#src/relabel/rule.ts'
import { unitSeries } from '#src/remote/unit.ts'
import type { ProtocolOptions } from './protocol.ts'

const Queue = Options(queueProperties({ queueSize: 10_000, consumers: 5 }), {
  description: 'What waits to be sent.',
})

const Retry = Options(retryProperties({ initialInterval: '50ms', multiplier: 2, randomizationFactor: 0.4 }), {
  description: 'How a request is sent again after a failure that may pass.',
})

const endpoint = Type.Optional(
  Type.String({
    description: 'The URL to send to, as in `http://prometheus:9090/api/v1/write`.',
  }),
)

/** The options of `prometheus_remote_write`: the Collector's by its names, those of Prometheus by its, and its own. */
export const Config = Options({
  endpoint,
  http: Type.Optional(
    Options({ endpoint }, { description: 'Where the Collector has the endpoint from 0.158 on.' }),
  ),
  protobuf_message: Type.Union(
    [
      Type.Literal('prometheus.WriteRequest'),
      Type.Literal('io.prometheus.write.v2.Request'),
      Type.Literal('auto'),
    ],
    {
      description:
        'What is spoken: remote write 1.0, 2.0, or with `auto` 2.0 until the receiver shows that it does not know it, and then 1.0.',
      default: 'prometheus.WriteRequest',
    },
  ),
  compression: Type.Union([Type.Literal('snappy'), Type.Literal('zstd')], {
    description:
      'What 1.0 is compressed with. `zstd` is for VictoriaMetrics and vmagent, and becomes `snappy` where the receiver does not know it.',
    default: 'snappy',
  }),
  timeout: Duration({ description: 'How long one attempt may take.', default: '5s', minimum: '1ms' }),
  ...clientProperties,
  ...labelProperties,
  external_labels: Type.Record(Type.String(), Type.String(), {
    description: 'Labels of every series; those that it has itself win.',
    default: {},
  }),
  disable_scope_info: Type.Boolean({
    description: 'Leaves out the labels `otel_scope_*`.',
    default: false,
  }),
  write_relabel_configs: RelabelRules,
  send_metadata: Type.Optional(
    Type.Boolean({
      description:
        'Whether type, help and unit are sent: by 1.0 in requests of their own, by 2.0 with each series. Where absent, by 2.0 alone.',
    }),
  ),
  metadata_send_interval: Duration({
    description: 'How often 1.0 sends them.',
    default: '1m',
    minimum: '1s',
  }),
  send_exemplars: Type.Boolean({ description: 'Whether exemplars are sent.', default: true }),
  send_native_histograms: Type.Boolean({
    description:
      'Whether exponential histograms are sent as native ones; else they are sent as classic ones.',
    default: true,
  }),
  convert_explicit_histograms_to_nhcb: Type.Boolean({
    description: 'Whether histograms with explicit bounds are sent as native ones with custom buckets.',
    default: false,
  }),
  keep_classic_histograms: Type.Boolean({
    description: 'Whether those are sent as classic ones as well.',
    default: false,
  }),
  max_batch_size_bytes: Type.Integer({
    description:
      'Bytes that a request has at most before it is compressed, unless one series alone has more.',
    default: 3_000_000,
    minimum: 1,
  }),
  max_samples_per_send: Type.Integer({
    description: 'Samples that a request has at most.',
    default: 10_000,
    minimum: unitSeries,
  }),
  batch_send_deadline: Duration({
    description: 'How long samples wait at most for others to share a request with.',
    default: '200ms',
  }),
  remote_write_queue: Queue,
  max_batch_request_parallelism: WithoutEffect('`remote_write_queue.num_consumers` says it'),
  retry_on_failure: Retry,
  include_metadata_keys: WithoutEffect('Weir keeps no metadata of clients'),
  wal: WithoutEffect('`remote_write_queue.disk` keeps requests on disk'),
})

export type RemoteWriteConfig = Static<typeof Config>

/** Throws every mistake that the schema cannot see, of what concerns this exporter alone, as one `ConfigError`. */
export function checkConfig(config: RemoteWriteConfig): void {
  const { compression, protobuf_message: message, keep_classic_histograms: keeps } = config
  makeAll(
    () => endpointUrl(config),
    () => compileRules(config),
    () => {
      if (compression === 'zstd' && message === 'io.prometheus.write.v2.Request')
        throw new ConfigError('zstd is for remote write 1.0; 2.0 knows snappy alone', ['compression'])
    },
    () => checkRetries(config.remote_write_queue, config.retry_on_failure),
    () => {
      if (keeps && !config.convert_explicit_histograms_to_nhcb)
        throw new ConfigError('has a meaning only with convert_explicit_histograms_to_nhcb', [
          'keep_classic_histograms',
        ])
    },
  )
}

/**
 * The URL to send to.
 *
 * @throws {ConfigError} where it is given nowhere, or twice, or is none
 */
export function endpointUrl({ endpoint: outer, http }: Pick<RemoteWriteConfig, 'endpoint' | 'http'>): URL {
  const inner = http?.endpoint
  const path = inner === undefined ? ['endpoint'] : ['http', 'endpoint']
  if (outer === undefined && inner === undefined) throw new ConfigError('endpoint is missing')
  if (outer !== undefined && inner !== undefined)
    throw new ConfigError('of endpoint and http.endpoint only one can hold', path)
  const url = URL.parse(outer ?? inner ?? '')
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new ConfigError('expected a URL, as in http://prometheus:9090/api/v1/write', path)
  return url
}

/** Compiles `write_relabel_configs`; undefined where there are none. */
export function compileRules({
  write_relabel_configs: rules,
}: Pick<RemoteWriteConfig, 'write_relabel_configs'>): Relabeling | undefined {
  if (rules.length === 0) return undefined
  return located(['write_relabel_configs'], () => compileRelabeling(rules))
}

/** What is spoken, by the options. */
export function protocolOptions({
  protobuf_message: message,
  compression,
}: Pick<RemoteWriteConfig, 'protobuf_message' | 'compression'>): ProtocolOptions {
  return {
    version: message === 'prometheus.WriteRequest' ? '1.0' : '2.0',
    fallsBack: message === 'auto',
    compression,
  }
}
