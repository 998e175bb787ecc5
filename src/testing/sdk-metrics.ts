import type { Attributes } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  MetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/**
 * What the official SDK makes of a counter, a gauge, a counter that goes down, and a histogram of either kind: metrics as its
 * exporters take them.
 */
export async function sdkMetrics(
  attributes: Attributes = { host: 'a', cpu: 0, ratio: 0.5, on: true, list: ['x', 'y'] },
): Promise<ResourceMetrics> {
  const reader = new ManualReader({
    aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
  })
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop', replica: 2 }),
    readers: [reader],
    views: [
      { instrumentName: 'latency', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } },
      {
        instrumentName: 'size',
        aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [1, 10] } },
      },
    ],
  })
  const meter = provider.getMeter('shop.orders', '1.2.0', { schemaUrl: 'https://example.com/1' })
  meter.createCounter('orders', { unit: '{order}', description: 'Orders taken.' }).add(5, attributes)
  meter.createUpDownCounter('queue').add(-3, attributes)
  meter.createGauge('temperature', { unit: 'Cel' }).record(21.5, attributes)
  const size = meter.createHistogram('size', { unit: 'By' })
  for (const value of [0.5, 5, 50]) size.record(value, attributes)
  const latency = meter.createHistogram('latency', { unit: 's' })
  for (const value of [0.1, 0.2, 3]) latency.record(value, attributes)
  const { resourceMetrics } = await reader.collect()
  await provider.shutdown()
  return resourceMetrics
}
