import { createServer, type RequestListener, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { BodySink } from './answer-body.ts'
import { HttpClient } from './http-client.ts'
import type { ResponseHead } from './response-head.ts'

/** Keeps a body as text. */
class TextSink implements BodySink {
  text = ''
  head: ResponseHead | undefined
  ended = false
  begin(head: ResponseHead): void {
    this.head = head
  }
  chunk(buffer: Uint8Array, from: number, to: number): void {
    this.text += Buffer.from(buffer.subarray(from, to)).toString('latin1')
  }
  end(): void {
    this.ended = true
  }
}

let server: Server | undefined
let client: HttpClient | undefined
afterEach(() => {
  client?.close()
  server?.closeAllConnections()
  server?.close()
})

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a client', () => {
  test('gets bodies of known length and in chunks over one connection', async () => {
    const ports = new Set<number | undefined>()
    const large = 'a line\n'.repeat(100_000)
    const base = await serve((request, response) => {
      ports.add(request.socket.remotePort)
      if (request.url === '/chunked') response.write(large)
      response.end(large)
    })
    client = new HttpClient()
    for (const [path, body] of [
      ['/sized', large],
      ['/chunked', large + large],
    ] as const) {
      const sink = new TextSink()
      const answer = await client.get({ url: new URL(path, base), timeoutMs: 5000 }, sink)
      expect(answer).toMatchObject({ status: 200, bodyBytes: body.length, excerpt: '' })
      expect(sink.text).toBe(body)
      expect([sink.head?.status, sink.ended]).toEqual([200, true])
    }
    expect(ports.size).toBe(1)
  })

  test('posts the parts of a body in order, and shows the beginning of the answer', async () => {
    const base = await serve((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        response.statusCode = 400
        response.end(
          `${request.headers['content-type']} ${Buffer.concat(parts).toString()} ${'x'.repeat(5000)}`,
        )
      })
    })
    client = new HttpClient()
    const answer = await client.post({
      url: new URL(base),
      headers: { 'Content-Type': 'text/plain' },
      body: [Buffer.from('one '), Buffer.from('two')],
      timeoutMs: 5000,
    })
    expect(answer.status).toBe(400)
    expect(answer.excerpt).toHaveLength(4096)
    expect(answer.excerpt.startsWith('text/plain one two xxx')).toBe(true)
  })
})
