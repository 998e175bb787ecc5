import { once } from 'node:events'
import { connect } from 'node:net'
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { compress } from '#src/remote/snappy.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { sendText } from './content-encoding.ts'
import { bodyEncodings, BodyRoom, readBody, RequestBodyError, type BodyLimits } from './request-body.ts'
import { startServer, type RunningServer } from './server.ts'

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (server) => await server.close(0)))
})

const mebibyte = 1 << 20

/** A server that answers with the length of what it read, or with the status and sentence of the error. */
async function start(limits: Partial<BodyLimits> = {}): Promise<{ url: string; gone: () => number }> {
  let gone = 0
  const all = { maxBytes: mebibyte, encodings: bodyEncodings, room: new BodyRoom(8 * mebibyte), ...limits }
  const server = await startServer({
    endpoint: '127.0.0.1:0',
    name: 'test',
    logger: new CapturedLog(),
    async handler(request, response) {
      try {
        const body = await readBody(request, all)
        if (body === undefined) gone++
        else sendText(response, 200, body.toString('latin1'))
      } catch (error) {
        if (!(error instanceof RequestBodyError)) throw error
        sendText(response, error.status, error.message)
      }
    },
  })
  running.push(server)
  return { url: server.url, gone: () => gone }
}

async function post(
  url: string,
  body: Buffer | ReadableStream,
  encoding?: string,
): Promise<[number, string]> {
  const headers: Record<string, string> = encoding === undefined ? {} : { 'content-encoding': encoding }
  const response = await fetch(url, { method: 'POST', body, headers, duplex: 'half' })
  return [response.status, await response.text()]
}

const text = 'a body; '.repeat(50_000)
const plain = Buffer.from(text)

test.each([
  [undefined, plain],
  ['identity', plain],
  ['gzip', gzipSync(plain)],
  ['GZIP', gzipSync(plain)],
  ['x-gzip', gzipSync(plain)],
  ['deflate', deflateSync(plain)],
  ['deflate', deflateRawSync(plain)],
  ['zlib', deflateSync(plain)],
  ['zstd', zstdCompressSync(plain)],
  ['snappy', compress(plain)],
])('a body with the encoding %s is read', async (encoding, body) => {
  const { url } = await start()
  expect(await post(url, body, encoding)).toEqual([200, text])
})

test('without a body there is an empty one', async () => {
  const { url } = await start()
  expect(await post(url, Buffer.alloc(0))).toEqual([200, ''])
})

describe('is refused', () => {
  test.each([
    ['br', plain, 415, 'the Content-Encoding "br" is not taken here; these are: gzip, x-gzip'],
    ['gzip, gzip', gzipSync(gzipSync(plain)), 415, 'the Content-Encoding "gzip, gzip" is not taken'],
    ['constructor', plain, 415, 'the Content-Encoding "constructor" is not taken'],
    ['gzip', plain, 400, 'cannot be decompressed (gzip): incorrect header check'],
    ['gzip', gzipSync(plain).subarray(0, -4), 400, 'cannot be decompressed (gzip)'],
    ['gzip', Buffer.concat([gzipSync(plain), Buffer.from([1])]), 400, 'the body '],
    ['zstd', zstdCompressSync(plain).subarray(0, 40), 400, 'cannot be decompressed (zstd)'],
    ['snappy', plain, 400, 'cannot be decompressed (snappy)'],
  ])('what is not as its encoding %s says', async (encoding, body, status, message) => {
    const { url } = await start()
    const answer = await post(url, body, encoding)
    expect(answer).toEqual([status, expect.stringContaining(message)])
  })

  test('an encoding that is not among those that are taken', async () => {
    const { url } = await start({ encodings: ['zstd'] })
    expect(await post(url, gzipSync(plain), 'gzip')).toEqual([
      415,
      'the Content-Encoding "gzip" is not taken here; these are: zstd',
    ])
    const none = await start({ encodings: [] })
    expect((await post(none.url, plain, 'gzip'))[1]).toContain('these are: none')
  })

  const zeros = Buffer.alloc(64 * mebibyte)
  test.each([
    ['what is too large', plain, undefined, 1000],
    ['a bomb of gzip', gzipSync(zeros), 'gzip', mebibyte],
    ['a bomb of deflate', deflateSync(zeros), 'deflate', mebibyte],
    ['a bomb of zstd', zstdCompressSync(zeros), 'zstd', mebibyte],
  ])('%s', async (_, body, encoding, maxBytes) => {
    const { url } = await start({ maxBytes })
    expect(await post(url, body, encoding)).toEqual([413, `the body is over the limit of ${maxBytes} bytes`])
  })

  test('a body without a length, as soon as it is over the limit', async () => {
    const { url } = await start({ maxBytes: 1000 })
    let sent = 0
    const endless = new ReadableStream({
      pull(controller) {
        sent += 1000
        if (sent > 1_000_000_000) controller.error(new Error('it was all read'))
        else controller.enqueue(new Uint8Array(1000))
      },
    })
    await post(url, endless).catch(() => undefined)
    expect(sent).toBeLessThan(1_000_000_000)
  })

  test('a length that is announced and too large, before anything is read', async () => {
    const { url } = await start()
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /)
    socket.destroy()
  })

  test('a block of snappy that lies about its length, before memory is taken', async () => {
    const { url } = await start({ maxBytes: 512 * mebibyte })
    const before = process.memoryUsage().arrayBuffers
    const lie = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x01, 0x00, 0x41])
    const [status, message] = await post(url, lie, 'snappy')
    expect([status, message]).toEqual([400, expect.stringContaining('says that it has 268435456 bytes')])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * mebibyte)
  })
})

function hasRoom(room: BodyRoom, bytes: number): boolean {
  const has = room.take(bytes)
  if (has) room.give(bytes)
  return has
}

test('many bodies at a time have the room that there is, and give it back', async () => {
  const room = new BodyRoom(plain.length + 100)
  const { url, gone } = await start({ room })
  const { hostname, port } = new URL(url)
  const slow = connect(Number(port), hostname)
  slow.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(1000)}`)
  await expect.poll(() => hasRoom(room, plain.length)).toBe(false)
  expect(await post(url, plain)).toEqual([503, 'there is no room for more bodies just now'])
  slow.destroy()
  await expect.poll(gone).toBe(1)
  expect(await post(url, plain)).toEqual([200, text])
})
