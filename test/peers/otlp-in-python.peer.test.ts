import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { TestReceiver } from '../../receivers/otlp/test-receiver.ts'
import { peerBinary } from './peer-binary.ts'

const script = fileURLToPath(new URL('otlp_sender.py', import.meta.url))

test.each([
  ['grpc', 'none'],
  ['grpc', 'gzip'],
  ['http', 'none'],
  ['http', 'gzip'],
])('the exporter of the Python SDK is heard over %s, compression %s', async (protocol, compression) => {
  await using receiver = await TestReceiver.start()
  const endpoint = protocol === 'grpc' ? receiver.grpcEndpoint : receiver.httpUrl
  await promisify(execFile)(peerBinary('otel-python', '1.45.2'), [script, protocol, endpoint, compression])
  const arrived = receiver.context.next.batches.flatMap((batch) =>
    [...batch.walk].map((slot) => {
      const series = batch.layout.series[slot]
      return {
        name: series?.name ?? '',
        attributes: Object.fromEntries(series?.attributes ?? []),
        resource: Object.fromEntries(series?.resource.attributes ?? []),
        value: batch.points?.[slot] ?? batch.values[slot],
      }
    }),
  )
  const attributes = { host: 'a', cpu: 0n, ratio: 0.5, on: true }
  const resource = { 'service.name': 'shop', replica: 2n, zones: ['a', 'b'] }
  expect(arrived.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toMatchObject(
    [
      { name: 'latency', value: { kind: 'exponential_histogram', count: 3, min: 0.1, max: 3 } },
      { name: 'orders', value: 5 },
      { name: 'queue', value: -3 },
      { name: 'size', value: { kind: 'histogram', count: 3, sum: 55.5, bounds: [1, 10], counts: [1, 1, 1] } },
      { name: 'temperature', value: 21.5 },
    ].map((each) => ({ ...each, attributes, resource })),
  )
})
