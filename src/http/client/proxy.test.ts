import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { CertificateMaker, type Certificate } from '#src/testing/certificates.ts'
import { answerOf, ScriptedServer, type Script } from '#src/testing/scripted-server.ts'
import { TextSink } from '#src/testing/text-sink.ts'
import { ClientError } from './client-error.ts'
import { schemeCredentials } from './credentials.ts'
import { fixedText } from './file-text.ts'
import { HttpClient, type HttpClientSettings } from './http-client.ts'
import { compileProxyRule, type Environment, type ProxySettings } from './proxy.ts'
import { TlsSource } from './tls-source.ts'

let certificate: Certificate
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-proxy-'))
  certificate = await new CertificateMaker(folder).make('server')
  return async () => await rm(folder, { recursive: true })
})

let client: HttpClient | undefined
afterEach(() => client?.close())

const timeoutMs = 10_000
const credentials = schemeCredentials('Bearer', fixedText('t0ken'))

function through(proxy: URL, user = '', more: HttpClientSettings = {}): HttpClient {
  const url = new URL(proxy)
  const [name = '', password = ''] = user.split(':')
  Object.assign(url, { username: name, password })
  const connectHeaders = { 'X-Via': ['me'] }
  client = new HttpClient({
    proxy: compileProxyRule({ url: url.href, connectHeaders }, {}),
    tls: new TlsSource({ ca: fixedText(certificate.cert) }),
    credentials,
    ...more,
  })
  return client
}

async function get(client: HttpClient, url: URL): Promise<unknown> {
  const sink = new TextSink()
  try {
    const { status } = await client.get({ url, timeoutMs }, sink)
    return `${status} ${sink.text}`
  } catch (error) {
    return error instanceof ClientError ? `${error.code}: ${error.message}` : error
  }
}

/** A proxy that opens the ways that it is asked for. */
const tunneling =
  (answer = 'HTTP/1.0 200 Connection established\r\n\r\n'): Script =>
  ({ target }, socket) => {
    const [host = '', port] = target.split(':')
    socket.removeAllListeners('data')
    const way = connect(Number(port), host, () => {
      socket.write(answer)
      socket.pipe(way).pipe(socket)
    })
    way.on('error', () => socket.destroy())
    socket.on('close', () => way.destroy())
    return undefined
  }

describe('a proxy', () => {
  test('is asked for plain URLs as a whole, whatever their host, over one connection', async () => {
    await using proxy = await ScriptedServer.start(({ target }) => answerOf(target))
    const asking = through(proxy.url(), 'us%C3%A9r:p%40ss')
    expect(await get(asking, new URL('http://one.example:9100/metrics?a=b'))).toBe(
      '200 http://one.example:9100/metrics?a=b',
    )
    expect(await get(asking, new URL('http://two.example/'))).toBe('200 http://two.example/')
    expect(proxy.connections).toBe(1)
    const [first] = proxy.requests
    expect(first?.headers.get('host')).toBe('one.example:9100')
    expect(first?.headers.get('authorization')).toBe('Bearer t0ken')
    expect(first?.headers.get('proxy-authorization')).toBe(
      `Basic ${Buffer.from('usér:p@ss').toString('base64')}`,
    )
    expect(first?.headers.has('x-via')).toBe(false)
  })

  test('opens a way for TLS, of which it sees nothing; the way is kept', async () => {
    await using server = await ScriptedServer.start(
      ({ target }) => answerOf(target.repeat(100_000)),
      certificate,
    )
    await using proxy = await ScriptedServer.start(tunneling())
    const asking = through(proxy.url(), 'user:pass')
    const text = await get(asking, server.url('/a'))
    expect(text === `200 ${'/a'.repeat(100_000)}`).toBe(true)
    expect(await get(asking, server.url('/b'))).toMatch(/^200 \/b\/b/)
    expect([server.connections, proxy.connections, proxy.requests.length]).toEqual([1, 1, 1])
    const [asked] = proxy.requests
    expect(asked?.head).toMatch(
      /^CONNECT 127\.0\.0\.1:\d+ HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\nX-Via: me\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n$/,
    )
    expect(server.requests[0]?.head).toMatch(/^GET \/a HTTP/)
    expect(server.requests[0]?.head).not.toMatch(/proxy|x-via/i)
    asking.close()
    while (server.sockets.size + proxy.sockets.size > 0) await turn()
  })

  test('may itself speak TLS', async () => {
    await using server = await ScriptedServer.start(() => answerOf('inner'), certificate)
    await using proxy = await ScriptedServer.start(tunneling(), certificate)
    expect(await get(through(proxy.url()), server.url())).toBe('200 inner')
    proxy.script = () => answerOf('outer')
    expect(await get(through(proxy.url()), new URL('http://one.example/'))).toBe('200 outer')
  })

  test('that refuses a way is the reason of the failure', async () => {
    await using proxy = await ScriptedServer.start(() => answerOf('who are you?', { status: 407 }))
    expect(await get(through(proxy.url()), new URL('https://one.example/'))).toBe(
      `proxy_refused: the proxy 127.0.0.1:${proxy.port} refused a way to one.example:443: status 407`,
    )
    while (proxy.sockets.size > 0) await turn()
  })

  test('that is gone, or closes the way, is told', async () => {
    const gone = await ScriptedServer.start(() => undefined)
    const url = gone.url()
    await gone[Symbol.asyncDispose]()
    expect(await get(through(url), new URL('https://one.example/'))).toMatch(
      /^connection_refused: 127\.0\.0\.1/,
    )
    await using proxy = await ScriptedServer.start((_, socket) => {
      socket.end('HTTP/1.1 200 OK\r\n\r\n')
      return undefined
    })
    expect(await get(through(proxy.url()), new URL('https://one.example/'))).toMatch(
      /^connection_(?:closed|reset): one\.example:443 /,
    )
  })

  test('is no way round what may not be connected to', async () => {
    await using proxy = await ScriptedServer.start(() => answerOf('secret'))
    const asking = through(proxy.url(), '', { mayConnect: (address) => address !== '169.254.169.254' })
    expect(await get(asking, new URL('http://169.254.169.254/latest'))).toBe(
      'address_denied: connections to 169.254.169.254 are not allowed',
    )
    expect(proxy.requests).toEqual([])
  })
})

/** The origin of the proxy that a URL is asked through. */
function rule(settings: ProxySettings, environment: Environment = {}): (url: string) => string | undefined {
  return (url) => compileProxyRule(settings, environment)?.(new URL(url))?.url.origin
}

describe('which proxy is used', () => {
  test('none where there is none', () => {
    expect(rule({})('http://one.example/')).toBeUndefined()
    expect(rule({ fromEnvironment: true })('http://one.example/')).toBeUndefined()
  })

  test('the configured one, but for exemptions; this machine is exempt where others are', () => {
    expect(rule({ url: 'http://proxy:1' })('http://localhost/')).toBe('http://proxy:1')
    const exempting = rule({ url: 'http://proxy:1', noProxy: 'two.example' })
    expect(exempting('https://one.example/')).toBe('http://proxy:1')
    expect(exempting('https://two.example/')).toBeUndefined()
    expect(exempting('http://localhost/')).toBeUndefined()
    expect(exempting('http://[::1]:9100/')).toBeUndefined()
  })

  test('that of the environment, by scheme, in either spelling', () => {
    const environment = { HTTP_PROXY: 'plain:3128', https_proxy: 'http://secure:3128', NO_PROXY: '.internal' }
    const asked = rule({ fromEnvironment: true }, environment)
    expect(asked('http://one.example/')).toBe('http://plain:3128')
    expect(asked('https://one.example/')).toBe('http://secure:3128')
    expect(asked('https://one.internal/')).toBeUndefined()
  })

  test.each(['socks5://proxy:1080', 'http://', 'ftp://proxy'])('%s is none', (url) => {
    expect(() => compileProxyRule({ url }, {})).toThrow('is no URL of a proxy')
  })
})
