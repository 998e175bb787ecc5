import { describe, expect, test } from 'vitest'
import { OtlpReceiver } from '#src/testing/otlp-receiver.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterTo, many, ways } from './otlp-ways.ts'

describe.each(ways)('by %s', (way) => {
  test.each(['gzip', 'zstd', 'none'])(
    'what is too large is cut until it fits, and nothing of it is lost, with %s',
    async (compression) => {
      await using receiver = await OtlpReceiver.start(way, ({ message }) =>
        message.length > 20_000 ? 'too_large' : 'taken',
      )
      await using sut = exporterTo(receiver, { compression })
      sut.take([many(3000), many(3000, 1_700_000_001_000)])
      await sut.settled()
      const taken = new Map<string, string[]>()
      for (const { message, request } of receiver.requests) {
        if (message.length > 20_000) continue
        for (const { scopeMetrics } of request.resourceMetrics)
          for (const { metrics } of scopeMetrics)
            for (const metric of metrics) {
              const { dataPoints } = metric['gauge'] as {
                readonly dataPoints: readonly {
                  readonly attributes: unknown
                  readonly timeUnixNano: string
                }[]
              }
              for (const { attributes, timeUnixNano } of dataPoints) {
                const key = JSON.stringify(attributes)
                taken.set(key, [...(taken.get(key) ?? []), timeUnixNano])
              }
            }
      }
      expect(taken.size).toBe(3000)
      for (const times of taken.values())
        expect(times).toEqual(['1700000000000000000', '1700000001000000000'])
      expect(sut.ledger).toMatchObject({ delivered: 6000, queued: 0, imbalance: 0 })
      expect(sut.settlements).toEqual([{ delivered: true, rejected: 0 }])
    },
  )

  test('a data point that is too large alone is dropped and counted, the others arrive', async () => {
    await using receiver = await OtlpReceiver.start(way, ({ message }) =>
      message.length > 2000 ? 'too_large' : 'taken',
    )
    await using sut = exporterTo(receiver)
    sut.take([
      batchOf([
        [series('m', { n: '1' }), 1],
        [series('m', { n: '2', huge: 'x'.repeat(3000) }), 2],
        [series('m', { n: '3' }), 3],
      ]),
    ])
    await sut.settled()
    const reason = way === 'grpc' ? 'grpc_resource_exhausted' : 'http_413'
    expect(sut.ledger).toMatchObject({ delivered: 2, queued: 0, imbalance: 0 })
    expect(Object.fromEntries(sut.ledger.rejected)).toEqual({ [reason]: 1 })
  })

  test('what is refused is dropped once, told without secrets, and the queue goes on', async () => {
    const token = 'the-very-secret-token'
    await using receiver = await OtlpReceiver.start(way, ({ headers }, index) => {
      if (index > 0) return 'taken'
      const text = `not for ${headers.authorization}: ${'because '.repeat(100)}`
      return way === 'grpc' ? { grpc: { code: 3, message: text } } : { http: { status: 400, body: text } }
    })
    await using sut = exporterTo(receiver, { authorization: { credentials: token } })
    sut.take([many(100)])
    await receiver.until(({ requests }) => requests.length === 1)
    sut.take([many(100, 1_700_000_001_000)])
    await sut.settled()
    const reason = way === 'grpc' ? 'grpc_invalid_argument' : 'http_400'
    expect(sut.ledger).toMatchObject({ delivered: 100, queued: 0, imbalance: 0 })
    expect(Object.fromEntries(sut.ledger.rejected)).toEqual({ [reason]: 100 })
    expect(sut.settlements).toContainEqual({ delivered: true, reason, rejected: 100 })
    expect(receiver.requests).toHaveLength(2)
    const line = sut.lines.find(({ level }) => level === 'error')
    expect(line).toMatchObject({
      message: 'the receiver refused data: it is dropped',
      fields: { points: 100 },
    })
    const answer = String(line?.fields['answer'])
    expect(answer).toMatch(/^not for Bearer \[REDACTED\]: because/)
    expect(Buffer.byteLength(answer)).toBeLessThanOrEqual(256)
  })
})
