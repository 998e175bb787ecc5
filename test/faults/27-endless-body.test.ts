import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { expect, test } from 'vitest'
import type { BodySink } from '#src/http/client/answer-body.ts'
import { HttpClient } from '#src/http/client/http-client.ts'
import { ScriptedServer } from '#src/testing/scripted-server.ts'

const mebibyte = 1_048_576
const lines = Buffer.from('metric{label="value"} 1\n'.repeat(40_000))

/** Counts bytes, the memory of the process while they come, and how many come before others get their turn. */
class Watch implements BodySink {
  bytes = 0
  ended = false
  /** The most bytes between two turns of the event loop. */
  longestTurn = 0
  readonly #before = process.memoryUsage.rss()
  #peak = this.#before
  #turn = 0
  #turning = false

  begin(): void {}

  chunk(_: Uint8Array, from: number, to: number): void {
    this.bytes += to - from
    this.#turn += to - from
    this.longestTurn = Math.max(this.longestTurn, this.#turn)
    if (this.#turning) return
    this.#turning = true
    this.#peak = Math.max(this.#peak, process.memoryUsage.rss())
    setImmediate(() => {
      this.#turning = false
      this.#turn = 0
    })
  }

  end(): void {
    this.ended = true
  }

  get growth(): number {
    return this.#peak - this.#before
  }
}

/** Two gigabytes of valid lines. */
function endless(wrap: (part: Buffer) => Buffer = (part) => part): Readable {
  const parts = (2048 * mebibyte) / lines.length
  return Readable.from(
    (function* () {
      for (let part = 0; part < parts; part++) yield wrap(lines)
    })(),
  )
}

const asChunk = (part: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')])

/** What they are sent as: headers, and the stream of the body. */
const bodies: Readonly<Record<string, readonly [headers: string, body: () => Readable]>> = {
  'in chunks': ['Transfer-Encoding: chunked\r\n', () => endless(asChunk)],
  'to the end of the connection': ['', endless],
  compressed: ['Content-Encoding: gzip\r\n', () => endless().pipe(createGzip({ level: 1 }))],
}

test.each(Object.entries(bodies))(
  '27: a body of 2 GB, %s, ends at the limit; memory stays',
  async (_, [headers, body]) => {
    await using server = await ScriptedServer.start((_request, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${headers}\r\n`)
      // Ends with the connection, which the client cuts.
      pipeline(body(), socket, () => undefined)
      return undefined
    })
    const client = new HttpClient()
    const limit = 64 * mebibyte
    const watch = new Watch()
    const getting = client.get({ url: server.url(), timeoutMs: 60_000, bodySizeLimit: limit }, watch)
    await expect(getting).rejects.toMatchObject({
      code: 'body_too_large',
      retryable: false,
      message: `body size limit exceeded: the body has ${limit} bytes or more`,
    })
    expect(watch.ended).toBe(false)
    expect(watch.bytes).toBeLessThan(limit)
    expect(watch.bytes).toBeGreaterThan(limit - 70_000)
    expect(watch.growth).toBeLessThan(2 * limit)
    // Others get their turn meanwhile.
    expect(watch.longestTurn).toBeLessThan(4 * mebibyte)
    while (server.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve))
    client.close()
  },
)

test('27: a body that says itself that it is too large is not read at all', async () => {
  await using server = await ScriptedServer.start(
    () => 'HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n',
  )
  const client = new HttpClient()
  const watch = new Watch()
  const getting = client.get({ url: server.url(), timeoutMs: 60_000, bodySizeLimit: 64 * mebibyte }, watch)
  await expect(getting).rejects.toMatchObject({ code: 'body_too_large' })
  expect(watch.bytes).toBe(0)
  client.close()
})

test('27: a body of the size of the limit is too large, one byte less is not', async () => {
  await using server = await ScriptedServer.start(() => 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde')
  const client = new HttpClient()
  const get = async (bodySizeLimit: number): Promise<unknown> =>
    await client
      .get({ url: server.url(), timeoutMs: 60_000, bodySizeLimit }, new Watch())
      .catch((error: unknown) => error)
  expect(await get(5)).toMatchObject({ code: 'body_too_large' })
  expect(await get(6)).toMatchObject({ status: 200, bodyBytes: 5 })
  expect(await get(0)).toMatchObject({ status: 200, bodyBytes: 5 })
  client.close()
})
