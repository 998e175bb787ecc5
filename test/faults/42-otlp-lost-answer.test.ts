import { expect, test } from 'vitest'
import { Batch } from '#src/model/batch.ts'
import { OtlpReceiver } from '#src/testing/otlp-receiver.ts'
import { exporterTo, many, ways } from './otlp-ways.ts'

test.each(ways)(
  'when the answer is lost the same bytes are sent again: no data point comes with another value or time, by %s',
  async (way) => {
    // The receiver has the request, and the connection ends before its answer; every other time.
    await using receiver = await OtlpReceiver.start(way, (_, index) =>
      index % 2 === 0 ? 'hang_up' : 'taken',
    )
    await using sut = exporterTo(receiver)
    const { layout } = many(300)
    for (let cycle = 0; cycle < 10; cycle++) {
      const values = Float64Array.from(layout.series, (_, slot) => slot + cycle / 16)
      sut.take([new Batch(layout, { time: 1_700_000_000_000 + cycle, values })])
      await sut.settled()
    }
    expect(receiver.requests).toHaveLength(20)
    for (let index = 0; index < 20; index += 2)
      expect(receiver.requests[index + 1]?.message).toEqual(receiver.requests[index]?.message)
    const seen = new Map<string, number>()
    for (const point of receiver.points) {
      const key = JSON.stringify([point.attributes, point.timeUnixNano])
      const value = Number(point['asDouble'] ?? point['asInt'])
      expect(seen.get(key) ?? value).toBe(value)
      seen.set(key, value)
    }
    expect(seen.size).toBe(3000)
    expect(sut.ledger).toMatchObject({ delivered: 3000, queued: 0, imbalance: 0 })
  },
)
