import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import { Duration, Options, Type, WithoutEffect, type Static } from '#src/config/schema.ts'
import { compileRelabeling, type Relabeling } from '#src/relabel/relabeling.ts'
import { RelabelRules } from '#src/relabel/rule.ts'

/** The options of `prometheus_remote_write`: the Collector's by its names, then Prometheus' by its, then ours. */
export const Config = Options({
  endpoint: Type.String({
    description: 'The URL to send to, as in `http://prometheus:9090/api/v1/write`.',
  }),
  timeout: Duration({ description: 'How long one attempt may take.', default: '5s', minimum: '1ms' }),
  headers: Type.Record(Type.String(), Type.String(), {
    description: 'Headers of every request.',
    default: {},
  }),
  namespace: Type.String({ description: 'Put before every metric name, with a `_` between.', default: '' }),
  external_labels: Type.Record(Type.String(), Type.String(), {
    description: 'Labels of every series; those that it has itself win.',
    default: {},
  }),
  max_batch_size_bytes: Type.Integer({
    description: 'Bytes that a request has at most before it is compressed, unless one part alone has more.',
    default: 3_000_000,
    minimum: 1,
  }),
  max_samples_per_send: Type.Integer({
    description: 'Samples that a request has at most.',
    default: 10_000,
    minimum: 512,
  }),
  batch_send_deadline: Duration({
    description: 'How long samples wait at most for others to share a request with.',
    default: '200ms',
  }),
  write_relabel_configs: RelabelRules,
  remote_write_queue: Options(
    {
      enabled: WithoutEffect('there always is a queue'),
      queue_size: Type.Integer({ description: 'Requests that wait at most.', default: 10_000, minimum: 1 }),
      num_consumers: Type.Integer({
        description: 'Requests that are sent at a time; samples of one series always go in order.',
        default: 5,
        minimum: 1,
        maximum: 256,
      }),
      max_megabytes: Type.Integer({
        description: 'Megabytes (2^20 bytes) of requests that wait in memory at most.',
        default: 128,
        minimum: 1,
      }),
      when_full: Type.Union([Type.Literal('refuse'), Type.Literal('drop_oldest')], {
        description: 'What happens to new data when it is full: it is refused, or the oldest makes room.',
        default: 'refuse',
      }),
    },
    { description: 'What waits to be sent.' },
  ),
  retry_on_failure: Options(
    {
      enabled: Type.Boolean({ description: 'Whether a request is tried more than once.', default: true }),
      initial_interval: Duration({ description: 'The wait before the second attempt.', default: '50ms' }),
      multiplier: Type.Number({
        description: 'By how much each wait is longer than the one before.',
        default: 2,
        minimum: 1,
      }),
      randomization_factor: Type.Number({
        description:
          'The share of a wait by which it is longer or shorter at random. With 1 it is anything from 0 to twice as long.',
        default: 0.4,
        minimum: 0,
        maximum: 1,
      }),
      max_interval: Duration({ description: 'The longest wait.', default: '30s' }),
      max_elapsed_time: Duration({
        description: 'How long after it was queued a request is tried again; 0 is for ever.',
        default: '5m',
      }),
    },
    { description: 'How a request is sent again after a failure that may pass.' },
  ),
})

export type RemoteWriteConfig = Static<typeof Config>

/** Throws every mistake that the schema cannot see as one `ConfigError`. */
export function checkConfig(config: RemoteWriteConfig): void {
  makeAll(
    () => located(['endpoint'], () => endpointUrl(config)),
    () => compileRules(config),
  )
}

/** The URL to send to. */
export function endpointUrl({ endpoint }: Pick<RemoteWriteConfig, 'endpoint'>): URL {
  const url = URL.parse(endpoint)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ConfigError('expected a URL, as in http://prometheus:9090/api/v1/write')
  }
  return url
}

/** Compiles `write_relabel_configs`; undefined where there are none. */
export function compileRules({
  write_relabel_configs: rules,
}: Pick<RemoteWriteConfig, 'write_relabel_configs'>): Relabeling | undefined {
  if (rules.length === 0) return undefined
  return located(['write_relabel_configs'], () => compileRelabeling(rules))
}
