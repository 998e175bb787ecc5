import { ConfigError } from '#src/config/config-error.ts'
import { Duration, Options, Type, type Static } from '#src/config/schema.ts'

/** The options of `batch`, in the Collector's names. */
export const Config = Options({
  send_batch_size: Type.Integer({
    description: 'Data points at which what is held is handed on. 0 hands on at once.',
    default: 8192,
    minimum: 0,
  }),
  timeout: Duration({
    description: 'How long a data point is held at most. 0 hands on at once.',
    default: '200ms',
  }),
  send_batch_max_size: Type.Integer({
    description: 'Data points that are handed on in one call at most; 0 is no limit.',
    default: 0,
    minimum: 0,
  }),
  metadata_keys: Type.Array(Type.String(), {
    description: 'Accepted and without effect: Weir keeps no metadata of clients to batch by.',
    default: [],
  }),
  metadata_cardinality_limit: Type.Integer({
    description: 'Accepted and without effect, as `metadata_keys`.',
    default: 1000,
    minimum: 0,
  }),
})

export type BatchConfig = Static<typeof Config>

/** Throws a `ConfigError` for sizes that contradict each other. */
export function checkSizes({ send_batch_size, send_batch_max_size }: BatchConfig): void {
  if (send_batch_max_size > 0 && send_batch_max_size < send_batch_size) {
    throw new ConfigError(
      `send_batch_max_size must be greater or equal to send_batch_size (${send_batch_size})`,
      ['send_batch_max_size'],
    )
  }
}
