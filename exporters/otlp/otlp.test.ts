import { expect, test } from 'vitest'
import type { Batch } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { Source } from '#src/model/source.ts'
import { OtlpReceiver } from '#src/testing/otlp-receiver.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from './test-exporter.ts'

function many(count: number, time = 1_700_000_000_000, source = new Source('test', '')): Batch {
  return batchOf(
    Array.from({ length: count }, (_, index) => [series('m', { n: String(index) }), index] as const),
    { time, source },
  )
}

test.for(['gzip', 'zstd', 'none', ''])('data points arrive, compressed with "%s"', async (compression) => {
  await using receiver = await OtlpReceiver.start('grpc')
  await using sut = exporterFor({ endpoint: receiver.endpoint, compression })
  const scope = makeScope(makeResource(['host.name', 'n1']), { name: 'lib' })
  const cpu = { scope, kind: 'sum', monotonic: true, unit: 's' } as const
  sut.take([batchOf([[series('system.cpu.time', { state: 'idle' }, cpu), 12.5]])])
  await sut.settled()
  expect(receiver.requests[0]?.request).toMatchObject({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'host.name', value: { stringValue: 'n1' } }] },
        scopeMetrics: [
          {
            scope: { name: 'lib' },
            metrics: [{ name: 'system.cpu.time', unit: 's', sum: { dataPoints: [{ asDouble: 12.5 }] } }],
          },
        ],
      },
    ],
  })
  const encoding = compression === '' || compression === 'none' ? undefined : compression
  expect(receiver.requests[0]?.headers['grpc-encoding']).toBe(encoding)
  expect(sut.ledger).toMatchObject({ accepted: 1, delivered: 1, queued: 0, imbalance: 0 })
  expect(sut.settlements).toEqual([{ delivered: true, rejected: 0 }])
})

test('headers and credentials go with each request', async () => {
  await using receiver = await OtlpReceiver.start('grpc')
  await using sut = exporterFor({
    endpoint: receiver.endpoint,
    headers: [{ name: 'X-Scope-OrgID', value: 'tenant' }],
    authorization: { credentials: 'token' },
    authority: 'collector.example',
  })
  sut.take([many(1)])
  await sut.settled()
  expect(receiver.requests[0]?.headers).toMatchObject({
    'x-scope-orgid': 'tenant',
    authorization: 'Bearer token',
    ':authority': 'collector.example',
    'grpc-timeout': '5000m',
  })
})

test('data points of many calls share requests, which are bounded', async () => {
  await using receiver = await OtlpReceiver.start('grpc')
  await using sut = exporterFor({
    endpoint: receiver.endpoint,
    sending_queue: { num_consumers: 1, batch: { flush_timeout: '20ms', max_size: 1000 } },
  })
  for (let call = 0; call < 50; call++) sut.take([many(100, undefined, new Source('test', String(call)))])
  await sut.settled()
  expect(receiver.points).toHaveLength(5000)
  expect(receiver.requests.length).toBeLessThan(15)
  for (const { request } of receiver.requests) {
    const points = request.resourceMetrics.length
    expect(points).toBeGreaterThan(0)
  }
  expect(sut.settlements).toHaveLength(50)
})

test('a stop sends what waits, and gives up the rest at its deadline', async () => {
  await using receiver = await OtlpReceiver.start('grpc')
  const sut = exporterFor({ endpoint: receiver.endpoint, sending_queue: { batch: { flush_timeout: '1h' } } })
  sut.take([many(1000)], false)
  await sut.stop(10_000)
  expect(receiver.points).toHaveLength(1000)
  expect(sut.ledger).toMatchObject({ delivered: 1000, queued: 0, imbalance: 0 })
  expect(sut.take([many(1)])).toBe(false)
  receiver.answer = () => 'hold'
  const stuck = exporterFor({ endpoint: receiver.endpoint })
  stuck.take([many(100)])
  await stuck.stop(50)
  expect(Object.fromEntries(stuck.ledger.dropped)).toEqual({ shutdown: 100 })
})

test.for([
  { queue: { queue_size: 4 }, most: Infinity },
  { queue: { sizer: 'bytes', queue_size: 2000 }, most: 2000 },
])('a full queue refuses, by requests or by bytes: $queue', async ({ queue, most }) => {
  await using receiver = await OtlpReceiver.start('grpc', () => 'hold')
  await using sut = exporterFor({ endpoint: receiver.endpoint, compression: 'none', sending_queue: queue })
  let bytes = 0
  let taken = 0
  while (sut.take([many(10, 1_700_000_000_000 + taken)])) {
    taken++
    await expect.poll(() => sut.queueStatus?.memoryBytes).toBeGreaterThan(bytes)
    bytes = sut.queueStatus?.memoryBytes ?? 0
  }
  expect(taken).toBeLessThanOrEqual(4)
  expect(bytes).toBeLessThanOrEqual(most)
  expect(sut.ledger).toMatchObject({ refused: 10, queued: taken * 10, imbalance: 0 })
})
