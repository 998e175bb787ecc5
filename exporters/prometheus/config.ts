import { Duration, Options, Type, type Static } from '#src/config/schema.ts'
import { serverProperties } from '#src/http/server-config.ts'

/** The options of `prometheus`, in the Collector's names; where it has none, in ours. */
export const Config = Options({
  ...serverProperties,
  path: Type.String({
    description: 'Where the metrics are.',
    default: '/metrics',
    pattern: '^/[^?#]*$',
  }),
  namespace: Type.String({ description: 'Put before every metric name, with a `_` between.', default: '' }),
  const_labels: Type.Record(Type.String(), Type.String(), {
    description: 'Labels of every series; those that it has itself win.',
    default: {},
  }),
  send_timestamps: Type.Boolean({ description: 'Whether samples bear their time.', default: false }),
  metric_expiration: Duration({
    description: 'How long a series is shown after its last sample. 0 is for ever.',
    default: '5m',
  }),
  enable_open_metrics: Type.Boolean({
    description: 'Whether clients that ask for OpenMetrics get it, with exemplars and units.',
    default: false,
  }),
  created_samples: Type.Boolean({
    description:
      'Whether OpenMetrics says by `_created` since when counters, histograms and summaries count. Readers may take these for series of their own.',
    default: false,
  }),
  resource_constant_labels: Type.Optional(
    Options(
      {
        included: Type.Array(Type.String(), {
          description:
            'Patterns of attribute keys, with `*` and `?`. All of them where there is only `excluded`.',
          default: [],
        }),
        excluded: Type.Array(Type.String(), { description: 'Patterns that win over these.', default: [] }),
      },
      {
        description: 'Which attributes of the resource become labels of every series.',
      },
    ),
  ),
  resource_to_telemetry_conversion: Options(
    {
      enabled: Type.Boolean({
        description: 'Whether all attributes of the resource become labels of every series.',
        default: false,
      }),
      exclude_service_attributes: Type.Boolean({
        description: 'Leaves out `service.name`, `service.namespace` and `service.instance.id`.',
        default: false,
      }),
    },
    { description: 'The older form of `resource_constant_labels`, which wins over it.' },
  ),
  target_info: Options(
    {
      enabled: Type.Boolean({ description: 'Whether resources are listed by `target_info`.', default: true }),
    },
    { description: 'How resources are listed.' },
  ),
  without_scope_info: Type.Boolean({
    description: 'Leaves out the labels `otel_scope_*`.',
    default: false,
  }),
  add_metric_suffixes: Type.Boolean({
    description: 'Whether unit and type are added to names. `translation_strategy` wins over it.',
    default: true,
  }),
  translation_strategy: Type.Optional(
    Type.Union(
      [
        Type.Literal('UnderscoreEscapingWithSuffixes'),
        Type.Literal('UnderscoreEscapingWithoutSuffixes'),
        Type.Literal('NoUTF8EscapingWithSuffixes'),
        Type.Literal('NoTranslation'),
      ],
      {
        description:
          'How names become names of Prometheus: with or without suffixes for unit and type, with other characters escaped or not.',
      },
    ),
  ),
  sending_queue: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'Accepted and without effect: samples are taken at once.',
    }),
  ),
  max_concurrent_scrapes: Type.Integer({
    description: 'Scrapes at a time. More are answered with 503 and a Retry-After.',
    default: 128,
    minimum: 1,
  }),
})

export type PrometheusConfig = Static<typeof Config>
