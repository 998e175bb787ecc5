import { expect, test } from 'vitest'
import { Batch } from '#src/model/batch.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from '../../exporters/prometheus_remote_write/test-exporter.ts'

const { layout } = batchOf([[series('m', { n: '1' }), 0]])

function sample(value: number): Batch {
  return new Batch(layout, { time: 1_700_000_000_000 + value, values: Float64Array.of(value) })
}

test.each([500, 503, 429])(
  'after minutes of %i all that waited arrives, in order and once',
  async (status) => {
    let up = false
    await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : status }))
    await using sut = exporterFor({
      endpoint: receiver.url,
      // Minutes are a tenth of a second here.
      retry_on_failure: { initial_interval: '1ms', max_interval: '30ms', randomization_factor: 1 },
    })
    for (let value = 0; value < 50; value++) {
      expect(sut.take([sample(value)])).toBe(true)
      if (value % 10 === 0) await receiver.until(({ requests }) => requests.length > value / 10)
    }
    expect(sut.ledger).toMatchObject({ accepted: 50, queued: 50, delivered: 0, imbalance: 0 })
    expect(sut.settlements).toEqual([])
    up = true
    await sut.settled()
    const failed = receiver.requests.findIndex(
      ({ headers }, index) => index > 0 && headers['retry-attempt'] === undefined,
    )
    // All attempts before were of the first request, the same bytes each time.
    const [first] = receiver.requests
    for (const { body, headers } of receiver.requests.slice(1, failed)) {
      expect(body).toEqual(first?.body)
      expect(Number(headers['retry-attempt'])).toBeGreaterThan(0)
    }
    const values = receiver.series().map(({ samples: [each] }) => each?.value)
    expect(values.slice(failed - 1)).toEqual(
      Array.from(
        { length: values.length - failed + 1 },
        (_, index) => index + 50 - (values.length - failed + 1),
      ),
    )
    expect(sut.ledger).toMatchObject({ delivered: 50, queued: 0, imbalance: 0 })
    expect(sut.settlements).toEqual(Array.from({ length: 50 }, () => ({ delivered: true, rejected: 0 })))
    expect(sut.reports.map(({ state }) => state).at(-1)).toBe('ok')
  },
)

const started = Date.UTC(2026, 0, 1)

test.each([
  ['in seconds', '120', 120_000],
  ['as a date', new Date(started + 90_001).toUTCString(), 90_000],
  ['of a day, cut to five minutes,', '86400', 300_000],
])('a Retry-After %s is obeyed', async (_, retryAfter, waitMs) => {
  const clock = new FakeClock(started)
  await using receiver = await RemoteWriteReceiver.start((__, index) =>
    index === 0 ? { status: 503, headers: { 'Retry-After': retryAfter } } : { status: 204 },
  )
  await using sut = exporterFor({ endpoint: receiver.url, batch_send_deadline: '0s' }, clock)
  sut.take([sample(1)])
  await clock.advance(1)
  await receiver.until(({ requests }) => requests.length === 1)
  await expect.poll(() => sut.lines.length).toBe(1)
  await clock.advance(waitMs - 10)
  expect(receiver.requests).toHaveLength(1)
  expect(sut.ledger.queued).toBe(1)
  await clock.advance(11)
  await receiver.until(({ requests }) => requests.length === 2)
  await sut.settled()
  expect(sut.ledger).toMatchObject({ delivered: 1, queued: 0, imbalance: 0 })
})

test('what is too old to be tried again is given up and counted, and what follows is tried', async () => {
  const clock = new FakeClock()
  let up = false
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : 500 }))
  await using sut = exporterFor(
    {
      endpoint: receiver.url,
      batch_send_deadline: '0s',
      retry_on_failure: { initial_interval: '25s', randomization_factor: 0, max_elapsed_time: '1m' },
    },
    clock,
  )
  // Each attempt, by its number, is answered before time goes on.
  const attempted = async (count: number, waitMs: number): Promise<void> => {
    await clock.advance(waitMs)
    await receiver.until(({ requests }) => requests.length === count)
    await expect.poll(() => sut.lines.length).toBe(count)
    await clock.advance(0)
  }
  sut.take([sample(1)])
  await attempted(1, 1)
  await attempted(2, 25_000)
  sut.take([sample(2)])
  await clock.advance(1)
  // The third, 55 s after it was queued, is the last but one; that at 85 s is the last.
  await attempted(3, 30_000)
  await clock.advance(30_000)
  await receiver.until(({ requests }) => requests.length === 5)
  await expect.poll(() => sut.lines.length).toBe(5)
  expect(Object.fromEntries(sut.ledger.dropped)).toEqual({ retry_expired: 1 })
  expect(sut.settlements).toEqual([{ delivered: false, reason: 'retry_expired', rejected: 0 }])
  up = true
  await clock.advance(0)
  await clock.advance(25_000)
  await sut.settled()
  expect(receiver.series().map(({ samples: [each] }) => each?.value)).toEqual([1, 1, 1, 1, 2, 2])
  expect(sut.ledger).toMatchObject({ delivered: 1, queued: 0, imbalance: 0 })
})
