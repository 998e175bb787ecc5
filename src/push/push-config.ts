import { ConfigError } from '#src/config/config-error.ts'
import { Duration, Type, WithoutEffect, type Static } from '#src/config/schema.ts'
import { DiskConfig } from '#src/queue/disk/disk-config.ts'

/** In what exporters differ: the Collector's do. */
export interface QueueDefaults {
  /** Requests that wait at most. */
  readonly queueSize: number
  /** Requests that are sent at a time. */
  readonly consumers: number
}

/** The options of the queue of an exporter that pushes. */
export function queueProperties({ queueSize, consumers }: QueueDefaults) {
  return {
    enabled: WithoutEffect('there always is a queue'),
    queue_size: Type.Integer({
      description: 'Requests that wait in memory at most.',
      default: queueSize,
      minimum: 1,
    }),
    num_consumers: Type.Integer({
      description: 'Requests that are sent at a time. Samples of one series always go in order.',
      default: consumers,
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
    disk: DiskConfig,
  }
}

/** How a failure that may pass is answered, where the file does not say. */
export interface RetryDefaults {
  readonly initialInterval: string
  readonly multiplier: number
  readonly randomizationFactor: number
}

/** The options of `retry_on_failure`. */
export function retryProperties({ initialInterval, multiplier, randomizationFactor }: RetryDefaults) {
  return {
    enabled: Type.Boolean({ description: 'Whether a request is tried more than once.', default: true }),
    initial_interval: Duration({
      description: 'The wait before the second attempt.',
      default: initialInterval,
    }),
    multiplier: Type.Number({
      description: 'By how much each wait is longer than the one before.',
      default: multiplier,
      minimum: 1,
    }),
    randomization_factor: Type.Number({
      description:
        'The share of a wait by which it is longer or shorter at random. With 1 it is anything from 0 to twice as long.',
      default: randomizationFactor,
      minimum: 0,
      maximum: 1,
    }),
    max_interval: Duration({ description: 'The longest wait.', default: '30s' }),
    max_elapsed_time: Duration({
      description:
        'How long after it was queued a request is tried again; 0 is for ever. With `disk` it is `disk.max_age` that counts.',
      default: '5m',
    }),
  }
}

/** What a file says of a queue. */
export type QueueOptions = Static<Type.TObject<ReturnType<typeof queueProperties>>>
/** What it says of retries. */
export type RetryOptions = Static<Type.TObject<ReturnType<typeof retryProperties>>>

/**
 * Checks what the schema cannot see.
 *
 * @throws {ConfigError} where what is kept on disk would not be sent again
 */
export function checkRetries({ disk }: QueueOptions, { enabled }: RetryOptions): void {
  if (disk === undefined || enabled) return
  throw new ConfigError('a queue on disk keeps what could not be sent: it needs retry_on_failure', [
    'retry_on_failure',
    'enabled',
  ])
}
