import type { IncomingMessage, ServerResponse } from 'node:http'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { MetricProducer } from '@opentelemetry/sdk-metrics'
import type { TelemetryReader } from '#src/config/configuration.ts'
import { sendCompressed, sendText } from '#src/http/content-encoding.ts'
import { formatEndpoint } from '#src/http/endpoint.ts'
import { startServer } from '#src/http/server.ts'
import { describeError } from './log-value.ts'
import type { Logger } from './logger.ts'
import type { MadeReader } from './metric-readers.ts'

/**
 * Serves own metrics at `/metrics`. The exporter of the SDK collects and its serializer writes; the server is ours, for
 * its bounds, and because theirs answers 200 when it fails.
 */
export function servePrometheus(
  { host, port }: Extract<TelemetryReader, { readonly kind: 'prometheus' }>,
  producer: MetricProducer,
  logger: Logger,
): MadeReader {
  const reader = new PrometheusExporter({ preventServerStart: true, metricProducers: [producer] })
  const serializer = new PrometheusSerializer('', false, undefined, false, true)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.split('?', 1)[0] !== '/metrics') {
      sendText(response, 404, 'own metrics are at /metrics\n')
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      sendText(response, 405, 'method not allowed\n')
      return
    }
    const { resourceMetrics, errors } = await reader.collect()
    for (const error of errors) {
      logger.error('an own metric cannot be read', { error: describeError(error) })
    }
    await sendCompressed(request, response, {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      body: serializer.serialize(resourceMetrics),
    })
  }

  return {
    reader,
    listen: async () =>
      await startServer({
        endpoint: formatEndpoint({ host, port }),
        handler: answer,
        logger,
        name: 'own metrics',
      }),
  }
}
