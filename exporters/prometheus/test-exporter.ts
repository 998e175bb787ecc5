import type { Batch } from '#src/model/batch.ts'
import { pointsIn } from '#src/pipeline/consumer.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { ChunkPool } from './chunk-pool.ts'
import type { PrometheusConfig } from './config.ts'
import { Exposition } from './exposition.ts'
import { PrometheusExporter } from './prometheus-exporter.ts'
import { negotiate } from './representation.ts'

/** The options where a file says nothing but the endpoint: any free port. */
export const defaults: PrometheusConfig = {
  endpoint: '127.0.0.1:0',
  read_header_timeout: 10_000,
  read_timeout: 30_000,
  write_timeout: 30_000,
  idle_timeout: 60_000,
  keep_alives_enabled: true,
  max_connections: 256,
  response_headers: {},
  path: '/metrics',
  namespace: '',
  const_labels: {},
  send_timestamps: false,
  metric_expiration: 300_000,
  enable_open_metrics: false,
  created_samples: false,
  resource_to_telemetry_conversion: { enabled: false, exclude_service_attributes: false },
  target_info: { enabled: true },
  without_scope_info: false,
  add_metric_suffixes: true,
  max_concurrent_scrapes: 128,
}

/** What Prometheus 3 asks for. */
export const openMetricsAccept = 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8'

/** An exposition that a test feeds and reads, without a server. */
export interface TestExposition {
  readonly context: TestContext
  readonly exposition: Exposition
  /** Takes batches as the exporter's node counts them, and holds the conservation law. */
  readonly take: (...batches: Batch[]) => void
  /** What a client sees that asks for this. */
  readonly text: (accept?: string) => Promise<string>
  /** Points dropped, by reason. */
  readonly dropped: () => Record<string, number>
}

/** Makes an exposition with these options; the others are the defaults. */
export function testExposition(
  config: Partial<PrometheusConfig> = {},
  context = testContext(),
): TestExposition {
  const exposition = new Exposition({ ...defaults, ...config }, context)
  return {
    context,
    exposition,
    take(...batches) {
      for (const batch of batches) {
        context.ledger.accepted += pointsIn([batch])
        exposition.take(batch)
        if (context.ledger.imbalance !== 0)
          throw new Error(`${context.ledger.imbalance} points are not settled`)
      }
    },
    async text(accept) {
      const parts: Buffer[] = []
      for await (const chunk of exposition.write(negotiate(accept, true), new ChunkPool()))
        parts.push(Buffer.from(chunk))
      return Buffer.concat(parts).toString()
    },
    dropped: () => Object.fromEntries(context.ledger.dropped),
  }
}

/** An exporter that serves; the caller stops it. */
export async function startExporter(
  config: Partial<PrometheusConfig> = {},
): Promise<{ readonly exporter: PrometheusExporter; readonly context: TestContext; readonly url: string }> {
  const context = testContext('prometheus')
  const exporter = new PrometheusExporter({ ...defaults, ...config }, context)
  await exporter.start()
  return { exporter, context, url: exporter.url ?? '' }
}
