import { expect, test } from 'vitest'
import { HttpClient } from '#src/http/client/http-client.ts'
import { ScriptedServer } from '#src/testing/scripted-server.ts'
import { TextSink } from '#src/testing/text-sink.ts'

test.each([
  ['headers', 'HTTP/1.1 200 OK\r\nX-A: ', 'b'],
  ['body', 'HTTP/1.1 200 OK\r\n\r\n', 'b'],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nb\r\n'],
  ['interim answers', '', 'HTTP/1.1 102 Processing\r\n\r\n'],
])(
  '26: %s that drip are cut off by the deadline of the whole request, though there is never silence',
  async (_, first, drop) => {
    let drops = 0
    await using server = await ScriptedServer.start((_request, socket) => {
      const timer = setInterval(() => {
        socket.write(drop)
        drops++
      }, 20)
      socket.on('close', () => clearInterval(timer))
      return first
    })
    const client = new HttpClient()
    const sink = new TextSink()
    await expect(client.get({ url: server.url(), timeoutMs: 150 }, sink)).rejects.toMatchObject({
      code: 'timeout',
    })
    expect(drops).toBeGreaterThan(0)
    expect(sink.calls).not.toContain('end')
    while (server.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve))
    client.close()
  },
)
