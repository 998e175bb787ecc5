import { expect, test } from 'vitest'
import { Batch } from '#src/model/batch.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from '../../exporters/prometheus_remote_write/test-exporter.ts'

test('when the answer is lost the same bytes are sent again: no sample comes with another value or time', async () => {
  // The receiver has the body, and the connection ends before its answer; every other time.
  await using receiver = await RemoteWriteReceiver.start((_, index) => ({
    hangUp: index % 2 === 0,
    status: 204,
  }))
  await using sut = exporterFor({ endpoint: receiver.url, retry_on_failure: { initial_interval: '2ms' } })
  const { layout } = batchOf(
    Array.from({ length: 300 }, (_, index) => [series('m', { n: String(index) }), 0] as const),
  )
  for (let cycle = 0; cycle < 10; cycle++) {
    const values = Float64Array.from(layout.series, (_, slot) => slot + cycle / 16)
    sut.take([new Batch(layout, { time: 1_700_000_000_000 + cycle, values })])
    await sut.settled()
  }
  expect(receiver.requests).toHaveLength(20)
  for (let index = 0; index < 20; index += 2)
    expect(receiver.requests[index + 1]?.body).toEqual(receiver.requests[index]?.body)
  const seen = new Map<string, number>()
  for (const { labels, samples } of receiver.series()) {
    for (const { time, value } of samples) {
      const key = `${labels['n']} ${time}`
      expect(seen.get(key) ?? value).toBe(value)
      seen.set(key, value)
    }
  }
  expect(seen.size).toBe(3000)
  expect(sut.ledger).toMatchObject({ delivered: 3000, queued: 0, imbalance: 0 })
  expect(sut.settlements).toHaveLength(10)
})
