import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { TextSink } from '#src/testing/text-sink.ts'
import { ClientError } from './client-error.ts'
import { HttpClient, type HttpClientSettings } from './http-client.ts'

const clients: HttpClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

function clientOf(settings: HttpClientSettings = {}): HttpClient {
  const client = new HttpClient(settings)
  clients.push(client)
  return client
}

const timeoutMs = 10_000

/** The text of an error's code and message. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => 'it did not fail',
    (error: unknown) => (error instanceof ClientError ? `${error.code}: ${error.message}` : error),
  )
}

describe('getting', () => {
  test('bodies come to the sink in order, over one connection', async () => {
    const large = 'a line\n'.repeat(100_000)
    await using server = await ScriptedServer.start(({ target }) => {
      if (target === '/sized') return answerOf(large)
      return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`
    })
    const client = clientOf()
    for (const path of ['/sized', '/chunked', '/sized']) {
      const sink = new TextSink()
      const answer = await client.get({ url: server.url(path), timeoutMs }, sink)
      expect(answer).toMatchObject({
        status: 200,
        bodyBytes: large.length,
        wireBytes: large.length,
        excerpt: '',
      })
      expect(answer.url.href).toBe(server.url(path).href)
      expect(sink.text === large).toBe(true)
      expect(sink.calls).toEqual(['begin', 'chunk', 'end'])
      expect(sink.head?.status).toBe(200)
    }
    expect(server.connections).toBe(1)
  })

  test('the request says what is asked for, by whom, and of which host', async () => {
    await using server = await ScriptedServer.start(() => answerOf(''))
    const client = clientOf({ lookup: async () => ['127.0.0.1'] })
    const request = { timeoutMs, headers: { Accept: 'text/plain', 'X-Many': ['1', '2'] } }
    await client.get(
      { ...request, url: server.url('/metrics?a=b%20c&d=%22', 'name.example') },
      new TextSink(),
    )
    expect(server.requests[0]?.head).toMatch(
      /^GET \/metrics\?a=b%20c&d=%22 HTTP\/1\.1\r\nHost: name\.example:\d+\r\nUser-Agent: weir\/\d+\.\d+\.\d+\r\nAccept-Encoding: identity\r\nAccept: text\/plain\r\nX-Many: 1\r\nX-Many: 2\r\n\r\n$/,
    )
  })

  test('a compressed body is asked for, and comes out as it was', async () => {
    const body = 'metric 1\n'.repeat(50_000)
    await using server = await ScriptedServer.start(() =>
      answerOf(gzipSync(body), { headers: { 'Content-Encoding': 'gzip' } }),
    )
    const sink = new TextSink()
    const answer = await clientOf().get({ url: server.url(), timeoutMs, encodings: ['zstd', 'gzip'] }, sink)
    expect(server.requests[0]?.headers.get('accept-encoding')).toBe('zstd, gzip')
    expect(sink.text === body).toBe(true)
    expect(answer.bodyBytes).toBe(body.length)
    expect(answer.wireBytes).toBe(gzipSync(body).length)
  })

  test('a body of another status is an excerpt and not for the sink; the connection is kept', async () => {
    const page = gzipSync(`scrape me later ${'é'.repeat(4000)}`)
    await using server = await ScriptedServer.start(() =>
      answerOf(page, { status: 503, headers: { 'Content-Encoding': 'gzip', 'Retry-After': '7' } }),
    )
    const client = clientOf()
    const sink = new TextSink()
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await client.get({ url: server.url(), timeoutMs }, sink)
      expect(answer).toMatchObject({ status: 503, retryAfterMs: 7000 })
      expect(answer.excerpt).toMatch(/^scrape me later é{2040}$/)
    }
    expect(sink.calls).toEqual([])
    expect(server.connections).toBe(1)
  })

  test.each([
    ['an encoding that is not known', { 'Content-Encoding': 'br' }],
    ['an encoding that it does not have', { 'Content-Encoding': 'gzip' }],
  ])('a bad answer with %s is an answer still', async (_, headers) => {
    await using server = await ScriptedServer.start(() => answerOf('oops', { status: 500, headers }))
    expect(await clientOf().get({ url: server.url(), timeoutMs }, new TextSink())).toMatchObject({
      status: 500,
      excerpt: '',
    })
  })

  test('an endless body of another status is given up after 64 KiB', async () => {
    await using server = await ScriptedServer.start((_, socket) => {
      const more = (): void => {
        while (!socket.destroyed && socket.write('x'.repeat(10_000)));
      }
      socket.on('drain', more)
      socket.write('HTTP/1.1 404 Not Found\r\n\r\n')
      more()
      return undefined
    })
    const answer = await clientOf().get({ url: server.url(), timeoutMs }, new TextSink())
    expect(answer.excerpt).toBe('x'.repeat(4096))
    expect(answer.bodyBytes).toBeLessThan(200_000)
  })

  test('a bomb that no sink takes is not inflated beyond what is kept', async () => {
    const bomb = gzipSync(Buffer.alloc(64_000_000))
    await using server = await ScriptedServer.start(() =>
      answerOf(bomb, { status: 500, headers: { 'Content-Encoding': 'gzip' } }),
    )
    const answer = await clientOf().get({ url: server.url(), timeoutMs }, new TextSink())
    expect(answer.excerpt).toHaveLength(4096)
    expect(answer.bodyBytes).toBeLessThan(2_000_000)
  })

  test('what the sink throws ends the request as it is', async () => {
    await using server = await ScriptedServer.start(() => answerOf('not for you'))
    for (const method of ['begin', 'chunk', 'end'] as const) {
      const sink = new TextSink()
      const error = Object.assign(new Error('line 1: no'), { code: 'malformed_line' })
      sink[method] = () => {
        throw error
      }
      await expect(clientOf().get({ url: server.url(), timeoutMs }, sink)).rejects.toBe(error)
    }
  })

  test('a header that would add a line never reaches the wire', async () => {
    await using server = await ScriptedServer.start(() => answerOf(''))
    const client = clientOf()
    const bad: Readonly<Record<string, string>>[] = [
      { 'X-A': 'b\r\nX-Admin: 1' },
      { 'X-A': 'b\nc' },
      { 'X-A': 'b\0c' },
      { 'X-A': 'b\u007f' },
      { 'X-A\r\nX-B': 'c' },
      { 'X A': 'b' },
      { '': 'b' },
    ]
    for (const headers of bad) {
      const outcome = await failure(client.get({ url: server.url(), timeoutMs, headers }, new TextSink()))
      expect(outcome).toMatch(/^invalid_request: the (?:name|value) of (?:a|the) header/)
      expect(outcome).not.toContain('Admin')
    }
    const url = server.url()
    url.pathname = '/a\r\nX-Admin: 1 b'
    await client.get({ url, timeoutMs }, new TextSink())
    expect(server.requests.map(({ target }) => target)).toEqual(['/aX-Admin:%201%20b'])
  })

  test('a value beyond ASCII goes as UTF-8', async () => {
    await using server = await ScriptedServer.start(() => answerOf(''))
    await clientOf().get({ url: server.url(), timeoutMs, headers: { 'X-A': 'é€' } }, new TextSink())
    const value = server.requests[0]?.headers.get('x-a') ?? ''
    expect(Buffer.from(value, 'latin1').toString('utf8')).toBe('é€')
  })
})

describe('a kept connection', () => {
  test('that the server closed meanwhile is not used', async () => {
    await using server = await ScriptedServer.start(() => answerOf('a'))
    const client = clientOf()
    await client.get({ url: server.url(), timeoutMs }, new TextSink())
    const [socket] = server.sockets
    socket?.end()
    while (server.sockets.size > 0) await turn()
    await client.get({ url: server.url(), timeoutMs }, new TextSink())
    expect(server.connections).toBe(2)
  })

  test.each(['destroy', 'resetAndDestroy'] as const)(
    'that turns out to be dead (%s) is replaced once, for what may be sent twice',
    async (end) => {
      await using server = await ScriptedServer.start(({ connection, target }, socket) => {
        if (target !== '/first' && connection === 1) socket[end]()
        return connection === 2 || target === '/first' ? answerOf('a') : undefined
      })
      const client = clientOf()
      await client.get({ url: server.url('/first'), timeoutMs }, new TextSink())
      const sink = new TextSink()
      expect(await client.get({ url: server.url('/second'), timeoutMs }, sink)).toMatchObject({ status: 200 })
      expect(sink.calls).toEqual(['begin', 'chunk', 'end'])
      expect(server.connections).toBe(2)
    },
  )

  test('a body is sent again only if its sender says that it may be', async () => {
    await using server = await ScriptedServer.start(({ connection, target }, socket) => {
      if (target === '/post' && connection === 1) socket.destroy()
      return answerOf('a')
    })
    for (const idempotent of [true, false]) {
      server.connections = 0
      server.requests.length = 0
      const client = clientOf()
      await client.get({ url: server.url('/first'), timeoutMs }, new TextSink())
      const body = [Buffer.from('data')]
      const outcome = await failure(client.post({ url: server.url('/post'), timeoutMs, body, idempotent }))
      expect(outcome).toMatch(idempotent ? 'it did not fail' : /^connection_(?:closed|reset): /)
      expect(server.requests.map(({ target }) => target)).toEqual(
        idempotent ? ['/first', '/post', '/post'] : ['/first', '/post'],
      )
    }
  })

  test('nothing is sent again once an answer has begun', async () => {
    await using server = await ScriptedServer.start(({ target }, socket) => {
      if (target === '/first') return answerOf('a')
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')
      return undefined
    })
    const client = clientOf()
    await client.get({ url: server.url('/first'), timeoutMs }, new TextSink())
    const sink = new TextSink()
    expect(await failure(client.get({ url: server.url('/second'), timeoutMs }, sink))).toBe(
      'connection_closed: the server closed the connection in the midst of its answer',
    )
    expect(sink.calls).toEqual(['begin', 'chunk'])
    expect(server.requests).toHaveLength(2)
  })

  test('that a server uses to say something unasked is closed', async () => {
    await using server = await ScriptedServer.start(() => Buffer.concat([answerOf('a'), answerOf('b')]))
    const client = clientOf()
    for (let attempt = 0; attempt < 2; attempt++) {
      const sink = new TextSink()
      await client.get({ url: server.url(), timeoutMs }, sink)
      expect(sink.text).toBe('a')
    }
    expect(server.connections).toBe(2)
    const [socket] = server.sockets
    server.script = () => answerOf('a')
    await client.get({ url: server.url(), timeoutMs }, new TextSink())
    for (const each of server.sockets) each.write('hello')
    while (server.sockets.size > 0) await turn()
    expect(socket?.destroyed).toBe(true)
  })

  test('is closed when it has idled long enough, and by close', async () => {
    const clock = new FakeClock()
    await using server = await ScriptedServer.start(() => answerOf('a'))
    const client = clientOf({ clock, pool: { idleTimeoutMs: 60_000 } })
    await client.get({ url: server.url(), timeoutMs }, new TextSink())
    await clock.advance(59_999)
    expect(server.sockets.size).toBe(1)
    await clock.advance(1)
    while (server.sockets.size > 0) await turn()
    expect(clock.waiting).toBe(0)

    await client.get({ url: server.url(), timeoutMs }, new TextSink())
    client.close()
    while (server.sockets.size > 0) await turn()
    expect(clock.waiting).toBe(0)
  })

  test('is not kept by a client that keeps none, which says so', async () => {
    await using server = await ScriptedServer.start(() => answerOf('a'))
    const client = clientOf({ pool: { idleTimeoutMs: 0 } })
    await client.get({ url: server.url(), timeoutMs }, new TextSink())
    expect(server.requests[0]?.headers.get('connection')).toBe('close')
    while (server.sockets.size > 0) await turn()
  })

  test('as many as there were requests at a time, up to the limits', async () => {
    await using server = await ScriptedServer.start(() => answerOf('a'))
    const client = clientOf({ pool: { maxIdle: 3, maxIdlePerOrigin: 2 } })
    const get = async (): Promise<unknown> =>
      await client.get({ url: server.url(), timeoutMs }, new TextSink())
    await Promise.all([get(), get(), get(), get()])
    expect(server.connections).toBe(4)
    while (server.sockets.size > 2) await turn()
    await Promise.all([get(), get()])
    expect(server.connections).toBe(4)
  })
})

describe('posting', () => {
  test('the parts of a body go out in order, with their length; the answer is an excerpt', async () => {
    await using server = await ScriptedServer.start(({ body }) => answerOf(`got ${body}`, { status: 400 }))
    const answer = await clientOf().post({
      url: server.url('/write'),
      timeoutMs,
      headers: { 'Content-Type': 'text/plain' },
      body: [Buffer.from('one '), Buffer.alloc(0), Buffer.from('two')],
    })
    expect(answer).toMatchObject({ status: 400, excerpt: 'got one two' })
    expect(server.requests[0]?.headers.get('content-length')).toBe('7')
    expect(server.requests[0]?.headers.get('content-type')).toBe('text/plain')
  })

  test('an empty body has a length too', async () => {
    await using server = await ScriptedServer.start(() => answerOf('', { status: 204 }))
    await clientOf().post({ url: server.url(), timeoutMs, body: [] })
    expect(server.requests[0]?.headers.get('content-length')).toBe('0')
  })

  test('the body of a good answer goes to the sink, if there is one', async () => {
    await using server = await ScriptedServer.start(() => answerOf('{}'))
    const sink = new TextSink()
    await clientOf().post({ url: server.url(), timeoutMs, body: [] }, undefined, sink)
    expect(sink.text).toBe('{}')
  })

  test('an answer before the end of the body counts, and the rest is not sent', async () => {
    await using server = await ScriptedServer.start(() => undefined)
    const body = Buffer.alloc(64_000_000)
    const sending = clientOf().post({ url: server.url(), timeoutMs, body: [body] })
    const socket = await unreading(server)
    socket.write(answerOf('too much', { status: 413 }))
    expect(await sending).toMatchObject({ status: 413, excerpt: 'too much' })
    expect(await bytesUntilClose(socket)).toBeLessThan(body.length)
  })

  test('buffers are not touched after the promise has settled, however it settled', async () => {
    const clock = new FakeClock()
    await using server = await ScriptedServer.start(() => undefined)
    const body = Buffer.alloc(64_000_000, 'a')
    const sending = failure(clientOf({ clock }).post({ url: server.url(), timeoutMs: 1000, body: [body] }))
    const socket = await unreading(server)
    await clock.advance(1000)
    expect(await sending).toMatch(
      /^timeout: timed out after 1 s, while the request was sent to 127\.0\.0\.1:\d+$/,
    )
    body.fill('b')
    socket.on('data', (data: Buffer) => expect(data.includes('b')).toBe(false))
    expect(await bytesUntilClose(socket)).toBeLessThan(body.length)
  })
})

/** A server that reads nothing of what it is sent, and the socket that it does not read. */
async function unreading(server: ScriptedServer): Promise<Socket> {
  while (server.sockets.size === 0) await turn()
  const [socket] = server.sockets
  if (socket === undefined) throw new Error('there is one')
  socket.removeAllListeners('data')
  socket.pause()
  return socket
}

/** Reads what comes until the peer has closed. */
async function bytesUntilClose(socket: Socket): Promise<number> {
  let bytes = 0
  socket.on('data', (data: Buffer) => {
    bytes += data.length
  })
  socket.resume()
  if (!socket.destroyed) await once(socket, 'close')
  return bytes
}

describe('time and giving up', () => {
  test('the caller can end a request at any time, with his own reason', async () => {
    await using server = await ScriptedServer.start(() => undefined)
    const client = clientOf()
    const before = AbortSignal.abort(new Error('never'))
    await expect(client.get({ url: server.url(), timeoutMs }, new TextSink(), before)).rejects.toThrow(
      'never',
    )
    const controller = new AbortController()
    const getting = client.get({ url: server.url(), timeoutMs }, new TextSink(), controller.signal)
    while (server.requests.length === 0) await turn()
    controller.abort(new Error('shutting down'))
    await expect(getting).rejects.toThrow('shutting down')
    while (server.sockets.size > 0) await turn()
  })

  test('the time is up wherever the request is, and the error says where', async () => {
    const clock = new FakeClock()
    await using server = await ScriptedServer.start(({ target }) =>
      target === '/half' ? 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc' : undefined,
    )
    const client = clientOf({ clock, lookup: async () => await new Promise<string[]>(() => undefined) })
    const cases: readonly (readonly [URL, RegExp])[] = [
      [
        new URL('http://slow.example/'),
        /^timeout: timed out after 2\.5 s, while the name slow\.example was looked up$/,
      ],
      [
        server.url('/never'),
        /^timeout: timed out after 2\.5 s, while the answer of 127\.0\.0\.1:\d+ was awaited$/,
      ],
      [
        server.url('/half'),
        /^timeout: timed out after 2\.5 s, while the answer of 127\.0\.0\.1:\d+ was read$/,
      ],
    ]
    for (const [url, message] of cases) {
      const asked = server.requests.length
      const getting = failure(client.get({ url, timeoutMs: 2500 }, new TextSink()))
      while (url.port !== '' && server.requests.length === asked) await turn()
      // The bytes of the answer are on their way.
      for (let round = 0; round < 20; round++) await turn()
      await clock.advance(2500)
      expect(await getting).toMatch(message)
    }
    expect(clock.waiting).toBe(0)
    while (server.sockets.size > 0) await turn()
  })
})
