import type { PipelineContext } from '#src/component/define.ts'
import { makeDiskQueue } from '#src/queue/disk/make-disk-queue.ts'
import { jointReport } from '#src/queue/joint-report.ts'
import { MemoryQueue } from '#src/queue/memory-queue.ts'
import type { RequestQueue } from '#src/queue/request-queue.ts'
import type { Peer } from './peer.ts'
import type { QueueOptions, RetryOptions } from './push-config.ts'
import { Sender, type SenderOptions } from './sender.ts'

const megabyte = 1 << 20

/** A queue, and what brings to the peer what is in it. */
export interface Sending {
  readonly queue: RequestQueue
  readonly sender: Sender
}

/** Makes the queue that the options ask for, and its sender. No I/O is done before the sender is started. */
export function makeSending(
  queueOptions: QueueOptions,
  retry: RetryOptions,
  peer: Peer,
  context: PipelineContext,
): Sending {
  // The queue and the sender fare each in its own way.
  const reportOf = jointReport(context)
  const queue = makeQueue(queueOptions, { ...context, report: reportOf() })
  const options = senderOptions(queueOptions, retry)
  return { queue, sender: new Sender(options, queue, peer, { ...context, report: reportOf() }) }
}

function makeQueue(options: QueueOptions, context: PipelineContext): RequestQueue {
  const { num_consumers: shards, queue_size, disk } = options
  const limits = { maxBytes: options.max_megabytes * megabyte, whenFull: options.when_full }
  if (disk !== undefined) return makeDiskQueue(disk, { ...limits, shards }, context)
  const { clock } = context
  return new MemoryQueue(shards, { ...limits, maxRequests: queue_size }, clock, (request, reason) => {
    for (const { intake, points } of request.shares) intake.drop(points, reason)
    request.release()
    if (reason === 'queue_full') context.logger.warn('the queue is full: the oldest data is dropped')
  })
}

function senderOptions({ disk }: QueueOptions, retry: RetryOptions): SenderOptions {
  const backoff = {
    initialMs: retry.initial_interval,
    maxMs: retry.max_interval,
    multiplier: retry.multiplier,
    randomization: retry.randomization_factor,
  }
  return {
    backoff: retry.enabled ? backoff : undefined,
    maxElapsedMs: disk?.max_age ?? retry.max_elapsed_time,
    random: Math.random,
  }
}
