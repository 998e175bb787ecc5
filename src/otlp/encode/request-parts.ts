import type { EncodingEvents } from '#src/push/encoding.ts'
import type { RequestLimits } from './request-builder.ts'

/** Why data points are left out: they are histograms or summaries without a point, or parts that make none. */
export type RequestDrop = 'malformed'

/** What requests are made with. */
export interface RequestParts {
  /** Requests of one shard are sent in order; the data of a resource always goes through the same. */
  readonly shards: number
  readonly limits: RequestLimits
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Where it is told what became of data points. The bodies of its requests are not compressed. */
  readonly events: EncodingEvents<RequestDrop>
}
