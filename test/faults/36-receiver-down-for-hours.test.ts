import { expect, test } from 'vitest'
import { Batch } from '#src/model/batch.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from '../../exporters/prometheus_remote_write/test-exporter.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const { layout } = batchOf([[series('m', { n: '1' }), 0]])

async function turn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1))
}

test('36: what comes in hours without a receiver waits on disk, says how old it is, and arrives whole and in order', async () => {
  await using folder = await temporaryFolder()
  let up = false
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : 503 }))
  const clock = new FakeClock()
  const start = clock.now()
  await using sut = exporterFor(
    {
      endpoint: receiver.url,
      batch_send_deadline: '0s',
      // Time leaps here.
      timeout: '24h',
      remote_write_queue: { disk: { directory: folder.path } },
    },
    clock,
  )
  await sut.started
  const minutes = 6 * 60
  const times: number[] = []
  for (let minute = 0; minute < minutes; minute++) {
    const time = clock.now()
    times.push(time)
    expect(sut.take([new Batch(layout, { time, values: Float64Array.of(minute) })])).toBe(true)
    while (sut.ledger.stored <= minute) {
      await clock.advance(0)
      await turn()
    }
    await clock.advance(60_000)
  }
  // Longer than `max_elapsed_time`, which does not hold here.
  expect(sut.ledger).toMatchObject({ accepted: minutes, queued: minutes, stored: minutes, imbalance: 0 })
  expect(sut.queueStatus?.oldest).toBe(start)
  expect(sut.settlements).toEqual(Array.from({ length: minutes }, () => ({ delivered: true, rejected: 0 })))
  receiver.requests.length = 0
  up = true
  while (sut.ledger.queued > 0) {
    await clock.advance(1000)
    await turn()
  }
  const samples = receiver.series().flatMap(({ samples: all }) => all)
  expect(samples.slice(-minutes).map(({ time, value }) => [time, value])).toEqual(
    times.map((time, minute) => [time, minute]),
  )
  expect(sut.ledger).toMatchObject({ delivered: minutes, stored: 0, imbalance: 0 })
  expect(sut.queueStatus?.oldest).toBeUndefined()
  expect(sut.reports.at(-1)?.state).toBe('ok')
})
