import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { TlsOptions } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { CertificateMaker, type Certificate } from '#src/testing/certificates.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { TextSink } from '#src/testing/text-sink.ts'
import { ClientError } from './client-error.ts'
import { FileText, fixedText } from './file-text.ts'
import { HttpClient } from './http-client.ts'
import { TlsSource, type TlsSettings } from './tls-source.ts'

let folder: string
let authority: Certificate
let good: Certificate
let expired: Certificate
let future: Certificate
let elsewhere: Certificate
let stranger: Certificate
let user: Certificate

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-client-tls-'))
  const maker = new CertificateMaker(folder)
  authority = await maker.make('authority')
  good = await maker.make('good', { authority })
  expired = await maker.make('expired', { authority, to: '20210101000000Z' })
  future = await maker.make('future', { authority, from: '20440101000000Z' })
  elsewhere = await maker.make('elsewhere', { authority, alternativeNames: 'DNS:other.example,IP:192.0.2.7' })
  stranger = await maker.make('stranger')
  user = await maker.make('user', { authority })
  return async () => await rm(folder, { recursive: true })
})

let client: HttpClient | undefined
afterEach(() => client?.close())

async function serve(certificate: Certificate, more: TlsOptions = {}): Promise<ScriptedServer> {
  return await ScriptedServer.start(() => answerOf('metric 1\n'), { ...certificate, ...more })
}

/** Gets a URL by a client of its own: the status, or the error's code and message. */
async function get(url: URL, tls: TlsSettings): Promise<unknown> {
  client = new HttpClient({ tls: new TlsSource(tls) })
  return await outcome(client, url)
}

async function outcome(client: HttpClient, url: URL): Promise<unknown> {
  try {
    return (await client.get({ url, timeoutMs: 10_000 }, new TextSink())).status
  } catch (error) {
    return error instanceof ClientError ? `${error.code}: ${error.message}` : error
  }
}

const trusting = (): TlsSettings => ({ ca: fixedText(authority.cert) })

const mutual = (): TlsOptions => ({ ca: authority.cert, requestCert: true, rejectUnauthorized: true })
const own = (): TlsSettings => ({ ...trusting(), cert: fixedText(user.cert), key: fixedText(user.key) })

describe('the server', () => {
  test('is trusted by its authority, for its name and its address', async () => {
    await using server = await serve(good)
    expect(await get(server.url(), trusting())).toBe(200)
    expect(await get(server.url('/', 'localhost'), trusting())).toBe(200)
  })

  test('sends large bodies, compressed and plain, as without TLS', async () => {
    const body = 'metric{label="value"} 1\n'.repeat(100_000)
    await using server = await serve(good)
    server.script = ({ target }) =>
      target === '/gzip'
        ? answerOf(gzipSync(body), { headers: { 'Content-Encoding': 'gzip' } })
        : answerOf(body)
    client = new HttpClient({ tls: new TlsSource(trusting()) })
    for (const path of ['/plain', '/gzip', '/plain']) {
      const sink = new TextSink()
      await client.get({ url: server.url(path), timeoutMs: 10_000 }, sink)
      expect(sink.text === body).toBe(true)
    }
    expect(server.connections).toBe(1)
  })

  test('gets a body that is large', async () => {
    await using server = await serve(good)
    server.script = ({ body }) => answerOf(String(body.length))
    client = new HttpClient({ tls: new TlsSource(trusting()) })
    const body = [Buffer.alloc(3_000_000, 'a'), Buffer.alloc(10, 'b')]
    const sink = new TextSink()
    await client.post({ url: server.url(), timeoutMs: 10_000, body }, undefined, sink)
    expect(sink.text).toBe('3000010')
  })

  test('is refused with the reason, without a word of the request', async () => {
    const cases: readonly (readonly [Certificate, TlsSettings, RegExp])[] = [
      [expired, trusting(), /^tls_certificate_expired: the certificate of 127\.0\.0\.1:\d+ has expired$/],
      [future, trusting(), /^tls_certificate_not_yet_valid: .* is not valid yet/],
      [
        elsewhere,
        trusting(),
        /^tls_certificate_wrong_name: .* is not for 127\.0\.0\.1 but for DNS:other\.example, IP Address:192\.0\.2\.7/,
      ],
      [stranger, trusting(), /^tls_certificate_untrusted: .* is self-signed/],
      [good, {}, /^tls_certificate_untrusted: .* authority that is not/],
      [
        good,
        { ...trusting(), serverName: 'other.example' },
        /^tls_certificate_wrong_name: .* is not for other\.example but for DNS:localhost/,
      ],
    ]
    for (const [certificate, settings, message] of cases) {
      await using server = await serve(certificate)
      expect(await get(server.url(), settings)).toMatch(message)
      expect(server.requests).toEqual([])
    }
  })

  test('must prove the name that is configured instead of its host', async () => {
    await using server = await serve(elsewhere)
    expect(await get(server.url(), { ...trusting(), serverName: 'other.example' })).toBe(200)
    expect(await get(server.url(), { ...trusting(), serverName: '192.0.2.7' })).toBe(200)
  })

  test('may be anybody where nothing is verified', async () => {
    await using server = await serve(stranger)
    expect(await get(server.url(), { insecureSkipVerify: true })).toBe(200)
  })

  test('that speaks an older protocol only, or none, is told apart', async () => {
    await using old = await serve(good, { maxVersion: 'TLSv1.2' })
    expect(await get(old.url(), { ...trusting(), minVersion: 'TLSv1.3' })).toMatch(/^tls_version_mismatch: /)
    await using plain = await ScriptedServer.start(() => answerOf(''))
    const url = plain.url()
    url.protocol = 'https:'
    plain.onConnection = (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    expect(await get(url, trusting())).toMatch(/^tls_not_spoken: 127\.0\.0\.1:\d+ does not speak TLS/)
  })

  test('that is gone in the midst of the handshake has closed', async () => {
    await using plain = await ScriptedServer.start(() => undefined)
    plain.onConnection = (socket) => void socket.end()
    const url = plain.url()
    url.protocol = 'https:'
    expect(await get(url, trusting())).toMatch(/^connection_(?:closed|reset): 127\.0\.0\.1:\d+ /)
  })
})

describe('the client', () => {
  test('shows its certificate where it is asked for', async () => {
    await using server = await serve(good, mutual())
    expect(await get(server.url(), own())).toBe(200)
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'is told that its certificate was refused, in %s',
    async (version) => {
      await using server = await serve(good, { ...mutual(), minVersion: version, maxVersion: version })
      const outcome = await get(server.url(), trusting())
      // TLS 1.2 has no word for it.
      const words = {
        'TLSv1.2': /^tls_handshake_failed: .* client cert/,
        'TLSv1.3': /^tls_client_certificate_refused: /,
      }
      expect(outcome).toMatch(words[version])
      expect(server.requests).toEqual([])
    },
  )

  test('uses files that were replaced within 2 s, also where connections are kept; none fails', async () => {
    const clock = new FakeClock()
    const [certFile, keyFile] = [join(folder, 'rotating.crt'), join(folder, 'rotating.key')]
    const maker = new CertificateMaker(folder)
    const first = await maker.make('first-user', { authority })
    await writeFile(certFile, first.cert)
    await writeFile(keyFile, first.key)
    const logger = new CapturedLog()
    const seen: unknown[] = []
    await using server = await serve(good, mutual())
    server.script = (_, socket) => {
      seen.push(
        (socket as { getPeerCertificate?: () => { subject: { CN: string } } }).getPeerCertificate?.().subject
          .CN,
      )
      return answerOf('')
    }
    const tls = new TlsSource(
      {
        ...trusting(),
        cert: new FileText('tls_config.cert_file', certFile, clock),
        key: new FileText('tls_config.key_file', keyFile, clock),
      },
      logger,
    )
    client = new HttpClient({ tls, clock })
    expect(await outcome(client, server.url())).toBe(200)
    const second = await maker.make('second-user', { authority })
    await writeFile(certFile, second.cert)
    expect(await outcome(client, server.url())).toBe(200)
    await clock.advance(2000)
    // Half of the pair: the old one stays in use, and it is said.
    expect(await outcome(client, server.url())).toBe(200)
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'the TLS files of a client changed and do not load: the old ones stay in use',
    ])
    await writeFile(keyFile, second.key)
    await clock.advance(2000)
    expect(await outcome(client, server.url())).toBe(200)
    expect(seen).toEqual(['first-user', 'first-user', 'first-user', 'second-user'])
    expect(server.connections).toBe(2)
    while (server.sockets.size > 1) await turn()
  })

  test('cannot ask while its files cannot be read, and says which', async () => {
    const tls = { ...trusting(), cert: new FileText('tls_config.cert_file', '/missing.crt', new FakeClock()) }
    await using server = await serve(good)
    expect(await get(server.url(), tls)).toBe(
      'credentials_unavailable: cannot read tls_config.cert_file: there is no such file',
    )
    expect(await get(server.url(), { ca: fixedText('no PEM'), key: fixedText('no PEM') })).toMatch(
      /^credentials_unavailable: the TLS certificates and keys do not load: /,
    )
  })
})
