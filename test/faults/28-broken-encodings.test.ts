import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { BodySink } from '#src/http/client/answer-body.ts'
import { ClientError } from '#src/http/client/client-error.ts'
import { HttpClient } from '#src/http/client/http-client.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'

const mebibyte = 1_048_576

interface Outcome {
  readonly result: string
  readonly bytes: number
  readonly ended: boolean
  readonly growth: number
}

async function get(body: Buffer, encoding: string, bodySizeLimit: number): Promise<Outcome> {
  await using server = await ScriptedServer.start(() =>
    answerOf(body, { headers: { 'Content-Encoding': encoding } }),
  )
  const client = new HttpClient()
  const before = process.memoryUsage.rss()
  let bytes = 0
  let ended = false
  const sink: BodySink = {
    begin: () => undefined,
    chunk(_, from, to) {
      bytes += to - from
    },
    end() {
      ended = true
    },
  }
  const result = await client
    .get({ url: server.url(), timeoutMs: 60_000, bodySizeLimit, encodings: ['gzip', 'zstd'] }, sink)
    .then(
      ({ status }) => String(status),
      (error: unknown) => (error instanceof ClientError ? error.code : String(error)),
    )
  client.close()
  while (server.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve))
  return { result, bytes, ended, growth: process.memoryUsage.rss() - before }
}

const zeros = Buffer.alloc(256 * mebibyte)
const bombs: readonly (readonly [string, Buffer])[] = [
  ['gzip', gzipSync(zeros)],
  ['zstd', zstdCompressSync(zeros)],
]

test.each(bombs)('28: a bomb of %s stops at the limit after inflation', async (encoding, bomb) => {
  expect(bomb.length).toBeLessThan(zeros.length / 900)
  const { result, bytes, ended, growth } = await get(bomb, encoding, 8 * mebibyte)
  expect([result, ended]).toEqual(['body_too_large', false])
  expect(bytes).toBeLessThan(8 * mebibyte)
  expect(growth).toBeLessThan(64 * mebibyte)
})

test('28: a bomb within a bomb is refused for its encoding, or is garbage of the size that it has', async () => {
  const nested = gzipSync(gzipSync(zeros))
  expect(await get(nested, 'gzip, gzip', 8 * mebibyte)).toMatchObject({
    result: 'unsupported_encoding',
    bytes: 0,
  })
  const once = await get(nested, 'gzip', 8 * mebibyte)
  expect(once).toMatchObject({ result: '200', bytes: gzipSync(zeros).length })
})

const body = gzipSync('metric 1\n'.repeat(100_000))
function damaged(at: number): Buffer {
  const copy = Buffer.from(body)
  copy[at] = (copy[at] ?? 0) ^ 0xff
  return copy
}

test.each([
  ['truncated', body.subarray(0, -100)],
  ['truncated in its last byte', body.subarray(0, -1)],
  ['a wrong CRC', damaged(body.length - 6)],
  ['a wrong length', damaged(body.length - 1)],
  ['damaged within', damaged(body.length >> 1)],
  ['followed by garbage', Buffer.concat([body, Buffer.from('garbage')])],
  ['no gzip at all', Buffer.from('metric 1\n')],
])('28: a body that is %s is an error, and never ends well', async (_, encoded) => {
  expect(await get(encoded, 'gzip', 0)).toMatchObject({ result: 'malformed_encoding', ended: false })
})
