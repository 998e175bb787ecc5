import { expect, test } from 'vitest'
import { HttpClient } from '#src/http/client/http-client.ts'
import { ScriptedServer } from '#src/testing/scripted-server.ts'
import { TextSink } from '#src/testing/text-sink.ts'

const timeoutMs = 150

test.each([
  ['never answers', undefined, /^timed out after 0\.15 s, while the answer of 127\.0\.0\.1:\d+ was awaited$/],
  [
    'stops within its headers',
    'HTTP/1.1 200 OK\r\nContent-',
    /while the answer of 127\.0\.0\.1:\d+ was read$/,
  ],
  [
    'stops within its body',
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc',
    /while the answer of .* was read$/,
  ],
])(
  '25: a server that accepts and %s is given up when the time is up, and its socket closed',
  async (_, answer, message) => {
    await using server = await ScriptedServer.start(() => answer)
    const client = new HttpClient()
    const started = performance.now()
    const getting = client.get({ url: server.url(), timeoutMs }, new TextSink())
    await expect(getting).rejects.toMatchObject({
      code: 'timeout',
      retryable: true,
      message: expect.stringMatching(message) as string,
    })
    // Timers of Node count whole milliseconds.
    expect(performance.now() - started).toBeGreaterThan(timeoutMs - 2)
    while (server.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve))
    client.close()
  },
)
