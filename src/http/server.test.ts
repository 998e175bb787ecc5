import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { request as secureRequest, type RequestOptions } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '#src/config/secret.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { sendText } from './content-encoding.ts'
import { formatEndpoint } from './endpoint.ts'
import type { ServerTlsConfig } from './server-config.ts'
import { startServer, type RunningServer, type ServerSettings } from './server.ts'

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (server) => await server.close()))
})

async function start(settings: Partial<ServerSettings> = {}): Promise<RunningServer> {
  const server = await startServer({
    endpoint: '127.0.0.1:0',
    name: 'test',
    logger: new CapturedLog(),
    handler: (_, response) => sendText(response, 200, 'hello\n'),
    ...settings,
  })
  running.push(server)
  return server
}

const url = (server: RunningServer, path = '/'): string => `http://${formatEndpoint(server.address)}${path}`

test.each([
  ['127.0.0.1:0', '127.0.0.1'],
  ['[::1]:0', '[::1]'],
  ['0.0.0.0:0', 'localhost'],
  [':0', 'localhost'],
])('who listens on %s is reached at %s', async (endpoint, host) => {
  const server = await start({ endpoint })
  expect(server.url).toBe(`http://${host}:${server.address.port}`)
  expect((await fetch(server.url)).status).toBe(200)
})

describe('answers', () => {
  test('a request is handled, with the headers that every answer bears', async () => {
    const server = await start({ headers: { 'x-frame-options': 'DENY' } })
    const response = await fetch(url(server))
    expect([response.status, await response.text()]).toEqual([200, 'hello\n'])
    expect(response.headers.get('x-frame-options')).toBe('DENY')
  })

  test('what a handler throws is logged, and answered without detail', async () => {
    const logger = new CapturedLog()
    const server = await start({
      logger,
      handler: async () => await Promise.reject(new Error('secret detail')),
    })
    const response = await fetch(url(server, '/path'))
    expect([response.status, await response.text()]).toEqual([500, 'internal error\n'])
    expect(logger.lines).toMatchObject([
      { level: 'error', message: 'a request failed', fields: { path: '/path' } },
    ])
  })

  test.each([5000, 0])(
    'whole requests may have less time than their headers, or any: %s ms',
    async (requestTimeoutMs) => {
      const server = await start({ limits: { headersTimeoutMs: 10_000, requestTimeoutMs } })
      expect((await fetch(url(server))).status).toBe(200)
    },
  )

  test('headers that take too long are not waited for', async () => {
    const server = await start({ limits: { headersTimeoutMs: 41 } })
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    socket.write('GET / HTTP/1.1\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 408 /)
    socket.destroy()
  })

  test('headers may take any time', async () => {
    const server = await start({ limits: { headersTimeoutMs: 0 } })
    expect((await fetch(url(server))).status).toBe(200)
  })

  test('an answer that takes too long is cut off', async () => {
    const server = await start({ limits: { responseTimeoutMs: 50 }, handler: () => undefined })
    await expect(fetch(url(server))).rejects.toThrow('fetch failed')
  })

  test('a stop lets a running answer end, and then cuts off', async () => {
    let finish: (() => void) | undefined
    const server = await start({
      handler: (request, response) => {
        finish = () => sendText(response, 200, 'done')
        if (request.url === '/never') finish = undefined
      },
    })
    const kept = fetch(url(server))
    await expect.poll(() => finish).toBeDefined()
    const closed = server.close(5000)
    finish?.()
    expect(await (await kept).text()).toBe('done')
    await closed

    const other = await start({ handler: () => undefined })
    const cut = fetch(url(other, '/never')).catch(() => 'cut')
    await new Promise((resolve) => setImmediate(resolve))
    await other.close(20)
    expect(await cut).toBe('cut')
  })
})

describe('authentication', () => {
  const auth = { basic_auth: { username: 'ann', password: new Secret('pw'), users: [] } }
  const authorization = `Basic ${Buffer.from('ann:pw').toString('base64')}`

  test('without credentials the answer is 401 without detail, save on open paths', async () => {
    const server = await start({ auth, openPaths: ['/livez'] })
    const refused = await fetch(url(server, '/metrics'))
    expect([refused.status, await refused.text()]).toEqual([401, 'unauthorized\n'])
    expect(refused.headers.get('www-authenticate')).toBe('Basic realm="weir"')
    expect((await fetch(url(server, '/livez?verbose'))).status).toBe(200)
    expect((await fetch(url(server, '/metrics'), { headers: { authorization } })).status).toBe(200)
  })

  test('guessing is slowed down: after ten failures even a right guess has to wait', async () => {
    const server = await start({ auth })
    for (let attempt = 0; attempt < 10; attempt++) expect((await fetch(url(server))).status).toBe(401)
    const limited = await fetch(url(server), { headers: { authorization } })
    expect(limited.status).toBe(429)
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})

describe('connections', () => {
  test('past the limit the one that idles longest goes, and an honest client is served', async () => {
    const server = await start({ limits: { maxConnections: 3 } })
    const { host, port } = server.address
    const idle = []
    for (let index = 0; index < 3; index++) {
      const socket = connect(port, host)
      await once(socket, 'connect')
      idle.push(socket)
    }
    const evicted = once(idle[0] ?? connect(port, host), 'close')
    expect((await fetch(url(server))).status).toBe(200)
    await evicted
    expect(idle.map(({ destroyed }) => destroyed)).toEqual([true, false, false])
    for (const socket of idle) socket.destroy()
  })

  test('where all are busy a new one is refused', async () => {
    const server = await start({ limits: { maxConnections: 1 }, handler: () => undefined })
    const busy = fetch(url(server)).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await expect(fetch(url(server))).rejects.toThrow('fetch failed')
    await server.close(0)
    await busy
  })
})

async function selfSigned(folder: string, name: string): Promise<void> {
  const file = join(folder, name)
  const key = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1'.split(' ')
  await promisify(execFile)('openssl', [
    ...key,
    '-subj',
    `/CN=${name}`,
    '-keyout',
    `${file}.key`,
    '-out',
    `${file}.crt`,
  ])
}

/** Whom the server's certificate names, to a new connection. */
async function subject({ address }: RunningServer, more: RequestOptions = {}): Promise<unknown> {
  const sent = secureRequest({ ...address, rejectUnauthorized: false, agent: false, ...more }).end()
  const [response] = (await once(sent, 'response')) as [{ socket: TLSSocket; resume(): void }]
  response.resume()
  return response.socket.getPeerCertificate().subject.CN
}

describe('TLS', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weir-tls-'))
    return async () => await rm(folder, { recursive: true })
  })

  const certificate = async (name: string) => await selfSigned(folder, name)
  const options = (more: Partial<ServerTlsConfig> = {}): ServerTlsConfig => ({
    cert_file: join(folder, 'one.crt'),
    key_file: join(folder, 'one.key'),
    min_version: '1.2',
    max_version: '1.3',
    reload_interval: 20,
    ...more,
  })
  test('files that change serve the next connection, broken ones leave the old in use', async () => {
    await certificate('one')
    await certificate('two')
    const logger = new CapturedLog()
    const server = await start({ tls: options(), logger })
    expect(await subject(server)).toBe('one')
    await writeFile(join(folder, 'one.crt'), 'broken')
    await expect.poll(() => logger.lines.map(({ level }) => level)).toContain('error')
    expect(await subject(server)).toBe('one')
    await rename(join(folder, 'two.key'), join(folder, 'one.key'))
    await rename(join(folder, 'two.crt'), join(folder, 'one.crt'))
    await expect.poll(async () => await subject(server)).toBe('two')
  })

  test('a client without a certificate is refused where an authority is named, and so is TLS 1.1', async () => {
    await certificate('one')
    const mutual = await start({ tls: options({ client_ca_file: join(folder, 'one.crt') }) })
    await expect(subject(mutual)).rejects.toThrow(/certificate required|socket hang up|ECONNRESET/)
    const [cert, key] = await Promise.all(
      ['one.crt', 'one.key'].map(async (file) => await readFile(join(folder, file))),
    )
    expect(await subject(mutual, { cert, key })).toBe('one')
    const server = await start({ tls: options() })
    await expect(subject(server, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' })).rejects.toThrow(
      /protocol/,
    )
  })

  test('a file that is missing or does not fit is named', async () => {
    await certificate('one')
    await certificate('three')
    await expect(start({ tls: options({ key_file: '/missing.key' }) })).rejects.toThrow(
      'cannot read tls.key_file: ENOENT',
    )
    await expect(start({ tls: options({ key_file: join(folder, 'three.key') }) })).rejects.toThrow(
      'the TLS certificate and key do not load',
    )
  })
})
