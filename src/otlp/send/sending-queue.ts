import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { Duration, Options, Type, WithoutEffect, type Static } from '#src/config/schema.ts'
import { checkRetries, queueProperties, retryProperties, type QueueOptions } from '#src/push/push-config.ts'
import type { RequestLimits } from '../encode/request-builder.ts'

const Batch = Options(
  {
    flush_timeout: Duration({
      description: 'How long data waits at most for other data to share a request with.',
      default: '200ms',
    }),
    max_size: Type.Integer({
      description: 'What a request has at most, by `sizer`; 0 leaves it to `max_bytes`.',
      default: 8192,
      minimum: 0,
    }),
    sizer: Type.Enum(['items', 'bytes'], {
      description: 'What `max_size` counts: data points, or bytes before they are compressed.',
      default: 'items',
    }),
    max_bytes: Type.Integer({
      description:
        'Bytes that a request has at most before it is compressed, unless one data point alone has more. Receivers of gRPC take 4 MiB unless they are told otherwise.',
      default: 3_000_000,
      minimum: 1,
    }),
    min_size: WithoutEffect('a request is sent once it is full, or `flush_timeout` has passed'),
    partition: WithoutEffect('Weir keeps no metadata of clients'),
  },
  { description: 'How data is put into requests.' },
)

/** `sending_queue`, in the Collector's names. */
export const SendingQueue = Options(
  {
    ...queueProperties({ queueSize: 1000, consumers: 10 }),
    sizer: Type.Enum(['requests', 'items', 'bytes'], {
      description:
        'What `queue_size` counts: requests, or bytes, which then hold instead of `max_megabytes`.',
      default: 'requests',
    }),
    batch: Batch,
    storage: Type.Optional(Type.String({ description: 'Refused: `disk` keeps requests on disk.' })),
    block_on_overflow: WithoutEffect('what is refused stays with whoever brought it'),
    wait_for_result: WithoutEffect('receivers that can wait are told when the data is there'),
  },
  { description: 'What waits to be sent.' },
)

/** `retry_on_failure`, with the Collector's defaults. */
export const RetryOnFailure = Options(
  retryProperties({ initialInterval: '5s', multiplier: 1.5, randomizationFactor: 0.5 }),
  { description: 'How a request is sent again after a failure that may pass.' },
)

/** What a file says of both. */
export interface SendingOptions {
  readonly sending_queue: Static<typeof SendingQueue>
  readonly retry_on_failure: Static<typeof RetryOnFailure>
}

const megabyte = 1 << 20

/**
 * Checks what the schema cannot see.
 *
 * @throws {ConfigError} with all mistakes
 */
export function checkSending({ sending_queue: queue, retry_on_failure: retry }: SendingOptions): void {
  makeAll(
    () => checkRetries(queue, retry),
    () => {
      if (queue.storage !== undefined)
        throw new ConfigError(
          'storage is an extension of the Collector: `disk: { directory: … }` keeps requests on disk',
          ['sending_queue', 'storage'],
        )
    },
    () => {
      if (queue.sizer === 'items')
        throw new ConfigError('a queue is bounded by requests or bytes: data points differ too much', [
          'sending_queue',
          'sizer',
        ])
    },
  )
}

/** The options of the queue, in which `queue_size` counts requests. */
export function queueOptions(queue: SendingOptions['sending_queue']): QueueOptions {
  if (queue.sizer !== 'bytes') return queue
  return { ...queue, queue_size: Number.MAX_SAFE_INTEGER, max_megabytes: queue.queue_size / megabyte }
}

/** How large requests get. */
export function requestLimits({ batch }: SendingOptions['sending_queue']): RequestLimits {
  const { max_size: size, sizer, max_bytes: maxBytes } = batch
  if (size === 0) return { maxBytes, maxPoints: Infinity }
  if (sizer === 'bytes') return { maxBytes: Math.min(size, maxBytes), maxPoints: Infinity }
  return { maxBytes, maxPoints: size }
}
