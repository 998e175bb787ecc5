import { describe, expect, test } from 'vitest'
import { OtlpReceiver } from '#src/testing/otlp-receiver.ts'
import { exporterTo, many, ways } from './otlp-ways.ts'

describe.each(ways)('by %s', (way) => {
  test('what a receiver rejects of a request is counted, told, and not sent again', async () => {
    await using receiver = await OtlpReceiver.start(way, () => ({ rejected: 3, message: 'too old' }))
    await using sut = exporterTo(receiver)
    sut.take([many(100)])
    await sut.settled()
    expect(receiver.requests).toHaveLength(1)
    expect(sut.ledger).toMatchObject({ accepted: 100, delivered: 97, queued: 0, imbalance: 0 })
    expect(Object.fromEntries(sut.ledger.rejected)).toEqual({ partial_success: 3 })
    expect(sut.settlements).toEqual([{ delivered: true, reason: 'partial_success', rejected: 3 }])
    expect(sut.lines).toMatchObject([
      {
        level: 'error',
        message: 'the receiver did not take all data: the rest is dropped',
        fields: { answer: 'too old', samples: 100, written: 97 },
      },
    ])
  })

  test('one that rejects more than it got rejects all of it', async () => {
    await using receiver = await OtlpReceiver.start(way, () => ({ rejected: 1e12, message: '' }))
    await using sut = exporterTo(receiver)
    sut.take([many(10)])
    await sut.settled()
    expect(sut.ledger).toMatchObject({ delivered: 0, queued: 0, imbalance: 0 })
    expect(Object.fromEntries(sut.ledger.rejected)).toEqual({ partial_success: 10 })
  })

  test('a warning with nothing rejected is told, and all is delivered', async () => {
    await using receiver = await OtlpReceiver.start(way, () => ({ rejected: 0, message: 'use another port' }))
    await using sut = exporterTo(receiver)
    sut.take([many(10)])
    await sut.settled()
    expect(sut.ledger).toMatchObject({ delivered: 10, queued: 0, imbalance: 0 })
    expect(sut.lines).toMatchObject([
      {
        level: 'warn',
        message: 'the receiver took all data, and has something to say',
        fields: { answer: 'use another port' },
      },
    ])
  })
})
