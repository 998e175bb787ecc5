import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import { connect } from 'node:net'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arrivals } from '#src/arrivals/arrivals.ts'
import type { Context } from '#src/otlp/decode/contexts.ts'
import { transcodeJson } from '#src/otlp/decode/json-transcoder.ts'
import { MalformedRequest } from '#src/otlp/decode/malformed-request.ts'
import { MetricsDecoder } from '#src/otlp/decode/metrics-decoder.ts'
import { compress } from '#src/remote/snappy.ts'
import { GrpcCaller } from '#src/testing/grpc-caller.ts'
import { TestReceiver } from '../../receivers/otlp/test-receiver.ts'

const exportPath = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'
const mebibyte = 1 << 20

const request = {
  resourceMetrics: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'x' } }] },
      scopeMetrics: [
        {
          scope: { name: 's' },
          metrics: [
            { name: 'g', gauge: { dataPoints: [{ asDouble: 1, timeUnixNano: '1' }] } },
            {
              name: 'h',
              histogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  {
                    count: '3',
                    explicitBounds: [1],
                    bucketCounts: ['1', '2'],
                    timeUnixNano: '1',
                    attributes: [{ key: 'k', value: { arrayValue: { values: [{ intValue: '1' }] } } }],
                  },
                ],
              },
            },
          ],
        },
      ],
    },
  ],
}
const good = Buffer.from(transcodeJson(Buffer.from(JSON.stringify(request))))

/** A message of protobuf in a message, so many times. */
function nested(fields: readonly number[], inner: Buffer): Buffer {
  let message = inner
  for (const field of fields.toReversed()) {
    const length: number[] = []
    for (let rest = message.length; ; rest = Math.floor(rest / 128)) {
      length.push(rest < 128 ? rest : (rest % 128) | 128)
      if (rest < 128) break
    }
    message = Buffer.concat([Buffer.from([field * 8 + 2, ...length]), message])
  }
  return message
}

/** A resource whose attribute holds lists in lists. */
function deep(levels: number): Buffer {
  const value = nested(Array.from({ length: levels }, () => [5, 1]).flat(), Buffer.alloc(0))
  return nested([1, 1, 1, 2], value)
}

const zeros = Buffer.alloc(64 * mebibyte)

test.each([
  ['gzip', gzipSync(zeros)],
  ['deflate', deflateSync(zeros)],
  ['zstd', zstdCompressSync(zeros)],
  ['snappy', compress(zeros)],
])(
  '67: a bomb of %s is given up, over HTTP and gRPC, without the memory that it stands for',
  async (encoding, bomb) => {
    await using receiver = await TestReceiver.start({ http: { max_request_body_size: '1MiB' } })
    const before = process.memoryUsage().arrayBuffers
    const answer = await receiver.post(bomb, { 'content-encoding': encoding })
    expect([400, 413]).toContain(answer.status)
    expect(await callWith(receiver.grpcEndpoint, encoding, bomb)).toMatch(/^(?:8|13) /)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * mebibyte)
    expect((await receiver.post(good)).status).toBe(200)
  },
)

/** Calls with a compressed message. @returns the code and the message of the answer's status */
async function callWith(
  endpoint: string,
  encoding: string,
  message: Buffer,
  announced = message.length,
): Promise<string> {
  const session = connectHttp2(`http://${endpoint}`)
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: exportPath,
    'content-type': 'application/grpc',
    te: 'trailers',
    'grpc-encoding': encoding,
  })
  stream.on('error', () => undefined)
  const head = Buffer.from([1, 0, 0, 0, 0])
  head.writeUInt32BE(announced, 1)
  stream.end(Buffer.concat([head, message]))
  const [headers] = (await once(stream, 'response')) as [Record<string, string>]
  session.destroy()
  return `${headers['grpc-status']} ${headers['grpc-message']}`
}

test('67: lengths that are announced and do not come cost nothing', async () => {
  await using receiver = await TestReceiver.start({ http: { max_request_body_size: '1GiB' } })
  const before = process.memoryUsage().arrayBuffers
  expect(await callWith(receiver.grpcEndpoint, 'gzip', Buffer.from('x'), 0xffff_ffff)).toMatch(
    /^8 the message has 4294967295 bytes/,
  )
  const { hostname, port } = new URL(receiver.httpUrl)
  const sockets = Array.from({ length: 20 }, () => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    const length = 'Content-Length: 1000000000'
    socket.write(
      `POST /v1/metrics HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n${length}\r\n\r\nx`,
    )
    return socket
  })
  const lie = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x02, 0x00, 0x41])
  expect((await receiver.post(lie, { 'content-encoding': 'snappy' })).status).toBe(400)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * mebibyte)
  for (const socket of sockets) socket.destroy()
})

test.each([
  ['lists in lists', deep(10_000), {}],
  ['objects in objects', '{"resourceMetrics":['.repeat(50_000), { 'content-type': 'application/json' }],
  [
    'values in values',
    JSON.stringify({
      resourceMetrics: [
        { resource: { attributes: [{ key: 'k', value: JSON.parse(lists(5000)) as object }] } },
      ],
    }),
    { 'content-type': 'application/json' },
  ],
])('67: %s are refused at a depth, not at the end of the stack', async (_, body, headers) => {
  await using receiver = await TestReceiver.start()
  expect((await receiver.post(body, headers)).status).toBe(400)
  expect((await receiver.post(good)).status).toBe(200)
})

function lists(levels: number): string {
  return `${'{"arrayValue":{"values":['.repeat(levels)}${']}}'.repeat(levels)}`
}

test('67: values of attributes may nest as deep as the limit', async () => {
  await using receiver = await TestReceiver.start()
  expect((await receiver.post(deep(32))).status).toBe(200)
  expect((await receiver.post(deep(33))).status).toBe(400)
})

/** Whether a request was read, every point of it accounted for, or refused, and nothing of it left. */
function outcomeOf(decoder: MetricsDecoder, arrivals: Arrivals<Context>, body: Buffer): string {
  try {
    const { batches, points, rejections } = decoder.decode(body, { monotonic: 0, unix: 0 })
    const taken = batches.reduce((sum, { size }) => sum + size, 0)
    return taken + rejections.points === points ? 'read' : 'points were lost'
  } catch (error) {
    if (!(error instanceof MalformedRequest)) throw error
    return arrivals.size === 0 ? 'refused' : 'series are left'
  }
}

test('67: whatever a request becomes on its way, it is read or refused as a whole', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(good.length),
      (edits, end) => {
        const arrivals = new Arrivals<Context>({
          receiver: 'otlp',
          maxSeries: 100,
          idleMs: 1000,
          forget: () => undefined,
        })
        const body = Buffer.from(good.subarray(0, end))
        for (const [at, byte] of edits) if (at < body.length) body[at] = byte
        const decoder = new MetricsDecoder(arrivals)
        expect(['read', 'refused']).toContain(outcomeOf(decoder, arrivals, body))
        expect(decoder.decode(good, { monotonic: 0, unix: 0 }).points).toBe(2)
      },
    ),
    { numRuns: 2000 },
  )
})

test('61: keys that mean something to JavaScript are data', async () => {
  await using receiver = await TestReceiver.start()
  const attributes = ['__proto__', 'constructor', 'toString'].map((key) => ({
    key,
    value: { kvlistValue: { values: [{ key: '__proto__', value: { stringValue: 'polluted' } }] } },
  }))
  const metrics = [{ name: '__proto__', gauge: { dataPoints: [{ asInt: 1, attributes }] } }]
  const body = `{"__proto__":{"polluted":1},"resourceMetrics":[{"scopeMetrics":[{"metrics":${JSON.stringify(metrics)}}]}]}`
  expect((await receiver.post(body, { 'content-type': 'application/json' })).status).toBe(200)
  const [sample] = receiver.context.next.batches[0]?.layout.series ?? []
  expect([...(sample?.attributes ?? [])].map(([key]) => key)).toEqual([
    '__proto__',
    'constructor',
    'toString',
  ])
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

test('65: a client that opens and resets streams without end is sent away, and others are served', async () => {
  await using receiver = await TestReceiver.start()
  const session = connectHttp2(`http://${receiver.grpcEndpoint}`)
  session.on('error', () => undefined)
  const closed = new Promise((resolve) => session.once('close', resolve))
  const flood = setInterval(() => {
    for (let index = 0; index < 200 && !session.destroyed && !session.closed; index++) {
      const stream = session.request({
        ':method': 'POST',
        ':path': exportPath,
        'content-type': 'application/grpc',
      })
      stream.on('error', () => undefined)
      stream.close(constants.NGHTTP2_CANCEL)
    }
  }, 1)
  await closed
  clearInterval(flood)
  using caller = new GrpcCaller(receiver.grpcEndpoint, exportPath)
  expect((await caller.call(good)).code).toBe(status.OK)
})

test('65: connections that idle give way, over gRPC too, and what is no HTTP/2 is closed', async () => {
  await using receiver = await TestReceiver.start({ grpc: { max_connections: 5 } })
  const [host = '', port = ''] = receiver.grpcEndpoint.split(':')
  const idle = Array.from({ length: 50 }, () => connect(Number(port), host))
  for (const socket of idle) socket.on('error', () => undefined).resume()
  using caller = new GrpcCaller(receiver.grpcEndpoint, exportPath)
  expect((await caller.call(good)).code).toBe(status.OK)
  await expect.poll(() => idle.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(5)
  const other = connect(Number(port), host)
  other.on('error', () => undefined).resume()
  other.write('GET / HTTP/1.1\r\n\r\n')
  await once(other, 'close')
  expect((await caller.call(good)).code).toBe(status.OK)
  for (const socket of idle) socket.destroy()
})

test('65: a call whose message does not come ends after the time that it has', async () => {
  await using receiver = await TestReceiver.start({ grpc: { read_timeout: '100ms' } })
  const session = connectHttp2(`http://${receiver.grpcEndpoint}`)
  const stream = session.request({
    ':method': 'POST',
    ':path': exportPath,
    'content-type': 'application/grpc',
  })
  stream.on('error', () => undefined)
  stream.write(Buffer.from([0, 0, 0, 0, 9, 1]))
  const [headers] = (await once(stream, 'response')) as [Record<string, string>]
  expect(Number(headers['grpc-status'])).toBe(4)
  session.destroy()
})
