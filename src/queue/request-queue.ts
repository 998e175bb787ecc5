import type { QueueStatus } from '#src/telemetry/queue-status.ts'
import type { Settler } from './intake.ts'

/** Data points of one call that a request carries. */
export interface Share {
  readonly intake: Settler
  readonly points: number
}

/** A request that is encoded whole: what waits is bytes, and a second attempt sends the same ones. */
export interface EncodedRequest {
  /** Requests of one shard are sent one after the other, in the order in which they were put in. */
  readonly shard: number
  readonly body: Buffer
  /** How the body is written, in a word of the exporter that wrote it. */
  readonly format: string
  /** Whose data points it carries, in the order in which they are in the body. */
  readonly shares: readonly Share[]
  /** How many samples the body has; a data point may be several, or none. */
  readonly samples: number
  /** Monotonic milliseconds when it was put in. */
  readonly queuedAt: number
  /**
   * Gives the body's memory back; nobody reads it any more.
   *
   * @param memory where the body was in another thread and came back: the memory under the name that it has now
   */
  readonly release: (memory?: Buffer) => void
}

/** How much may wait, and what happens then. */
export interface SinkLimits {
  readonly maxBytes: number
  readonly whenFull: 'refuse' | 'drop_oldest'
}

/** Where requests go that are encoded, as an encoder sees it. */
export interface RequestSink {
  readonly limits: SinkLimits
  /** The format that requests are wanted in from now on, where the sender knows better than the encoder. */
  readonly format?: string | undefined
  /** Whether so many bytes more fit; one that drops the oldest makes room first, where it can. */
  admits(bytes: number): boolean
  /** Puts a request in, also where it is full: what was admitted is not refused afterwards. */
  enqueue(request: EncodedRequest): void
}

/**
 * Requests between an encoder and a sender, in order within each shard, bounded. A request stays in it until it is settled, so
 * that a durable queue gives it out again after a crash.
 */
export interface RequestQueue extends RequestSink {
  /** Whether what is in it survives the process: then nothing has to be sent in a hurry when that ends. */
  readonly isDurable: boolean
  /** Bytes that wait, those in flight included. */
  readonly bytes: number
  readonly status: QueueStatus
  /** Whether nothing waits and nothing is in flight. */
  readonly isEmpty: boolean
  /** Makes it ready. An error keeps the exporter from starting. */
  open(): Promise<void>
  /** The oldest request of a shard, which is then in flight; undefined where none is ready. */
  take(shard: number): EncodedRequest | undefined
  /** Removes a request that is in flight: it was settled. Others may take its place at the front, in its order. */
  settled(request: EncodedRequest, instead?: readonly EncodedRequest[]): void
  /** Puts a request that is in flight back to where it was: it will not be settled now. */
  putBack(request: EncodedRequest): void
  /** Told when there is a request to take. */
  onReady(listener: (shard: number) => void): void
  /** Ends it. What does not survive the process is dropped with the reason `shutdown`. */
  close(): Promise<void>
}

/** The number of data points that a request carries. */
export function pointsOf({ shares }: EncodedRequest): number {
  let points = 0
  for (const share of shares) points += share.points
  return points
}
