import { credentials, Metadata } from '@grpc/grpc-js'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { PeriodicExportingMetricReader, type MetricProducer } from '@opentelemetry/sdk-metrics'
import type { TelemetryReader } from '#src/config/configuration.ts'
import { Secret } from '#src/config/secret.ts'
import type { MadeReader } from './metric-readers.ts'

/** Pushes own metrics by OTLP over gRPC, in clear or by TLS. What fails is logged, and the next push holds it all: the counts are cumulative. */
export function pushOtlp(
  {
    endpoint,
    intervalMs,
    timeoutMs,
    headers,
    insecure,
  }: Extract<TelemetryReader, { readonly kind: 'otlp_grpc' }>,
  producer: MetricProducer,
): MadeReader {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(headers)) {
    metadata.set(name, value instanceof Secret ? value.reveal() : String(value))
  }
  const timeoutMillis = Math.min(timeoutMs, intervalMs)
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({
      url: endpoint,
      metadata,
      timeoutMillis,
      credentials: insecure ? credentials.createInsecure() : credentials.createSsl(),
    }),
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: timeoutMillis,
    metricProducers: [producer],
  })
  return { reader }
}
