import { expect, test } from 'vitest'
import { staleBatch } from '#src/model/batch.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { staleBits } from '#src/testing/remote-write.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from './test-exporter.ts'

test('samples arrive with their labels, sorted, their values and times', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  await using sut = exporterFor({ endpoint: receiver.url })
  const batch = batchOf([
    [series('up', { job: 'a', Zone: 'x', instance: '1' }), 1],
    [series('temperature', { job: 'a' }, { unit: 'Cel' }), -15.5],
  ])
  expect(sut.take([batch])).toBe(true)
  await receiver.until(({ requests }) => requests.length > 0)
  const all = receiver.series()
  expect(all.map(({ pairs, samples: [sample] }) => [pairs, sample?.value, sample?.time])).toEqual([
    [['Zone', 'x', '__name__', 'up', 'instance', '1', 'job', 'a'], 1, 1_700_000_000_000],
    [['__name__', 'temperature_celsius', 'job', 'a'], -15.5, 1_700_000_000_000],
  ])
  await sut.settled()
  expect(sut.ledger).toMatchObject({ accepted: 2, delivered: 2, queued: 0, imbalance: 0 })
})

test('a stale series ends with the bits of the marker', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  await using sut = exporterFor({ endpoint: receiver.url })
  const batch = batchOf([[series('up'), 1]])
  sut.take([batch, staleBatch(batch.layout, Int32Array.of(0), batch.time + 1000)])
  await receiver.until((each) => each.series().length === 2)
  expect(receiver.series()[1]?.samples).toMatchObject([{ bits: staleBits, time: 1_700_000_001_000 }])
})
