import { constants } from 'node:http2'
import { describe, expect, test } from 'vitest'
import { statusNames, type StatusName } from '#src/grpc/status.ts'
import { GrpcReceiver, statusWithRetryInfo } from '#src/testing/grpc-receiver.ts'
import { OtlpReceiver } from '#src/testing/otlp-receiver.ts'
import { exporterBy, exporterTo, quickly, sample, ways } from './otlp-ways.ts'

/** The table of the OTLP specification: codes that are tried again. */
const grpcRetried: ReadonlySet<StatusName> = new Set([
  'cancelled',
  'deadline_exceeded',
  'aborted',
  'out_of_range',
  'unavailable',
  'data_loss',
])

test.each(statusNames.map((name, code) => ({ name, code })).slice(1))(
  'the gRPC status $name is treated as the specification has it',
  async ({ name, code }) => {
    await using receiver = await OtlpReceiver.start('grpc', (_, index) => ({
      grpc: { code: index === 0 ? code : 0 },
    }))
    await using sut = exporterTo(receiver)
    sut.take([sample(1)])
    await sut.settled()
    const isRetried = grpcRetried.has(name)
    expect(receiver.requests).toHaveLength(isRetried ? 2 : 1)
    expect(sut.ledger).toMatchObject({ delivered: isRetried ? 1 : 0, imbalance: 0 })
    expect(Object.fromEntries(sut.ledger.rejected)).toEqual(isRetried ? {} : { [`grpc_${name}`]: 1 })
  },
)

test('RESOURCE_EXHAUSTED is tried again where the receiver says when', async () => {
  const details = statusWithRetryInfo(8, 'quota', 2)
  await using receiver = await OtlpReceiver.start('grpc', (_, index) => ({
    grpc: index < 2 ? { code: 8, details } : {},
  }))
  await using sut = exporterTo(receiver)
  sut.take([sample(1)])
  await sut.settled()
  expect(receiver.requests).toHaveLength(3)
  expect(sut.ledger).toMatchObject({ delivered: 1, imbalance: 0 })
})

test.each([400, 401, 403, 404, 408, 409, 415, 422, 429, 500, 501, 502, 503, 504, 505, 507])(
  'the HTTP status %i is treated as the specification has it',
  async (status) => {
    await using receiver = await OtlpReceiver.start('http', (_, index) => ({
      http: { status: index === 0 ? status : 200 },
    }))
    await using sut = exporterTo(receiver)
    sut.take([sample(1)])
    await sut.settled()
    const isRetried = [429, 502, 503, 504].includes(status)
    expect(receiver.requests).toHaveLength(isRetried ? 2 : 1)
    expect(sut.ledger).toMatchObject({ delivered: isRetried ? 1 : 0, imbalance: 0 })
    expect(Object.fromEntries(sut.ledger.rejected)).toEqual(isRetried ? {} : { [`http_${status}`]: 1 })
  },
)

test('a success that is no answer of OTLP is believed where it does not say that it is one', async () => {
  const answers = [
    { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
    { status: 204 },
    { status: 200, headers: { 'content-type': 'application/json' }, body: '{"partialSuccess":{}}' },
    { status: 200, headers: { 'content-type': 'application/json' }, body: '<html>' },
    { status: 200, headers: { 'content-type': 'application/x-protobuf' }, body: '<html>' },
  ]
  await using receiver = await OtlpReceiver.start('http', (_, index) => ({
    http: answers[index] ?? { status: 500 },
  }))
  await using sut = exporterTo(receiver)
  for (const [index] of answers.entries()) {
    sut.take([sample(index)])
    await sut.settled()
  }
  expect(sut.ledger).toMatchObject({ delivered: 3, imbalance: 0 })
  expect(Object.fromEntries(sut.ledger.rejected)).toEqual({ malformed_answer: 2 })
  expect(sut.lines[0]).toMatchObject({ level: 'warn', fields: { type: 'text/html' } })
})

test('GOAWAY, reset streams and cut connections under load cost nothing', async () => {
  const resets = [
    constants.NGHTTP2_REFUSED_STREAM,
    constants.NGHTTP2_INTERNAL_ERROR,
    constants.NGHTTP2_ENHANCE_YOUR_CALM,
    constants.NGHTTP2_CANCEL,
  ]
  const taken: Buffer[] = []
  await using receiver = await GrpcReceiver.start(({ session, message }, index) => {
    if (index % 3 === 0) return { reset: resets[(index / 3) % resets.length] ?? 0 }
    if (index % 7 === 0) return { hangUp: true }
    taken.push(message)
    if (index % 5 === 0) session.goaway(constants.NGHTTP2_NO_ERROR)
    if (index % 11 === 0) session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    return {}
  })
  await using sut = exporterBy('grpc', { endpoint: `http://${receiver.endpoint}`, retry_on_failure: quickly })
  for (let value = 0; value < 100; value++) {
    sut.take([sample(value)])
    await sut.settled()
  }
  expect(sut.ledger).toMatchObject({ accepted: 100, delivered: 100, queued: 0, imbalance: 0 })
  const distinct = new Set(taken.map((message) => message.toString('hex')))
  expect(distinct.size).toBe(100)
})

describe.each(ways)('by %s', (way) => {
  test('what is tried again for too long is given up and counted', async () => {
    await using receiver = await OtlpReceiver.start(way, () => 'busy')
    await using sut = exporterTo(receiver, { retry_on_failure: { ...quickly, max_elapsed_time: '30ms' } })
    sut.take([sample(1)])
    await sut.settled()
    expect(receiver.requests.length).toBeGreaterThan(1)
    expect(Object.fromEntries(sut.ledger.dropped)).toEqual({ retry_expired: 1 })
  })

  test('nothing is tried twice where that is switched off', async () => {
    await using receiver = await OtlpReceiver.start(way, () => 'busy')
    await using sut = exporterTo(receiver, { retry_on_failure: { enabled: false } })
    sut.take([sample(1)])
    await sut.settled()
    expect(receiver.requests).toHaveLength(1)
    const reason = way === 'grpc' ? 'grpc_unavailable' : 'http_503'
    expect(Object.fromEntries(sut.ledger.dropped)).toEqual({ [reason]: 1 })
  })
})
