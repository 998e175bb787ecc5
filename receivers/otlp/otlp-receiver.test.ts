import { gzipSync } from 'node:zlib'
import type { Metadata } from '@grpc/grpc-js'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { describe, expect, test } from 'vitest'
import { sdkMetrics } from '#src/testing/sdk-metrics.ts'
import { TestReceiver } from './test-receiver.ts'

/** Sends by the official exporter over gRPC. @returns its error */
async function sendByGrpc(
  endpoint: string,
  metrics: ResourceMetrics,
  options: { readonly compression?: CompressionAlgorithm; readonly metadata?: Metadata } = {},
): Promise<Error | undefined> {
  const exporter = new OTLPMetricExporter({ url: `http://${endpoint}`, timeoutMillis: 3000, ...options })
  const error = await new Promise<Error | undefined>((resolve) => {
    exporter.export(metrics, (result) => resolve(result.error))
  })
  await exporter.shutdown()
  return error
}

/** What arrived, as a test compares it, by name. */
function arrived({ context }: TestReceiver): { name: string; value: unknown }[] {
  const points = context.next.batches.flatMap((batch) =>
    [...batch.walk].map((slot) => {
      const series = batch.layout.series[slot]
      const { kind, unit, description, monotonic } = series?.metric.descriptor ?? {}
      return {
        name: series?.name ?? '',
        descriptor: { kind, unit, description, monotonic },
        attributes: Object.fromEntries(series?.attributes ?? []),
        resource: Object.fromEntries(series?.resource.attributes ?? []),
        scope: [series?.metric.scope.name, series?.metric.scope.version],
        value: batch.points?.[slot] ?? batch.values[slot],
        time: batch.timesNano?.[slot],
        start: batch.startTimesNano?.[slot],
      }
    }),
  )
  return points.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

const attributes = { host: 'a', cpu: 0n, ratio: 0.5, on: true, list: ['x', 'y'] }
const expected = [
  { name: 'latency', value: { kind: 'exponential_histogram', count: 3, min: 0.1, max: 3 } },
  {
    name: 'orders',
    value: 5,
    descriptor: { kind: 'sum', unit: '{order}', description: 'Orders taken.', monotonic: true },
  },
  { name: 'queue', value: -3, descriptor: { kind: 'sum', monotonic: false } },
  { name: 'size', value: { kind: 'histogram', count: 3, sum: 55.5, bounds: [1, 10], counts: [1, 1, 1] } },
  { name: 'temperature', value: 21.5, descriptor: { kind: 'gauge', unit: 'Cel' } },
].map((each) => ({
  attributes,
  resource: { 'service.name': 'shop', replica: 2n },
  scope: ['shop.orders', '1.2.0'],
  ...each,
}))

describe('the official exporters are heard', () => {
  test.each([undefined, CompressionAlgorithm.GZIP])('over gRPC, compression %s', async (compression) => {
    await using receiver = await TestReceiver.start()
    const metrics = await sdkMetrics()
    expect(
      await sendByGrpc(receiver.grpcEndpoint, metrics, compression === undefined ? {} : { compression }),
    ).toBeUndefined()
    expect(arrived(receiver)).toMatchObject(expected)
  })

  test('over HTTP in protobuf, compressed too', async () => {
    await using receiver = await TestReceiver.start()
    const body = ProtobufMetricsSerializer.serializeRequest(await sdkMetrics()) ?? new Uint8Array()
    const answer = await receiver.post(body)
    expect([answer.status, answer.headers.get('content-type'), answer.body.length]).toEqual([
      200,
      'application/x-protobuf',
      0,
    ])
    expect(arrived(receiver)).toMatchObject(expected)
    expect((await receiver.post(gzipSync(body), { 'content-encoding': 'gzip' })).status).toBe(200)
    expect(arrived(receiver)).toHaveLength(10)
  })

  test('over HTTP in JSON', async () => {
    await using receiver = await TestReceiver.start()
    const body = JsonMetricsSerializer.serializeRequest(await sdkMetrics()) ?? new Uint8Array()
    const answer = await receiver.post(body, { 'content-type': 'application/json; charset=utf-8' })
    expect([answer.status, answer.headers.get('content-type'), answer.body.toString()]).toEqual([
      200,
      'application/json',
      '{}',
    ])
    expect(arrived(receiver)).toMatchObject(expected)
  })
})
