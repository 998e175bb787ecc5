import { deliveryProperties } from '#src/arrivals/deliveries.ts'
import { ByteSize, Duration, Options, Type, type Static } from '#src/config/schema.ts'
import { serverProperties } from '#src/http/server-config.ts'

function limit(description: string) {
  return Type.Integer({ description: `${description} 0 is no limit.`, default: 0, minimum: 0 })
}

/** The options of `prometheus_remote_write`: those of the Collector's receiver, which are those of a server, and our own. */
export const Config = Options({
  ...serverProperties,
  path: Type.String({
    description: 'Where requests are taken.',
    default: '/api/v1/write',
    pattern: '^/[^?#]*$',
  }),
  max_request_body_size: ByteSize({
    description: 'The most that a request may have, as it comes and decompressed.',
    default: '32MiB',
  }),
  max_inflight_size: ByteSize({
    description:
      'The most that all requests that are being received may have together; more are answered with 503.',
    default: '256MiB',
  }),
  max_series: Type.Integer({
    description: 'How many series are known at a time; others are refused. Each takes about a kilobyte.',
    default: 1_000_000,
    minimum: 1,
  }),
  series_idle_timeout: Duration({
    description:
      'After so long without a sample a series is let go, without a stale marker: senders send these themselves.',
    default: '10m',
  }),
  ...deliveryProperties,
  label_limit: limit('Labels of a series, its name included, above which it is refused.'),
  label_name_length_limit: limit('Bytes of the name of a label above which its series is refused.'),
  label_value_length_limit: limit('Bytes of the value of a label above which its series is refused.'),
})

export type RemoteWriteConfig = Static<typeof Config>
