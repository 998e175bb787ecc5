import { afterEach, beforeEach, expect, test } from 'vitest'
import { OptionsText } from '#src/config/options-text.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { FakeTarget } from '#src/testing/fake-target.ts'
import type { DiscoveredLabels } from './discovery.ts'
import { HttpDiscovery, HttpOptions } from './http-discovery.ts'

let server: FakeTarget
let clock: FakeClock
let logger: CapturedLog
let discovery: HttpDiscovery | undefined
let told: (readonly DiscoveredLabels[])[]

beforeEach(async () => {
  server = await FakeTarget.start('[{"targets":["a:1"],"labels":{"zone":"z"}}]')
  server.contentType = 'application/json; charset=utf-8'
  clock = new FakeClock()
  logger = new CapturedLog()
  told = []
})

afterEach(async () => {
  discovery?.stop()
  discovery = undefined
  await server.close()
})

function make(yaml: string): HttpDiscovery {
  const { options, findings } = new OptionsText('test', yaml, HttpOptions)
  if (options === undefined) throw new Error(findings.map(({ text }) => text).join('\n'))
  return new HttpDiscovery(options, { clock, logger })
}

async function start(more = ''): Promise<void> {
  discovery = make(`url: http://user:canary@${server.address}/sd?x=1\n${more}`)
  discovery.start((targets) => told.push(targets))
  await clock.advance(0)
}

async function tellings(count: number): Promise<void> {
  await expect.poll(() => told.length, { interval: 2, timeout: 5000 }).toBe(count)
}

/** Lets the server be asked once more. */
async function again(): Promise<void> {
  const { length } = server.requests
  await clock.advance(60_000)
  await expect.poll(() => server.requests.length, { interval: 2, timeout: 5000 }).toBe(length + 1)
}

test('a server lists targets; its URL is told without the user in it', async () => {
  await start('http_headers: { X-Key: { secrets: [canary] } }')
  await tellings(1)
  expect(told[0]).toEqual([
    ['__address__', 'a:1', 'zone', 'z', '__meta_url', `http://${server.address}/sd?x=1`],
  ])
  expect(server.requests[0]?.headers).toMatchObject({
    accept: 'application/json',
    authorization: 'Basic dXNlcjpjYW5hcnk=',
    'x-key': 'canary',
    'x-prometheus-refresh-interval-seconds': '60',
  })
})

test('what the server says again is not told again', async () => {
  await start()
  await tellings(1)
  await again()
  server.body = '[]'
  await again()
  await tellings(2)
  expect(told[1]).toEqual([])
})

test('while the server fails in any way the targets stay, and one line says so', async () => {
  await start()
  await tellings(1)
  const failures: [number, string | undefined, string][] = [
    [500, 'application/json', '[]'],
    [200, 'text/html', '[]'],
    [200, undefined, '[]'],
    [200, 'application/json', 'canary'],
    [200, 'application/json', '{}'],
  ]
  for (const [status, contentType, body] of failures) {
    Object.assign(server, { status, contentType, body })
    await again()
  }
  await expect.poll(() => logger.lines.length, { interval: 2, timeout: 5000 }).toBe(1)
  Object.assign(server, { contentType: 'application/json', body: '[{"targets":["b:1"]}]' })
  await again()
  await tellings(2)
  expect(logger.lines.map(({ level, fields }) => [level, fields['error']])).toEqual([
    ['error', 'it answered with HTTP status 500'],
    ['info', undefined],
  ])
  expect(JSON.stringify(logger.lines)).not.toContain('canary')
})

test('a stop ends what is under way', async () => {
  server.handler = () => undefined
  await start()
  await expect.poll(() => server.requests.length, { interval: 2, timeout: 5000 }).toBe(1)
  discovery?.stop()
  await clock.advance(120_000)
  expect([told, logger.lines, clock.waiting]).toEqual([[], [], 0])
})

test.each(['ftp://a/b', 'sd.example.org', ''])('the URL %j is refused', (url) => {
  expect(() => make(`url: '${url}'`)).toThrow('expected a URL that begins with http:// or https://')
})
