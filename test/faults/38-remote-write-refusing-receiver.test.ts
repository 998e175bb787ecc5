import { expect, test } from 'vitest'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from '../../exporters/prometheus_remote_write/test-exporter.ts'

const versions = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request']

function many(count: number, time = 1_700_000_000_000) {
  return batchOf(
    Array.from(
      { length: count },
      (_, index) => [series('m', { n: String(index), job: 'test' }), index] as const,
    ),
    { time },
  )
}

test.each(versions)(
  'what is too large is cut until it fits, and nothing of it is lost, by %s',
  async (message) => {
    await using receiver = await RemoteWriteReceiver.start(({ body }) =>
      body.length > 2000
        ? { status: 413, body: 'too large' }
        : { status: 204, headers: { 'X-Prometheus-Remote-Write-Samples-Written': '100000' } },
    )
    await using sut = exporterFor({ endpoint: receiver.url, protobuf_message: message })
    sut.take([many(3000), many(3000, 1_700_000_001_000)])
    await sut.settled()
    const taken = receiver
      .decoded()
      .filter((_, index) => (receiver.requests[index]?.body.length ?? 0) <= 2000)
    const times = new Map<string, (number | undefined)[]>()
    for (const { labels, samples } of taken.flatMap((each) => each.series)) {
      const key = labels['n'] ?? ''
      expect(samples.map(({ value }) => value)).toEqual([Number(key)])
      times.set(key, [...(times.get(key) ?? []), samples[0]?.time])
    }
    expect(times.size).toBe(3000)
    for (const each of times.values()) expect(each).toEqual([1_700_000_000_000, 1_700_000_001_000])
    expect(sut.ledger).toMatchObject({ delivered: 6000, queued: 0, imbalance: 0 })
    expect(sut.settlements).toEqual([{ delivered: true, rejected: 0 }])
  },
)

test('a series that is too large alone is dropped and counted, the others arrive', async () => {
  await using receiver = await RemoteWriteReceiver.start(({ body }) => ({
    status: body.length > 2000 ? 413 : 204,
  }))
  await using sut = exporterFor({ endpoint: receiver.url })
  sut.take([
    batchOf([
      [series('m', { n: '1' }), 1],
      [series('m', { n: '2', huge: Array.from({ length: 1000 }, (_, index) => index).join('') }), 2],
      [series('m', { n: '3' }), 3],
    ]),
  ])
  await sut.settled()
  expect(sut.ledger).toMatchObject({ delivered: 2, queued: 0, imbalance: 0 })
  expect(Object.fromEntries(sut.ledger.rejected)).toEqual({ http_413: 1 })
  expect(sut.settlements).toEqual([{ delivered: true, reason: 'http_413', rejected: 1 }])
})

test.each([400, 401, 403, 404, 409, 422])(
  'what is refused with %i is dropped once, and the queue goes on',
  async (status) => {
    const token = 'the-very-secret-token'
    await using receiver = await RemoteWriteReceiver.start(({ headers }, index) =>
      index === 0
        ? { status, body: `not for ${headers.authorization}: ${'because '.repeat(100)}` }
        : { status: 204 },
    )
    await using sut = exporterFor({
      endpoint: receiver.url,
      authorization: { credentials: token },
      remote_write_queue: { num_consumers: 1 },
    })
    sut.take([many(100)])
    await receiver.until(({ requests }) => requests.length === 1)
    sut.take([many(100, 1_700_000_001_000)])
    await sut.settled()
    expect(receiver.requests).toHaveLength(2)
    expect(receiver.requests[1]?.headers.authorization).toBe(`Bearer ${token}`)
    expect(sut.ledger).toMatchObject({ delivered: 100, queued: 0, imbalance: 0 })
    expect(Object.fromEntries(sut.ledger.rejected)).toEqual({ [`http_${status}`]: 100 })
    expect(sut.settlements[0]).toEqual({ delivered: true, reason: `http_${status}`, rejected: 100 })
    const [line] = sut.lines
    expect(line).toMatchObject({
      level: 'error',
      message: 'the receiver refused data: it is dropped',
      fields: { status, points: 100 },
    })
    const answer = String(line?.fields['answer'])
    expect(answer).toMatch(/^not for Bearer \[REDACTED\]: because because/)
    expect(Buffer.byteLength(answer)).toBe(256)
    expect(JSON.stringify(sut.lines)).not.toContain(token)
  },
)
