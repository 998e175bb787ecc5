import { Duration, Options, Type, type Static } from '#src/config/schema.ts'
import { serverProperties } from '#src/http/server-config.ts'
import { labelProperties } from '#src/naming/label-options.ts'

/** The options of `prometheus`, in the Collector's names; where it has none, in ours. */
export const Config = Options({
  ...serverProperties,
  path: Type.String({
    description: 'Where the metrics are.',
    default: '/metrics',
    pattern: '^/[^?#]*$',
  }),
  ...labelProperties,
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
  without_scope_info: Type.Boolean({
    description: 'Leaves out the labels `otel_scope_*`.',
    default: false,
  }),
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
