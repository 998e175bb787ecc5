import type { PipelineContext } from '#src/component/define.ts'
import { defineExporter } from '#src/component/define.ts'
import { makeAll } from '#src/config/config-error.ts'
import { compileCollectorClient } from '#src/http/client/collector-client-config.ts'
import { makeDiskQueue } from '#src/queue/disk/make-disk-queue.ts'
import { jointReport } from '#src/queue/joint-report.ts'
import { MemoryQueue } from '#src/queue/memory-queue.ts'
import type { RequestQueue } from '#src/queue/request-queue.ts'
import { checkConfig, Config, endpointUrl, protocolOptions, type RemoteWriteConfig } from './config.ts'
import { excerptWithout } from './excerpt.ts'
import { Protocol } from './protocol.ts'
import { RemoteWriteExporter } from './remote-write-exporter.ts'
import { Sender, type SenderOptions } from './sender.ts'

const megabyte = 1 << 20

/** Sends samples to a Prometheus remote write receiver. */
export default defineExporter({
  type: 'prometheus_remote_write',
  stability: 'beta',
  description: 'Sends samples to Prometheus, VictoriaMetrics and other remote write receivers.',
  config: Config,
  splits: true,
  validate: checkConfig,

  create(config, context) {
    const { clock, logger, outbox } = context
    const protocol = new Protocol(protocolOptions(config), (what) => logger.warn(what))
    if (outbox !== undefined) {
      const parts = { url: endpointUrl(config), protocol, queue: outbox, sending: undefined }
      return new RemoteWriteExporter(config, context, parts)
    }
    const [client, url] = makeAll(
      () => compileCollectorClient(config, { clock, logger }),
      () => endpointUrl(config),
    )
    const reportOf = jointReport(context)
    const queue = makeQueue(config, { ...context, report: reportOf() })
    const sender = new Sender(
      senderOptions(config),
      {
        queue,
        protocol,
        post: async ({ body, headers }, signal) =>
          await client.post(
            { url, timeoutMs: config.timeout, idempotent: true, body: [body], headers },
            signal,
          ),
        excerpt: excerptWithout(config),
      },
      { ...context, report: reportOf() },
    )
    return new RemoteWriteExporter(config, context, { url, protocol, queue, sending: { client, sender } })
  },
})

function makeQueue(
  { remote_write_queue: options }: RemoteWriteConfig,
  context: PipelineContext,
): RequestQueue {
  const { num_consumers: shards, queue_size, disk } = options
  const limits = { maxBytes: options.max_megabytes * megabyte, whenFull: options.when_full }
  if (disk !== undefined) return makeDiskQueue(disk, { ...limits, shards }, context)
  return new MemoryQueue(shards, { ...limits, maxRequests: queue_size }, (request, reason) => {
    for (const { intake, points } of request.shares) intake.drop(points, reason)
    request.release()
    if (reason === 'queue_full') context.logger.warn('the queue is full: the oldest data is dropped')
  })
}

function senderOptions({ remote_write_queue, retry_on_failure: retry }: RemoteWriteConfig): SenderOptions {
  return {
    shards: remote_write_queue.num_consumers,
    backoff: retry.enabled
      ? {
          initialMs: retry.initial_interval,
          maxMs: retry.max_interval,
          multiplier: retry.multiplier,
          randomization: retry.randomization_factor,
        }
      : undefined,
    maxElapsedMs: remote_write_queue.disk?.max_age ?? retry.max_elapsed_time,
    random: Math.random,
  }
}
