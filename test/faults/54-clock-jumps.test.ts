import { expect, test } from 'vitest'
import { Batch } from '#src/model/batch.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from '../../exporters/prometheus_remote_write/test-exporter.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const { layout } = batchOf([[series('m', { n: '1' }), 0]])
const start = Date.parse('2026-01-01T00:00:00Z')

async function turn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1))
}

test.each([
  ['an hour ahead', start + 3_600_000],
  ['an hour back', start - 3_600_000],
  ['to 2020', Date.parse('2020-01-01T00:00:00Z')],
  ['past what 32 bits of seconds hold', Date.parse('2038-02-01T00:00:00Z')],
])(
  '54: a wall clock that leaps %s neither loses nor reorders what waits on disk, nor delays it',
  async (_, leap) => {
    await using folder = await temporaryFolder()
    let up = false
    await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : 503 }))
    const clock = new FakeClock(start)
    const options = {
      endpoint: receiver.url,
      batch_send_deadline: '0s',
      timeout: '24h',
      remote_write_queue: { disk: { directory: folder.path, max_age: '30m' } },
    }
    const put = async (sut: ReturnType<typeof exporterFor>, from: number): Promise<void> => {
      for (let value = from; value < from + 10; value++) {
        expect(sut.take([new Batch(layout, { time: start + value, values: Float64Array.of(value) })])).toBe(
          true,
        )
        while (sut.ledger.stored < sut.ledger.queued) {
          await clock.advance(1)
          await turn()
        }
      }
    }
    const sut = exporterFor(options, clock)
    await sut.started
    await put(sut, 0)
    clock.setWall(leap)
    await put(sut, 10)
    up = true
    receiver.requests.length = 0
    for (let seconds = 0; seconds < 60 && sut.ledger.queued > 0; seconds++) {
      await clock.advance(1000)
      await turn()
    }
    expect(sut.ledger).toMatchObject({ accepted: 20, delivered: 20, queued: 0, imbalance: 0 })
    const values = receiver.series().flatMap(({ samples }) => samples.map(({ value }) => value))
    expect(values).toEqual(Array.from({ length: 20 }, (_, value) => value))
    await sut.stop()
  },
)
