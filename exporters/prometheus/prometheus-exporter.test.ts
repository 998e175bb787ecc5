import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { get, request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdDecompressSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { Secret } from '#src/config/secret.ts'
import { Receipt } from '#src/pipeline/receipt.ts'
import { readExposition } from '#src/testing/prometheus-text.ts'
import { batchOf, series } from '#src/testing/series.ts'
import type { PrometheusConfig } from './config.ts'
import prometheus from './index.ts'
import type { PrometheusExporter } from './prometheus-exporter.ts'
import { openMetricsAccept, startExporter } from './test-exporter.ts'

const run = promisify(execFile)
const running: PrometheusExporter[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (exporter) => await exporter.stop()))
})

async function start(config: Partial<PrometheusConfig> = {}) {
  const started = await startExporter(config)
  running.push(started.exporter)
  return started
}

const largeCount = 20_000
const pad = 'x'.repeat(500)
/** Some 10 MB of text. */
const large = batchOf(
  Array.from({ length: largeCount }, (_, index) => [series('x', { n: `${index}`, pad }), index] as const),
)

/** An answer of which nothing is read yet. */
async function connected(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage]
  response.pause()
  return response
}

async function curl(...args: string[]): Promise<string> {
  const { stdout } = await run('curl', ['--silent', '--show-error', ...args], { maxBuffer: 64 * 1024 * 1024 })
  return stdout
}

test('points are settled when they are taken, and a receipt is left alone', async () => {
  const { exporter, context, url } = await start()
  let settled = false
  const receipt = new Receipt(() => (settled = true))
  context.ledger.accepted += 2
  expect(
    exporter.consume([
      batchOf([
        [series('x'), 1],
        [series('y'), 2],
      ]),
    ]),
  ).toBe(true)
  expect([context.ledger.delivered, context.ledger.imbalance]).toEqual([2, 0])
  receipt.settle()
  expect(settled).toBe(true)
  expect(context.logger.lines[0]).toMatchObject({ message: 'metrics are served', fields: { url } })
  expect(await (await fetch(url)).text()).toBe('# TYPE x gauge\nx 1\n# TYPE y gauge\ny 2\n')
})

test('the definition makes it, and says that clients come to it', () => {
  expect([prometheus.type, prometheus.pulling]).toEqual(['prometheus', true])
})

describe('answers', () => {
  test('have the type that was negotiated', async () => {
    const { exporter, url } = await start({ enable_open_metrics: true })
    exporter.consume([batchOf([[series('x'), 1]])])
    const text = await fetch(url)
    expect([text.headers.get('content-type'), text.headers.get('vary'), await text.text()]).toEqual([
      'text/plain; version=0.0.4; charset=utf-8',
      'accept, accept-encoding',
      '# TYPE x gauge\nx 1\n',
    ])
    const openMetrics = await fetch(url, { headers: { accept: openMetricsAccept } })
    expect([openMetrics.headers.get('content-type'), await openMetrics.text()]).toEqual([
      'application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8',
      '# TYPE x gauge\nx 1\n# EOF\n',
    ])
  })

  test('are text where OpenMetrics is not enabled', async () => {
    const { url } = await start()
    const response = await fetch(url, { headers: { accept: openMetricsAccept } })
    expect(response.headers.get('content-type')).toBe(
      'text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8',
    )
  })

  test('HEAD gets the headers alone', async () => {
    const { exporter, url } = await start()
    exporter.consume([large])
    const response = await fetch(url, { method: 'HEAD', headers: { 'accept-encoding': 'gzip' } })
    expect([response.status, response.headers.get('content-encoding'), await response.text()]).toEqual([
      200,
      'gzip',
      '',
    ])
  })

  test('other paths, methods and encodings are told what there is', async () => {
    const { url } = await start({ path: '/custom' })
    const other = await fetch(url.replace('/custom', '/metrics'))
    expect([other.status, await other.text()]).toEqual([404, 'metrics are at /custom\n'])
    const post = await fetch(url, { method: 'POST' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    const encoding = await fetch(url, { headers: { 'accept-encoding': 'br, identity;q=0' } })
    expect(encoding.status).toBe(406)
    expect((await fetch(`${url}?x=1`)).status).toBe(200)
  })

  test.each(['gzip', 'zstd', 'identity'])('curl reads %s', async (encoding) => {
    const { exporter, url } = await start()
    exporter.consume([large])
    const expected = await (await fetch(url, { headers: { 'accept-encoding': 'identity' } })).text()
    // Not every curl knows zstd; then the raw bytes are decompressed here.
    const { stdout } = await run(
      'curl',
      ['-sS', '-H', `Accept-Encoding: ${encoding}`, ...(encoding === 'gzip' ? ['--compressed'] : []), url],
      {
        encoding: 'buffer',
        maxBuffer: 64 * 1024 * 1024,
      },
    )
    const body = encoding === 'zstd' ? zstdDecompressSync(stdout) : stdout
    expect(body.toString() === expected).toBe(true)
    expect(readExposition(expected).samples).toHaveLength(largeCount)
  })

  test('many at once are the same, and each is whole', async () => {
    const { exporter, url } = await start({ enable_open_metrics: true })
    exporter.consume([large])
    const bodies = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const headers = {
          'accept-encoding': ['identity', 'gzip', 'zstd'][index % 3] ?? '',
          accept: index % 2 === 0 ? '' : openMetricsAccept,
        }
        return await (await fetch(url, { headers })).text()
      }),
    )
    const [first = '', second = ''] = bodies
    expect(bodies.every((body, index) => body === (index % 2 === 0 ? first : second))).toBe(true)
    expect(second).toBe(`${first}# EOF\n`)
  })
})

describe('clients that do not read', () => {
  test('hold up nobody, and take no part of what others get', async () => {
    const { exporter, url } = await start()
    exporter.consume([large])
    const slow = await Promise.all([connected(url), connected(url)])
    const other = await (await fetch(url)).text()
    exporter.consume([batchOf([[series('new'), 1]])])
    expect(readExposition(other).samples).toHaveLength(largeCount)
    slow[0]?.destroy()
    let rest = ''
    for await (const chunk of slow[1] ?? []) rest += String(chunk)
    expect(rest === other).toBe(true)
  })

  test('are cut off after write_timeout', async () => {
    const { exporter, url } = await start({ write_timeout: 200, max_concurrent_scrapes: 1 })
    exporter.consume([large])
    const slow = await connected(url)
    await expect.poll(async () => (await fetch(url, { method: 'HEAD' })).status).toBe(200)
    await expect(slow.toArray()).rejects.toThrow('aborted')
  })

  test('count among the scrapes that there may be at a time', async () => {
    const { exporter, url } = await start({ max_concurrent_scrapes: 2 })
    exporter.consume([large])
    const slow = await Promise.all([connected(url), connected(url)])
    const refused = await fetch(url)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await refused.text()).toContain('try again later')
    for (const each of slow) each.destroy()
    await expect.poll(async () => (await fetch(url)).status).toBe(200)
  })
})

describe('a server', () => {
  test('asks for credentials where it is told to', async () => {
    const users = { username: 'scraper', password: new Secret('right'), users: [] }
    const { url, context } = await start({ basic_auth: users })
    expect(await curl('-o', '/dev/null', '-w', '%{http_code}', url)).toBe('401')
    expect(await curl('-o', '/dev/null', '-w', '%{http_code}', '-u', 'scraper:wrong', url)).toBe('401')
    expect(await curl('-o', '/dev/null', '-w', '%{http_code}', '-u', 'scraper:right', url)).toBe('200')
    expect(JSON.stringify(context.logger.lines)).not.toMatch(/right|wrong/)
  })

  test('speaks TLS', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'weir-exposition-'))
    try {
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
      const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
      const form = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
      ]
      await run('openssl', [...form, ...names, '-keyout', key, '-out', cert])
      const tls = {
        cert_file: cert,
        key_file: key,
        min_version: '1.2',
        max_version: '1.3',
        reload_interval: 0,
      } as const
      const { exporter, url } = await start({ tls })
      exporter.consume([large])
      expect(url).toMatch(/^https:/)
      expect(readExposition(await curl('--cacert', cert, url)).samples).toHaveLength(largeCount)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('stops, also while a client does not read', async () => {
    const { exporter, context, url } = await startExporter()
    exporter.consume([large])
    const sent = request(url).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.on('error', () => undefined)
    await exporter.stop()
    await expect(fetch(url)).rejects.toThrow('fetch failed')
    expect(context.clock.waiting).toBe(0)
  })
})
