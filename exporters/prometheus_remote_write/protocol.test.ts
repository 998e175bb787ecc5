import { zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Answer } from '#src/http/client/http-client.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
import { EncodedBatches } from '#src/testing/encoded-batches.ts'
import { readRequest, unsnap } from '#src/testing/remote-write.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { Protocol, type ProtocolOptions } from './protocol.ts'
import { verdictOf } from './verdict.ts'

function requestOf(version: '1.0' | '2.0'): EncodedRequest {
  const sut = new EncodedBatches({ version })
  sut.encode(batchOf([1, 2, 3].map((n) => [series('m', { n: `${n}` }), n])))
  const [request] = sut.requests
  if (request === undefined) throw new Error('nothing was encoded')
  return request
}

function protocolOf(options: Partial<ProtocolOptions>) {
  const changes: string[] = []
  const protocol = new Protocol(
    { version: '1.0', fallsBack: false, compression: 'snappy', ...options },
    (what) => changes.push(what),
  )
  return { protocol, changes }
}

function answer(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: new Map(Object.entries(headers)),
    url: new URL('http://localhost/'),
    wireBytes: 0,
    bodyBytes: 0,
    excerpt: '',
    retryAfterMs: undefined,
  }
}

test('requests that were encoded as 2.0 go as 1.0 once the receiver is known not to know it', async () => {
  const { protocol, changes } = protocolOf({ version: '2.0', fallsBack: true })
  const request = requestOf('2.0')
  const first = await protocol.prepare(request)
  expect(first.body).toBe(request.body)
  expect(protocol.judge(answer(415), request, first)).toEqual({ kind: 'changed' })
  expect(protocol.version).toBe('1.0')
  // A request of another shard that was under way falls back too; it is told once.
  expect(protocol.judge(answer(415), request, first)).toEqual({ kind: 'changed' })
  expect(changes).toHaveLength(1)
  const again = await protocol.prepare(request)
  expect(again.headers['X-Prometheus-Remote-Write-Version']).toBe('0.1.0')
  const read = readRequest(unsnap(again.body))
  expect([read.hasFirstVersion, read.series.length]).toEqual([true, 3])
  expect(protocol.judge(answer(415), request, again)).toEqual({ kind: 'settled', written: undefined })
})

test('with zstd, messages of both encodings go as zstd, and as snappy where the receiver does not know it', async () => {
  const { protocol, changes } = protocolOf({ version: '2.0', fallsBack: true, compression: 'zstd' })
  const [first, second] = [requestOf('1.0'), requestOf('2.0')]
  expect((await protocol.prepare(second)).headers['Content-Encoding']).toBe('snappy')
  protocol.judge(answer(204), second, await protocol.prepare(second))
  const both = await Promise.all(
    [first, second].map(async (request) => ({ request, prepared: await protocol.prepare(request) })),
  )
  for (const { request, prepared } of both) {
    expect(prepared.headers).toEqual({
      'Content-Type': 'application/x-protobuf',
      'Content-Encoding': 'zstd',
      'X-VictoriaMetrics-Remote-Write-Version': '1',
    })
    expect(readRequest(zstdDecompressSync(prepared.body)).series).toHaveLength(3)
    expect(protocol.judge(answer(415), request, prepared)).toEqual({ kind: 'changed' })
  }
  expect(changes).toEqual([
    'remote write 1.0 is spoken: the receiver does not know 2.0',
    'requests are compressed with snappy: the receiver does not know zstd',
  ])
  expect((await protocol.prepare(first)).body).toBe(first.body)
})

test('a receiver that took zstd before means the data by 400', async () => {
  const { protocol } = protocolOf({ compression: 'zstd' })
  const request = requestOf('1.0')
  const prepared = await protocol.prepare(request)
  expect(protocol.judge(answer(200), request, prepared)).toEqual({ kind: 'settled', written: undefined })
  expect(protocol.judge(answer(400), request, prepared)).toEqual({ kind: 'settled', written: undefined })
  expect(protocol.judge(answer(415), request, prepared)).toEqual({ kind: 'changed' })
})

test.each([
  [
    'all',
    { 'x-prometheus-remote-write-samples-written': '2', 'x-prometheus-remote-write-histograms-written': '1' },
    3,
  ],
  ['some', { 'x-prometheus-remote-write-samples-written': '1' }, 1],
  ['nonsense', { 'x-prometheus-remote-write-samples-written': 'many' }, 0],
])('a receiver of 2.0 says how much it took: %s', async (_, headers, written) => {
  const { protocol } = protocolOf({ version: '2.0' })
  const request = requestOf('2.0')
  expect(protocol.judge(answer(200, headers), request, await protocol.prepare(request))).toEqual({
    kind: 'settled',
    written,
  })
})

test('a receiver of 2.0 that once said what it took is believed when it does not', async () => {
  const { protocol } = protocolOf({ version: '2.0', fallsBack: true })
  const request = requestOf('2.0')
  const prepared = await protocol.prepare(request)
  protocol.judge(answer(200, { 'x-prometheus-remote-write-samples-written': '3' }), request, prepared)
  expect(protocol.judge(answer(200), request, prepared)).toEqual({ kind: 'settled', written: undefined })
  expect(protocol.judge(answer(503), request, prepared)).toEqual({ kind: 'settled', written: undefined })
  expect(protocol.version).toBe('2.0')
})

test.each([
  [200, 'delivered'],
  [204, 'delivered'],
  [301, 'rejected'],
  [400, 'rejected'],
  [408, 'rejected'],
  [413, 'too_large'],
  [429, 'retry'],
  [500, 'retry'],
  [501, 'retry'],
  [599, 'retry'],
  [100, 'retry'],
])('status %i: %s', (status, kind) => {
  expect(verdictOf({ status, retryAfterMs: undefined }).kind).toBe(kind)
})
