import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { ConfigError } from '#src/config/config-error.ts'
import { Options, type TSchema, type Static } from '#src/config/schema.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { CertificateMaker, type Certificate } from '#src/testing/certificates.ts'
import { optionsOf } from '#src/testing/options.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { TextSink } from '#src/testing/text-sink.ts'
import type { ClientSurroundings } from './client-surroundings.ts'
import { clientProperties, compileCollectorClient } from './collector-client-config.ts'
import type { HttpClient } from './http-client.ts'
import { compilePrometheusClient, httpClientProperties } from './prometheus-client-config.ts'

let folder: string
let authority: Certificate
let server: Certificate
let user: Certificate
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-client-config-'))
  const maker = new CertificateMaker(folder)
  authority = await maker.make('authority')
  server = await maker.make('server', { authority, alternativeNames: 'DNS:target.example' })
  user = await maker.make('user', { authority })
  return async () => await rm(folder, { recursive: true })
})

let client: HttpClient | undefined
afterEach(() => client?.close())

const Prometheus = Options(httpClientProperties)
const Collector = Options(clientProperties)
const path = (name: string): string => join(folder, name)

function surroundings(more: Partial<ClientSurroundings> = {}): ClientSurroundings {
  return { clock: systemClock, logger: new CapturedLog(), environment: {}, ...more }
}

function compiler<Schema extends TSchema>(
  schema: Schema,
  compile: (config: Static<Schema>, surroundings: ClientSurroundings) => HttpClient,
): (written: object, more?: Partial<ClientSurroundings>) => HttpClient {
  return (written, more) => (client = compile(optionsOf(schema, written), surroundings(more)))
}

const prometheus = compiler(Prometheus, compilePrometheusClient)
const collector = compiler(Collector, compileCollectorClient)

/** The request that a client makes, as a server sees it. */
async function headersOf(asking: HttpClient): Promise<ReadonlyMap<string, string>> {
  await using server = await ScriptedServer.start(() => answerOf(''))
  await asking.get({ url: server.url(), timeoutMs: 10_000 }, new TextSink())
  return server.requests[0]?.headers ?? new Map()
}

/** All mistakes that a compilation finds, each with its place. */
function mistakes(compile: () => unknown): string[] {
  try {
    compile()
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map((each) => `${each.path.join('.')}: ${each.message}`)
  }
}

/** What a client gets from a server that asks for a certificate, and is somebody else by name. */
async function mutual(asking: HttpClient): Promise<number> {
  const tls = { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true }
  await using secure = await ScriptedServer.start(() => answerOf(''), tls)
  return (await asking.get({ url: secure.url(), timeoutMs: 10_000 }, new TextSink())).status
}

describe.each([
  ['Prometheus', prometheus],
  ['the Collector', collector],
])('in the words of %s', (_, compile) => {
  test('a user and his password', async () => {
    await writeFile(path('password'), 'pass word\n')
    const basic = `Basic ${Buffer.from('me:pass word').toString('base64')}`
    const inline = await headersOf(compile({ basic_auth: { username: 'me', password: 'pass word' } }))
    expect(inline.get('authorization')).toBe(basic)
    const file = await headersOf(compile({ basic_auth: { username: 'me', password_file: path('password') } }))
    expect(file.get('authorization')).toBe(basic)
  })

  test('a token, of whatever scheme', async () => {
    await writeFile(path('token'), 'abc\n')
    const inline = await headersOf(compile({ authorization: { credentials: 'abc' } }))
    expect(inline.get('authorization')).toBe('Bearer abc')
    const file = await headersOf(
      compile({ authorization: { type: 'Token', credentials_file: path('token') } }),
    )
    expect(file.get('authorization')).toBe('Token abc')
  })

  test('OAuth2', async () => {
    await using issuer = await ScriptedServer.start(() => answerOf('{"access_token":"abc","expires_in":60}'))
    const oauth2 = {
      client_id: 'me',
      client_secret: 'secret',
      token_url: issuer.url('/token').href,
      scopes: ['read'],
      endpoint_params: { audience: 'all' },
    }
    expect((await headersOf(compile({ oauth2 }))).get('authorization')).toBe('Bearer abc')
    expect(issuer.requests[0]?.body).toBe('grant_type=client_credentials&scope=read&audience=all')
  })

  test('a proxy', async () => {
    await using proxy = await ScriptedServer.start(() => answerOf('by proxy'))
    const asking = compile({ proxy_url: `http://me:secret@127.0.0.1:${proxy.port}` })
    const sink = new TextSink()
    await asking.get({ url: new URL('http://target.example/'), timeoutMs: 10_000 }, sink)
    expect(sink.text).toBe('by proxy')
    expect(proxy.requests[0]?.headers.get('proxy-authorization')).toBe('Basic bWU6c2VjcmV0')
  })

  test('what credentials cannot be', () => {
    const [both] = mistakes(() =>
      compile({ basic_auth: { username: 'a' }, authorization: { credentials: 'b' } }),
    )
    expect(both).toMatch(
      /^authorization: of basic_auth, authorization, oauth2.* only one can hold: basic_auth is there too$/,
    )
    const cases: readonly (readonly [object, string])[] = [
      [
        { basic_auth: { username: 'a', username_file: 'b', password: 'a', password_file: 'b' } },
        'basic_auth.username_file: of username, username_file only one can hold: username is there too',
      ],
      [
        { authorization: { type: 'Basic', credentials: 'a' } },
        'authorization.type: is what basic_auth is for',
      ],
      [
        { authorization: { type: 'a b', credentials: 'a' } },
        'authorization.type: expected a word, such as Bearer',
      ],
      [{ authorization: {} }, 'authorization: has neither credentials nor credentials_file'],
      [
        { oauth2: { client_id: 'a', token_url: 'nowhere' } },
        'oauth2.token_url: expected a URL, as in https://login.example/token',
      ],
      [
        { proxy_url: 'socks5://a:1' },
        'proxy_url: is no URL of a proxy: expected http://host:port or https://host:port',
      ],
    ]
    for (const [written, mistake] of cases) expect(mistakes(() => compile(written))[0]).toBe(mistake)
  })
})

describe('only Prometheus has', () => {
  test('the older form of a token', async () => {
    await writeFile(path('bearer'), 'abc\n')
    expect((await headersOf(prometheus({ bearer_token: 'abc' }))).get('authorization')).toBe('Bearer abc')
    expect((await headersOf(prometheus({ bearer_token_file: path('bearer') }))).get('authorization')).toBe(
      'Bearer abc',
    )
    expect(mistakes(() => prometheus({ bearer_token: 'a', bearer_token_file: 'b' }))[0]).toMatch(
      /^bearer_token_file: .* only one can hold: bearer_token is there too$/,
    )
  })

  test('headers of several values, open, secret and in files', async () => {
    await writeFile(path('header'), 'three\n')
    await using server = await ScriptedServer.start(() => answerOf(''))
    const asking = prometheus({
      http_headers: {
        'X-A': { values: ['one'], secrets: ['two'], files: [path('header')] },
        'X-B': { values: ['b'] },
      },
    })
    await asking.get({ url: server.url(), timeoutMs: 10_000 }, new TextSink())
    expect(server.requests[0]?.head).toContain('X-A: one\r\nX-A: two\r\nX-A: three\r\nX-B: b\r\n')
    expect(mistakes(() => prometheus({ http_headers: { 'User-Agent': { values: ['a'] } } }))[0]).toBe(
      'http_headers.User-Agent: is not to be set here',
    )
    expect(
      mistakes(() => prometheus({ http_headers: { 'X-A': { secrets: ['s3cret\r\nX-B: 1'] } } }))[0],
    ).toBe('http_headers.X-A: the value of the header X-A has a line end or another control character')
    expect(mistakes(() => prometheus({ http_headers: { 'Transfer-Encoding': { values: ['a'] } } }))[0]).toBe(
      "http_headers.Transfer-Encoding: the header Transfer-Encoding is the client's own",
    )
    expect(mistakes(() => prometheus({ http_headers: { 'X A': {} } }))[0]).toMatch(
      /^http_headers.X A: the name/,
    )
  })

  test('redirects that are followed, or not, or further', async () => {
    await using other = await ScriptedServer.start(() => answerOf(''))
    await using server = await ScriptedServer.start(() =>
      answerOf('', { status: 302, headers: { Location: other.url('/', 'two.example').href } }),
    )
    const get = async (written: object): Promise<unknown> => {
      const asking = prometheus(written, { lookup: async () => ['127.0.0.1'] })
      return await asking
        .get({ url: server.url('/', 'one.example'), timeoutMs: 10_000 }, new TextSink())
        .then(
          ({ status }) => status,
          ({ code }: { code: string }) => code,
        )
    }
    expect(await get({})).toBe('redirect_refused')
    expect(await get({ follow_redirects: false })).toBe(302)
    expect(await get({ follow_redirects_to_other_hosts: true })).toBe(200)
  })

  test('TLS in its words', async () => {
    const files = { ca_file: path('authority.crt'), cert_file: path('user.crt'), key_file: path('user.key') }
    const common = { server_name: 'target.example', min_version: 'TLS12', max_version: 'TLS13' }
    expect(await mutual(prometheus({ tls_config: { ...files, ...common } }))).toBe(200)
    const inline = { ca: authority.cert, cert: user.cert, key: user.key }
    expect(await mutual(prometheus({ tls_config: { ...inline, ...common } }))).toBe(200)
    const skipping = { cert: user.cert, key: user.key, insecure_skip_verify: true }
    expect(await mutual(prometheus({ tls_config: skipping }))).toBe(200)
    await expect(mutual(prometheus({ tls_config: inline }))).rejects.toMatchObject({
      code: 'tls_certificate_wrong_name',
    })
  })

  test.each([
    [{ ca: 'a', ca_file: 'b' }, 'tls_config.ca_file: of ca, ca_file only one can hold: ca is there too'],
    [{ cert: 'a' }, 'tls_config: the certificate needs a key: key or key_file'],
    [{ key_file: 'a' }, 'tls_config: the key needs a certificate: cert or cert_file'],
    [
      { min_version: 'TLS13', max_version: 'TLS12' },
      'tls_config.min_version: is newer than max_version TLS12',
    ],
  ])('TLS that makes no sense: %j', (tls, mistake) => {
    expect(mistakes(() => prometheus({ tls_config: tls }))).toEqual([mistake])
  })

  test('proxies of the environment, and exemptions', async () => {
    await using proxy = await ScriptedServer.start(() => answerOf('by proxy'))
    const environment = { HTTP_PROXY: `127.0.0.1:${proxy.port}` }
    const asking = prometheus({ proxy_from_environment: true }, { environment })
    const sink = new TextSink()
    await asking.get({ url: new URL('http://target.example/'), timeoutMs: 10_000 }, sink)
    expect(sink.text).toBe('by proxy')
    expect(mistakes(() => prometheus({ no_proxy: 'a' }))).toEqual([
      'no_proxy: exempts from proxy_url, which is not there',
    ])
    expect(mistakes(() => prometheus({ proxy_url: 'http://a', proxy_from_environment: true }))).toEqual([
      'proxy_from_environment: of proxy_url, proxy_from_environment only one can hold: proxy_url is there too',
    ])
    expect(mistakes(() => prometheus({ proxy_connect_header: { 'X-A': ['a\nb'] } }))[0]).toMatch(
      /^proxy_connect_header.X-A: the value of the header X-A has a line end/,
    )
  })

  test('all mistakes are found at once', () => {
    const written = {
      basic_auth: { username: 'a', username_file: 'b' },
      tls_config: { ca: 'a', ca_file: 'b', cert: 'c', cert_file: 'd' },
      proxy_url: 'ftp://x',
      http_headers: { Host: { values: ['a'] } },
    }
    expect(mistakes(() => prometheus(written))).toHaveLength(5)
  })
})

describe('only the Collector has', () => {
  test('headers as a mapping or a list', async () => {
    expect((await headersOf(collector({ headers: { 'X-A': 'a' } }))).get('x-a')).toBe('a')
    expect(
      (await headersOf(collector({ headers: [{ name: 'User-Agent', value: 'me' }] }))).get('user-agent'),
    ).toBe('me')
    expect(mistakes(() => collector({ headers: { 'X-A': 's3cret\n' } }))).toEqual([
      'headers.X-A: the value of the header X-A has a line end or another control character',
    ])
  })

  test('proxies of the environment unless one is configured', async () => {
    await using proxy = await ScriptedServer.start(() => answerOf('by proxy'))
    const environment = { HTTP_PROXY: `127.0.0.1:${proxy.port}` }
    const sink = new TextSink()
    await collector({}, { environment }).get(
      { url: new URL('http://target.example/'), timeoutMs: 10_000 },
      sink,
    )
    expect(sink.text).toBe('by proxy')
  })

  test('TLS in its words', async () => {
    const files = { ca_file: path('authority.crt'), cert_file: path('user.crt'), key_file: path('user.key') }
    const common = {
      server_name_override: 'target.example',
      min_version: '1.2',
      max_version: '1.2',
      include_system_ca_certs_pool: true,
      cipher_suites: [
        'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
        'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
      ],
      curve_preferences: ['P256', 'X25519'],
    }
    expect(await mutual(collector({ tls: { ...files, ...common } }))).toBe(200)
    const inline = { ca_pem: authority.cert, cert_pem: user.cert, key_pem: user.key }
    expect(await mutual(collector({ tls: { ...inline, server_name_override: 'target.example' } }))).toBe(200)
    const skipping = { cert_pem: user.cert, key_pem: user.key, insecure_skip_verify: true }
    expect(await mutual(collector({ tls: skipping }))).toBe(200)
  })

  test.each([
    [{ ca_pem: 'a', ca_file: 'b' }, 'tls.ca_pem: of ca_file, ca_pem only one can hold: ca_file is there too'],
    [{ cert_pem: 'a' }, 'tls: the certificate needs a key: key_file or key_pem'],
    [{ min_version: '1.3', max_version: '1.2' }, 'tls.min_version: is newer than max_version 1.2'],
    [
      { cipher_suites: ['TLS_RSA_WITH_AES_128_CBC_SHA', 'ROT13'] },
      'tls.cipher_suites.1: is no cipher that is known',
    ],
  ])('TLS that makes no sense: %j', (tls, mistake) => {
    expect(mistakes(() => collector({ tls }))).toEqual([mistake])
  })

  test('connections that are not kept', async () => {
    expect((await headersOf(collector({ disable_keep_alives: true }))).get('connection')).toBe('close')
  })

  test('redirects that are not followed', async () => {
    await using server = await ScriptedServer.start(() =>
      answerOf('', { status: 302, headers: { Location: '/a' } }),
    )
    const asking = collector({ follow_redirects: false })
    const answer = await asking.get({ url: server.url(), timeoutMs: 10_000 }, new TextSink())
    expect(answer.status).toBe(302)
  })
})
