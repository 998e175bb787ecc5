import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { batchOf, series } from '#src/testing/series.ts'
import type { PrometheusConfig } from '../../exporters/prometheus/config.ts'
import type { PrometheusExporter } from '../../exporters/prometheus/prometheus-exporter.ts'
import { startExporter } from '../../exporters/prometheus/test-exporter.ts'

const running: PrometheusExporter[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(running.splice(0).map(async (exporter) => await exporter.stop()))
})

async function start(config: Partial<PrometheusConfig>): Promise<string> {
  const { exporter, url } = await startExporter(config)
  running.push(exporter)
  exporter.consume([batchOf([[series('x'), 1]])])
  return url
}

/** Connects, sends a text and says nothing more. */
async function open(url: string, text: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  sockets.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** All that comes until the other side closes. */
async function answerTo(socket: Socket): Promise<string> {
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
  await new Promise((resolve) => socket.once('close', resolve))
  return answer
}

async function honest(url: string): Promise<string> {
  return await (await fetch(url)).text()
}

const body = '# TYPE x gauge\nx 1\n'
const request = 'GET /metrics HTTP/1.1\r\nHost: x\r\n'

test('65: clients that never end their headers are sent away, and the others are served meanwhile', async () => {
  const url = await start({ read_header_timeout: 500 })
  const slow = await Promise.all(
    Array.from(
      { length: 100 },
      async (_, index) => await open(url, request.slice(0, 1 + (index % request.length))),
    ),
  )
  const drops = setInterval(() => {
    for (const socket of slow) if (socket.writable) socket.write('X')
  }, 50)
  const answers = Promise.all(slow.map(answerTo))
  for (let round = 0; round < 10; round++) expect(await honest(url)).toBe(body)
  for (const answer of await answers) expect(answer).toMatch(/^(?:HTTP\/1\.1 4|$)/)
  clearInterval(drops)
  expect(await honest(url)).toBe(body)
})

test('65: connections that idle give way to those that ask', async () => {
  const url = await start({ max_connections: 20 })
  const idle = await Promise.all(Array.from({ length: 200 }, async () => await open(url, `${request}\r\n`)))
  for (let round = 0; round < 10; round++) expect(await honest(url)).toBe(body)
  for (const socket of idle) socket.resume()
  await expect
    .poll(() => idle.filter((socket) => !socket.readableEnded && !socket.destroyed).length)
    .toBeLessThanOrEqual(20)
})

test.each([
  ['headers that are too large', `${request}X: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
  ['too many headers', `${request}${'X: y\r\n'.repeat(5000)}\r\n`, '431'],
  [
    'two lengths of one body',
    `${request}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n`,
    '400',
  ],
  ['a length that is no number', `${request}Content-Length: 4x\r\n\r\n`, '400'],
  ['a header that is folded', `${request}X: a\r\n b\r\n\r\n`, '(?:400|200)'],
  ['no HTTP at all', '\u0016\u0003\u0001\u0002\u0000\u0001', '400'],
])('65: %s is answered, and nothing behind it is', async (_, text, status) => {
  const url = await start({ idle_timeout: 200 })
  const socket = await open(url, text)
  const answer = await answerTo(socket)
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status}`))
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  expect(await honest(url)).toBe(body)
})

test('65: a client that sends a body slowly is cut off', async () => {
  const url = await start({ read_timeout: 500 })
  const socket = await open(url, `${request}Content-Length: 1000\r\n\r\nx`)
  await answerTo(socket)
  expect(await honest(url)).toBe(body)
})
