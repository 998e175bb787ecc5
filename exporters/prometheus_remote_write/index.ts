import { defineExporter } from '#src/component/define.ts'
import { HttpClient } from '#src/http/client/http-client.ts'
import { PrometheusLabels } from '#src/naming/prometheus-labels.ts'
import { translationOf } from '#src/naming/prometheus-names.ts'
import { MemoryQueue } from '#src/queue/memory-queue.ts'
import { BufferPool } from '#src/remote/buffer-pool.ts'
import { LabelTable } from '#src/remote/label-table.ts'
import { RequestBuilder } from '#src/remote/request-builder.ts'
import { SamplesEncoder } from '#src/remote/samples-encoder.ts'
import { SeriesNaming } from '#src/remote/series-naming.ts'
import { checkConfig, compileRules, Config, endpointUrl } from './config.ts'
import { RemoteWriteExporter } from './remote-write-exporter.ts'
import { Sender } from './sender.ts'

const megabyte = 1 << 20
/** How much memory of sent requests is kept for later ones. */
const maxIdleBytes = 32 * megabyte

/** Sends samples to a Prometheus remote write receiver. */
export default defineExporter({
  type: 'prometheus_remote_write',
  stability: 'beta',
  description: 'Sends samples to Prometheus, VictoriaMetrics and other remote write receivers.',
  config: Config,
  validate: checkConfig,

  create(config, context) {
    const { clock } = context
    const { num_consumers: shards, max_megabytes, queue_size, when_full } = config.remote_write_queue
    const retry = config.retry_on_failure
    const url = endpointUrl(config)
    const client = new HttpClient({ clock })
    const pool = new BufferPool(maxIdleBytes)
    const queue = new MemoryQueue(
      shards,
      { maxBytes: max_megabytes * megabyte, maxRequests: queue_size, whenFull: when_full },
      (request) => {
        for (const { intake, points } of request.shares) intake.drop(points, 'queue_full')
        request.release()
      },
    )
    const labels = new PrometheusLabels({
      translation: translationOf('UnderscoreEscapingWithSuffixes', config.namespace),
      constLabels: config.external_labels,
      scopeInfo: true,
      promotes: () => false,
    })
    const limits = { maxBytes: config.max_batch_size_bytes, maxSamples: config.max_samples_per_send }
    return new RemoteWriteExporter(context, {
      makeEncoder: (output) =>
        new SamplesEncoder(
          new LabelTable(),
          new SeriesNaming(labels, compileRules(config)),
          shards,
          pool,
          output,
        ),
      builders: Array.from(
        { length: shards },
        (_, shard) =>
          new RequestBuilder(
            shard,
            '1.0',
            limits,
            pool,
            () => clock.monotonic(),
            (request) => queue.enqueue(request),
          ),
      ),
      queue,
      sender: new Sender(
        {
          shards,
          backoff: retry.enabled
            ? {
                initialMs: retry.initial_interval,
                maxMs: retry.max_interval,
                multiplier: retry.multiplier,
                randomization: retry.randomization_factor,
              }
            : undefined,
          maxElapsedMs: retry.max_elapsed_time,
          random: Math.random,
        },
        queue,
        async (body, headers, signal) =>
          await client.post(
            {
              url,
              timeoutMs: config.timeout,
              idempotent: true,
              body: [body],
              headers: {
                ...config.headers,
                'Content-Type': 'application/x-protobuf',
                'Content-Encoding': 'snappy',
                'X-Prometheus-Remote-Write-Version': '0.1.0',
                ...headers,
              },
            },
            signal,
          ),
        context,
      ),
      sendDeadlineMs: config.batch_send_deadline,
    })
  },
})
