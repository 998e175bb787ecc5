import { describe, expect, test } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { OtlpReceiver } from '#src/testing/otlp-receiver.ts'
import { exporterBy, exporterTo, quickly, sample, ways } from './otlp-ways.ts'

describe.each(ways)('by %s', (way) => {
  test('after a long time of failures all that waited arrives, in order and once', async () => {
    let up = false
    await using receiver = await OtlpReceiver.start(way, () => (up ? 'taken' : 'busy'))
    await using sut = exporterTo(receiver)
    for (let value = 0; value < 50; value++) {
      expect(sut.take([sample(value)])).toBe(true)
      if (value % 10 === 0) await receiver.until(({ requests }) => requests.length > value / 10)
    }
    expect(sut.ledger).toMatchObject({ accepted: 50, queued: 50, delivered: 0, imbalance: 0 })
    up = true
    await sut.settled()
    // The first request came again and again; the last attempt of it begins what the receiver took.
    const values = receiver.values
    expect(values.slice(values.lastIndexOf(0))).toEqual(Array.from({ length: 50 }, (_, index) => index))
    expect(sut.ledger).toMatchObject({ delivered: 50, queued: 0, imbalance: 0 })
    expect(sut.settlements).toEqual(Array.from({ length: 50 }, () => ({ delivered: true, rejected: 0 })))
    expect(sut.reports.map(({ state }) => state)).toContain('recoverable_error')
    expect(sut.reports.at(-1)?.state).toBe('ok')
    expect(sut.lines[0]).toMatchObject({ message: 'the receiver cannot take data now: it is sent again' })
  })

  test('the delay that the receiver asks for is kept', async () => {
    const clock = new FakeClock()
    await using receiver = await OtlpReceiver.start(way, (_, index) =>
      index === 0 ? { busyForMs: 90_000 } : 'taken',
    )
    await using sut = exporterTo(receiver, { sending_queue: { batch: { flush_timeout: '0s' } } }, clock)
    sut.take([sample(1)])
    await clock.advance(1)
    await receiver.until(({ requests }) => requests.length === 1)
    await expect.poll(() => sut.lines.length).toBe(1)
    await clock.advance(89_000)
    expect([receiver.requests.length, sut.ledger.queued]).toEqual([1, 1])
    await clock.advance(2000)
    await receiver.until(({ requests }) => requests.length === 2)
    await sut.settled()
    expect(sut.ledger).toMatchObject({ delivered: 1, imbalance: 0 })
  })

  test('a receiver that is not there, and then is, gets everything', async () => {
    const first = await OtlpReceiver.start(way)
    const { port, endpoint } = first
    await first[Symbol.asyncDispose]()
    await using sut = exporterBy(way, { endpoint, retry_on_failure: quickly })
    for (let value = 0; value < 20; value++) sut.take([sample(value)])
    await expect.poll(() => sut.lines.length).toBeGreaterThan(3)
    expect(sut.lines[0]).toMatchObject({
      level: 'warn',
      message: 'the receiver cannot be reached: data is sent again',
      fields: { error: { message: `127.0.0.1:${port} refused the connection: nothing listens there` } },
    })
    await using receiver = await OtlpReceiver.start(way, undefined, { port })
    await sut.settled()
    expect(receiver.values).toEqual(Array.from({ length: 20 }, (_, index) => index))
    expect(sut.ledger).toMatchObject({ delivered: 20, queued: 0, imbalance: 0 })
  })

  test('a receiver that dies again and again under load gets everything in order', async () => {
    let receiver = await OtlpReceiver.start(way)
    const { port, endpoint } = receiver
    await using sut = exporterBy(way, { endpoint, retry_on_failure: quickly })
    const values: number[] = []
    for (let value = 0; value < 100; value++) {
      sut.take([sample(value)])
      if (value % 20 !== 19) continue
      await receiver.until(({ requests }) => requests.length > 0)
      await receiver[Symbol.asyncDispose]()
      values.push(...receiver.values)
      receiver = await OtlpReceiver.start(way, undefined, { port })
    }
    await sut.settled()
    values.push(...receiver.values)
    await receiver[Symbol.asyncDispose]()
    // Some come twice, where the receiver died with the answer; none is missing or out of order.
    expect([...new Set(values)]).toEqual(Array.from({ length: 100 }, (_, index) => index))
    expect(sut.ledger).toMatchObject({ delivered: 100, queued: 0, imbalance: 0 })
  })
})
