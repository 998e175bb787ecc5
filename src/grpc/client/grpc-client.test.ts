import { constants } from 'node:http2'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { schemeCredentials } from '#src/http/client/credentials.ts'
import type { Text } from '#src/http/client/file-text.ts'
import { TlsSource } from '#src/http/client/tls-source.ts'
import { CertificateMaker } from '#src/testing/certificates.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { GrpcReceiver, partialSuccess, statusWithRetryInfo } from '#src/testing/grpc-receiver.ts'
import { statusNames } from '../status.ts'
import { GrpcClient, type GrpcClientSettings, type UnaryCall } from './grpc-client.ts'

const noKeepalive = { timeMs: 0, timeoutMs: 10_000, permitWithoutStream: false }
const message = Buffer.from('some bytes that repeat, repeat, repeat')

function clientFor(port: number, settings: Partial<GrpcClientSettings> = {}): GrpcClient & Disposable {
  const client = new GrpcClient({
    endpoint: { host: '127.0.0.1', port },
    tls: undefined,
    headers: {},
    keepalive: noKeepalive,
    clock: systemClock,
    ...settings,
  })
  return Object.assign(client, { [Symbol.dispose]: () => client.close() })
}

function callOf(call: Partial<UnaryCall> = {}): UnaryCall {
  return { path: '/weir.Test/Take', message, encoding: 'identity', timeoutMs: 10_000, ...call }
}

test('a call brings its message and its metadata, and takes the answer', async () => {
  await using receiver = await GrpcReceiver.start(() => ({ response: Buffer.from('taken') }))
  using client = clientFor(receiver.port, { headers: { 'x-tenant': 'a' } })
  const answer = await client.call(callOf())
  expect(answer).toEqual({
    status: { name: 'ok', message: '', retryDelayMs: undefined },
    message: Buffer.from('taken'),
  })
  expect(receiver.calls[0]).toMatchObject({
    path: '/weir.Test/Take',
    message,
    headers: {
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': '10000m',
      'x-tenant': 'a',
      ':authority': receiver.endpoint,
    },
  })
})

test.for([
  ['gzip', gzipSync(message)],
  ['zstd', zstdCompressSync(message)],
] as const)('what is compressed with %s is said to be', async ([encoding, bytes]) => {
  await using receiver = await GrpcReceiver.start(() => ({ response: Buffer.from('taken'), gzip: true }))
  using client = clientFor(receiver.port)
  const answer = await client.call(callOf({ message: bytes, encoding }))
  expect(receiver.calls[0]?.message).toEqual(message)
  expect(answer.message?.toString()).toBe('taken')
})

const take: handleUnaryCall<Buffer, Buffer> = (call, answer) => {
  if (call.request.length > 100) answer({ code: 8, details: 'zu groß: 100 %' })
  else answer(null, Buffer.concat([Buffer.from('took '), call.request]))
}
const same = (bytes: Buffer): Buffer => bytes

test('a server of grpc-js understands it, and is understood', async () => {
  const server = new Server()
  server.addService(
    {
      take: {
        path: '/weir.Test/Take',
        requestStream: false,
        responseStream: false,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      },
    },
    { take },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  using client = clientFor(port)
  const answer = await client.call(callOf({ message: gzipSync('hello'), encoding: 'gzip' }))
  expect(answer.message?.toString()).toBe('took hello')
  const refused = await client.call(callOf({ message: Buffer.alloc(101) }))
  expect(refused.status).toMatchObject({ name: 'resource_exhausted', message: 'zu groß: 100 %' })
  const unknown = await client.call(callOf({ path: '/weir.Test/Give' }))
  expect(unknown.status.name).toBe('unimplemented')
  server.forceShutdown()
})

test('every status has its name, and RetryInfo its delay', async () => {
  await using receiver = await GrpcReceiver.start((_, index) => ({
    code: index + 1,
    message: 'später',
    details: statusWithRetryInfo(index + 1, 'later', 1500),
  }))
  using client = clientFor(receiver.port)
  for (const name of statusNames.slice(1)) {
    const { status } = await client.call(callOf())
    expect(status).toEqual({ name, message: 'später', retryDelayMs: 1500 })
  }
})

test('a proxy that answers with a status of HTTP alone is understood', async () => {
  const statuses = [400, 401, 403, 404, 429, 500, 503]
  await using receiver = await GrpcReceiver.start((_, index) => ({ http: statuses[index] ?? 500 }))
  using client = clientFor(receiver.port)
  const names: string[] = []
  for (const _ of statuses) names.push((await client.call(callOf())).status.name)
  expect(names).toEqual([
    'internal',
    'unauthenticated',
    'permission_denied',
    'unimplemented',
    'unavailable',
    'unknown',
    'unavailable',
  ])
})

test('calls at the same time share a connection', async () => {
  await using receiver = await GrpcReceiver.start()
  using client = clientFor(receiver.port)
  await Promise.all(Array.from({ length: 20 }, async () => await client.call(callOf())))
  await client.call(callOf())
  expect([receiver.calls.length, receiver.connections]).toEqual([21, 1])
})

test('a stream that is reset is an error that may pass, and the connection stays', async () => {
  await using receiver = await GrpcReceiver.start((_, index) =>
    index < 4 ? { reset: constants.NGHTTP2_REFUSED_STREAM } : {},
  )
  using client = clientFor(receiver.port)
  for (const _ of [1, 2]) {
    await expect(client.call(callOf())).rejects.toMatchObject({ code: 'connection_reset', retryable: true })
  }
  expect((await client.call(callOf())).status.name).toBe('ok')
  expect(receiver.connections).toBe(1)
})

test('a kept connection that ends under a call is made anew, and the call made again', async () => {
  await using receiver = await GrpcReceiver.start((_, index) => ({ hangUp: index === 1 }))
  using client = clientFor(receiver.port)
  await client.call(callOf())
  expect((await client.call(callOf())).status.name).toBe('ok')
  expect(receiver.calls.map(({ connection }) => connection)).toEqual([1, 1, 2])
})

test('after GOAWAY calls on their way come to their end, and others take a new connection', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  await using receiver = await GrpcReceiver.start(async (call, index) => {
    if (index > 0) return {}
    call.session.goaway(constants.NGHTTP2_NO_ERROR, 1)
    await held
    return { response: Buffer.from('old') }
  })
  using client = clientFor(receiver.port)
  const first = client.call(callOf())
  await receiver.until(({ calls }) => calls.length === 1)
  let second = await client.call(callOf())
  while (receiver.connections < 2) second = await client.call(callOf())
  expect(second.status.name).toBe('ok')
  release()
  expect((await first).message?.toString()).toBe('old')
})

test('what cannot be reached, or speaks something else, is told in words', async () => {
  const other = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  using wrong = clientFor(port)
  await expect(wrong.call(callOf())).rejects.toThrow(/speaks no HTTP\/2, which gRPC needs/)
  await new Promise((resolve) => other.close(resolve))
  using client = clientFor(port)
  await expect(client.call(callOf())).rejects.toMatchObject({
    code: 'connection_refused',
    message: `127.0.0.1:${port} refused the connection: nothing listens there`,
  })
  using nobody = clientFor(port, {
    endpoint: { host: 'nobody.invalid', port },
    lookup: async () => await Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
  })
  await expect(nobody.call(callOf())).rejects.toMatchObject({ code: 'dns_not_found' })
})

test('a call gives up after its time, and a connection that was silent all the time is not used again', async () => {
  await using receiver = await GrpcReceiver.start((_, index) => ({ hold: index === 1 }))
  using client = clientFor(receiver.port)
  await client.call(callOf())
  await expect(client.call(callOf({ timeoutMs: 30 }))).rejects.toMatchObject({ code: 'timeout' })
  expect((await client.call(callOf())).status.name).toBe('ok')
  expect(receiver.calls.at(-1)?.connection).toBe(2)
})

test('the signal of the caller ends a call', async () => {
  await using receiver = await GrpcReceiver.start(() => ({ hold: true }))
  using client = clientFor(receiver.port)
  const controller = new AbortController()
  const call = client.call(callOf(), controller.signal)
  await receiver.until(({ calls }) => calls.length > 0)
  controller.abort(new Error('enough'))
  await expect(call).rejects.toThrow('enough')
})

test('a server that answers no ping has its calls sent elsewhere', async () => {
  // It takes the connection and the call, and is never heard of.
  const dead = createServer((socket) => void socket.on('error', () => undefined).resume())
  await new Promise<void>((resolve) => dead.listen(0, '127.0.0.1', resolve))
  const clock = new FakeClock()
  using client = clientFor((dead.address() as AddressInfo).port, {
    clock,
    keepalive: { timeMs: 10_000, timeoutMs: 5000, permitWithoutStream: false },
  })
  const ended: unknown[] = []
  const call = client.call(callOf({ timeoutMs: 0 })).then(
    () => ended.push('answered'),
    (error: unknown) => ended.push(error),
  )
  while (ended.length === 0) {
    await clock.advance(1000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await call
  expect(ended).toMatchObject([
    { code: 'timeout', message: expect.stringContaining('did not answer a ping in 5 s') as string },
  ])
  dead.close()
})

test('a server that lives answers pings, and its calls go on', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  await using receiver = await GrpcReceiver.start(async () => {
    await held
    return {}
  })
  const pings: unknown[] = []
  receiver.server.on('session', (session) => session.on('ping', (payload) => pings.push(payload)))
  using client = clientFor(receiver.port, {
    keepalive: { timeMs: 5, timeoutMs: 5000, permitWithoutStream: false },
  })
  const call = client.call(callOf())
  while (pings.length < 3) await new Promise((resolve) => setImmediate(resolve))
  release()
  expect((await call).status.name).toBe('ok')
})

test('a token that was replaced is tried once, at once', async () => {
  await using receiver = await GrpcReceiver.start(({ headers }) => ({
    code: headers.authorization === 'Bearer new' ? 0 : 16,
  }))
  let token = 'old'
  const text = { read: () => token, renew: () => (token = 'new') }
  using client = clientFor(receiver.port, { credentials: schemeCredentials('Bearer', text) })
  expect((await client.call(callOf())).status.name).toBe('ok')
  expect(receiver.calls.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new'])
})

test('an answer that is too long, or lies about its length, has a status and no message', async () => {
  await using receiver = await GrpcReceiver.start((_, index) => ({
    response: index === 0 ? Buffer.alloc(100_000) : partialSuccess(1, 'x'.repeat(70_000)),
    gzip: index > 0,
  }))
  using client = clientFor(receiver.port)
  for (const _ of [1, 2]) {
    expect(await client.call(callOf())).toMatchObject({ status: { name: 'ok' }, message: undefined })
  }
})

const textOf = (read: () => string): Text => ({ read, renew: () => undefined })

test('TLS files that change are in use with the next call, and calls on their way come to their end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-grpc-tls-'))
  const maker = new CertificateMaker(folder)
  const authority = await maker.make('authority')
  const [server, old, young] = await Promise.all([
    maker.make('server', { authority }),
    maker.make('old'),
    maker.make('young'),
  ])
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const shown: string[] = []
  await using receiver = await GrpcReceiver.start(
    async ({ session }, index) => {
      shown.push((session.socket as TLSSocket).getPeerCertificate().subject.CN?.toString() ?? '')
      if (index === 0) await held
      return {}
    },
    { tls: { cert: server.cert, key: server.key, requestCert: true, rejectUnauthorized: false } },
  )
  let own = old
  const tls = new TlsSource({
    ca: textOf(() => authority.cert),
    cert: textOf(() => own.cert),
    key: textOf(() => own.key),
  })
  using client = clientFor(receiver.port, { tls })
  const first = client.call(callOf())
  await receiver.until(({ calls }) => calls.length === 1)
  own = young
  await client.call(callOf())
  release()
  expect((await first).status.name).toBe('ok')
  expect(shown).toEqual(['old', 'young'])
  await rm(folder, { recursive: true })
})

test.each([
  { rotates: true, calls: [2, 2] },
  { rotates: false, calls: [4, 0] },
])('of two addresses $calls connections are made with rotation: $rotates', async ({ rotates, calls }) => {
  await using one = await GrpcReceiver.start(() => ({ hangUp: true }))
  await using other = await GrpcReceiver.start(() => ({ hangUp: true }), {
    port: one.port,
    host: '127.0.0.2',
  })
  using client = clientFor(one.port, {
    endpoint: { host: 'collector.example', port: one.port },
    rotates,
    lookup: async () => await Promise.resolve(['127.0.0.1', '127.0.0.2']),
  })
  for (let call = 0; call < 4; call++)
    await expect(client.call(callOf())).rejects.toThrow('ended the connection')
  expect([one.connections, other.connections]).toEqual(calls)
})

test('a server that complains of pings is asked less often', async () => {
  await using receiver = await GrpcReceiver.start(({ session }, index) => {
    if (index === 0) session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    return { hold: index === 1 }
  })
  const clock = new FakeClock()
  const pings: unknown[] = []
  receiver.server.on('session', (session) => session.on('ping', (payload) => pings.push(payload)))
  using client = clientFor(receiver.port, {
    clock,
    keepalive: { timeMs: 1000, timeoutMs: 60_000, permitWithoutStream: false },
  })
  await client.call(callOf({ timeoutMs: 0 })).catch(() => undefined)
  const held = client.call(callOf({ timeoutMs: 0 })).catch(() => undefined)
  await receiver.until(({ calls }) => calls.length === 2)
  await clock.advance(1900)
  await new Promise((resolve) => setImmediate(resolve))
  expect(pings).toEqual([])
  await clock.advance(200)
  while (pings.length === 0) await new Promise((resolve) => setImmediate(resolve))
  client.close()
  await held
})
