import { status } from '@grpc/grpc-js'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readRichStatus } from '#src/grpc/status.ts'
import { transcodeJson } from '#src/otlp/decode/json-transcoder.ts'
import { GrpcCaller } from '#src/testing/grpc-caller.ts'
import { TestReceiver } from './test-receiver.ts'

const exportPath = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'

/** A request with the data points of one gauge. */
function requestOf(...dataPoints: object[]): object {
  const metrics = [{ name: 'm', gauge: { dataPoints } }]
  return { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }
}

const good = { asDouble: 1, timeUnixNano: '1700000000000000000' }
const json = JSON.stringify(requestOf(good))
const protobuf = Buffer.from(transcodeJson(Buffer.from(json)))
const half = Buffer.from(transcodeJson(Buffer.from(JSON.stringify(requestOf(good, {}, {})))))
const asJson = { 'content-type': 'application/json' }

/** ExportMetricsServiceResponse with partial success, by hand: field 1 of field 1 is the number, field 2 the message. */
function partialSuccess(answer: Buffer | undefined): { rejected: number; message: string } {
  if (answer?.[0] !== 0x0a || answer[2] !== 0x08 || answer[4] !== 0x12) return { rejected: 0, message: '' }
  return { rejected: answer[3] ?? 0, message: answer.subarray(6).toString() }
}

describe('over gRPC', () => {
  test('success waits until every branch has the data', async () => {
    await using receiver = await TestReceiver.start()
    using caller = new GrpcCaller(receiver.grpcEndpoint, exportPath)
    const { next } = receiver.context
    next.held = []
    let outcome: unknown
    void caller.call(protobuf).then((each) => (outcome = each))
    await expect.poll(() => next.held?.length).toBe(1)
    expect(outcome).toBeUndefined()
    next.held[0]?.settle()
    await expect.poll(() => outcome).toMatchObject({ code: status.OK, message: Buffer.alloc(0) })
  })

  test('what makes no sense is rejected, counted, and told; the rest is taken', async () => {
    await using receiver = await TestReceiver.start()
    using caller = new GrpcCaller(receiver.grpcEndpoint, exportPath)
    const { code, message } = await caller.call(half)
    expect(code).toBe(status.OK)
    expect(partialSuccess(message)).toEqual({ rejected: 2, message: 'a data point of "m" has no value' })
    expect(receiver.context.next.points).toBe(1)
    expect([...receiver.context.ledger.dropped]).toEqual([['invalid', 2]])
  })

  test('what a peer refused for good is told as rejected, what was not delivered is to be sent again', async () => {
    await using receiver = await TestReceiver.start()
    using caller = new GrpcCaller(receiver.grpcEndpoint, exportPath)
    const { next } = receiver.context
    const held = (next.held = [])
    const rejected = caller.call(protobuf)
    await expect.poll(() => held.length).toBe(1)
    next.held.shift()?.reject(1, 'out of order')
    expect(partialSuccess((await rejected).message)).toEqual({ rejected: 1, message: 'out of order' })
    const failed = caller.call(protobuf)
    await expect.poll(() => held.length).toBe(1)
    const receipt = next.held.shift()
    receipt?.retain().reject(1, 'out of order')
    receipt?.fail('the queue is full')
    expect(await failed).toMatchObject({
      code: status.UNAVAILABLE,
      details: 'it could not be delivered: the queue is full',
    })
  })

  test('pipelines that refuse make it unavailable, with the time to wait', async () => {
    await using receiver = await TestReceiver.start()
    receiver.context.next.accepting = false
    using caller = new GrpcCaller(receiver.grpcEndpoint, exportPath)
    const { code, details, metadata } = await caller.call(protobuf)
    expect([code, details]).toEqual([status.UNAVAILABLE, 'the pipelines take nothing just now'])
    const [rich] = metadata?.get('grpc-status-details-bin') ?? []
    expect(readRichStatus(rich as Buffer)).toEqual({ message: details, retryDelayMs: 5000 })
  })

  test('a delivery that takes too long is given up, and what is settled then hurts nobody', async () => {
    await using receiver = await TestReceiver.start({ more: { delivery_timeout: '3s' } })
    const { next, clock } = receiver.context
    next.held = []
    using caller = new GrpcCaller(receiver.grpcEndpoint, exportPath)
    const outcome = caller.call(protobuf)
    await expect.poll(() => next.held?.length).toBe(1)
    await clock.advance(3000)
    expect(await outcome).toMatchObject({ code: status.UNAVAILABLE, details: /takes longer than it may/ })
    next.held[0]?.settle()
  })

  test('the deadline of the client ends the call', async () => {
    await using receiver = await TestReceiver.start()
    receiver.context.next.held = []
    using caller = new GrpcCaller(receiver.grpcEndpoint, exportPath)
    expect((await caller.call(protobuf, { deadlineMs: 100 })).code).toBe(status.DEADLINE_EXCEEDED)
    receiver.context.next.held.shift()?.settle()
  })

  test.each([
    [
      'what is no request',
      Buffer.from('ffff', 'hex'),
      {},
      status.INVALID_ARGUMENT,
      /at byte 2: expected more bytes/,
    ],
    [
      'traces',
      protobuf,
      { path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export' },
      status.UNIMPLEMENTED,
      /no method/,
    ],
    [
      'logs',
      protobuf,
      { path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export' },
      status.UNIMPLEMENTED,
      /no method/,
    ],
    ['what is too large', Buffer.alloc(5 << 20), {}, status.RESOURCE_EXHAUSTED, /over the limit of 4194304/],
  ])('%s is refused', async (_, message, settings, code, details) => {
    await using receiver = await TestReceiver.start()
    using caller = new GrpcCaller(receiver.grpcEndpoint, exportPath)
    const outcome = await caller.call(message, settings)
    expect(outcome.code).toBe(code)
    expect(outcome.details).toMatch(details)
    // The connection goes on.
    expect((await caller.call(protobuf)).code).toBe(status.OK)
  })

  test('nobody gets in without credentials, and guessing is slowed down', async () => {
    await using receiver = await TestReceiver.start({ grpc: { bearer_token: 'secret' } })
    using caller = new GrpcCaller(receiver.grpcEndpoint, exportPath)
    const metadata = { authorization: 'Bearer secret' }
    expect(await caller.call(protobuf)).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'unauthorized',
    })
    expect((await caller.call(protobuf, { metadata })).code).toBe(status.OK)
    for (let attempt = 0; attempt < 9; attempt++) await caller.call(protobuf)
    expect((await caller.call(protobuf, { metadata })).code).toBe(status.RESOURCE_EXHAUSTED)
  })

  test('a stop tells those who wait to send again', async () => {
    const receiver = await TestReceiver.start()
    receiver.context.next.held = []
    using caller = new GrpcCaller(receiver.grpcEndpoint, exportPath)
    const outcome = caller.call(protobuf)
    await expect.poll(() => receiver.context.next.held?.length).toBe(1)
    await receiver[Symbol.asyncDispose]()
    expect((await outcome).code).toBe(status.UNAVAILABLE)
  })
})

describe('over HTTP', () => {
  test('a part that is rejected is told in the form of the request', async () => {
    await using receiver = await TestReceiver.start()
    const message = 'a data point of "m" has no value'
    const inProtobuf = await receiver.post(half)
    expect([inProtobuf.status, partialSuccess(inProtobuf.body)]).toEqual([200, { rejected: 2, message }])
    const inJson = await receiver.post(JSON.stringify(requestOf(good, {}, {})), asJson)
    expect([inJson.status, JSON.parse(inJson.body.toString())]).toEqual([
      200,
      { partialSuccess: { rejectedDataPoints: '2', errorMessage: message } },
    ])
  })

  test.each([
    ['no protobuf', 'x', {}, 400, /no ExportMetricsServiceRequest: at byte/],
    ['no JSON', '{', asJson, 400, /the body is no JSON/],
    ['a list for a request', '[]', asJson, 400, /expected an object/],
    [
      'a field of another type',
      JSON.stringify(requestOf(good, { ...good, asInt: 'x' })),
      asJson,
      400,
      /^resourceMetrics\[0\]\.scopeMetrics\[0\]\.metrics\[0\]\.gauge\.dataPoints\[1\]\.asInt: expected a whole number/,
    ],
    [
      'a bomb',
      gzipSync(Buffer.alloc(30 << 20)),
      { 'content-encoding': 'gzip' },
      413,
      /over the limit of 20971520/,
    ],
    ['no gzip', 'x', { 'content-encoding': 'gzip' }, 400, /cannot be decompressed/],
    ['another encoding', 'x', { 'content-encoding': 'br' }, 415, /"br" is not taken/],
  ])('%s is answered with a status in the form of the request', async (_, body, headers, code, message) => {
    await using receiver = await TestReceiver.start()
    const answer = await receiver.post(body, headers)
    expect(answer.status).toBe(code)
    const type = answer.headers.get('content-type')
    const told =
      type === 'application/json'
        ? (JSON.parse(answer.body.toString()) as { message: string }).message
        : readRichStatus(answer.body).message
    expect(type).toBe('content-type' in headers ? 'application/json' : 'application/x-protobuf')
    expect(told).toMatch(message)
    expect(receiver.context.next.batches).toEqual([])
    expect((await receiver.post(protobuf)).status).toBe(200)
  })

  test('other paths, methods and media types are not there', async () => {
    await using receiver = await TestReceiver.start()
    const traces = receiver.httpUrl.replace('metrics', 'traces')
    expect((await receiver.post(protobuf, {}, traces)).status).toBe(404)
    const get = await fetch(receiver.httpUrl)
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
    expect((await receiver.post(protobuf, { 'content-type': 'text/plain' })).status).toBe(415)
  })

  test('where nothing is taken just now, it is told when to send again', async () => {
    await using receiver = await TestReceiver.start({ more: { max_inflight_size: '10' } })
    const crowded = await receiver.post(protobuf)
    expect([crowded.status, crowded.headers.get('retry-after')]).toEqual([503, '1'])
    await using other = await TestReceiver.start()
    other.context.next.accepting = false
    const refused = await other.post(json, asJson)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect(JSON.parse(refused.body.toString())).toEqual({
      code: 14,
      message: 'the pipelines take nothing just now',
    })
  })

  test('an encoding is asked for where the configuration does not take none', async () => {
    await using receiver = await TestReceiver.start({ http: { compression_algorithms: ['gzip'] } })
    expect((await receiver.post(protobuf)).status).toBe(415)
    expect((await receiver.post(gzipSync(protobuf), { 'content-encoding': 'gzip' })).status).toBe(200)
  })

  test('pages of allowed origins may send, also where credentials are asked for', async () => {
    const cors = { allowed_origins: ['https://*.example.com'], allowed_headers: ['X-Team'], max_age: 60 }
    await using receiver = await TestReceiver.start({ http: { cors, bearer_token: 'secret' } })
    const preflight = async (origin: string) =>
      await fetch(receiver.httpUrl, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      })
    const allowed = await preflight('https://shop.example.com')
    expect([
      allowed.status,
      allowed.headers.get('access-control-allow-origin'),
      allowed.headers.get('access-control-allow-headers')?.includes('x-team'),
      allowed.headers.get('access-control-max-age'),
    ]).toEqual([204, 'https://shop.example.com', true, '60'])
    const other = await preflight('https://example.org')
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([204, null])
    expect((await receiver.post(protobuf)).status).toBe(401)
    const sent = await receiver.post(protobuf, {
      authorization: 'Bearer secret',
      origin: 'https://shop.example.com',
    })
    expect([sent.status, sent.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'https://shop.example.com',
    ])
  })
})
