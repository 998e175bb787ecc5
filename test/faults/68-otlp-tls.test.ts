import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { CertificateMaker, type Certificate } from '#src/testing/certificates.ts'
import { OtlpReceiver, type ReceiverTls } from '#src/testing/otlp-receiver.ts'
import { exporterBy, exporterTo, sample, ways } from './otlp-ways.ts'

let folder: string
let authority: Certificate
let good: Certificate
let expired: Certificate
let future: Certificate
let elsewhere: Certificate
let stranger: Certificate
let user: Certificate

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-otlp-tls-'))
  const maker = new CertificateMaker(folder)
  authority = await maker.make('authority')
  good = await maker.make('good', { authority })
  expired = await maker.make('expired', { authority, to: '20210101000000Z' })
  future = await maker.make('future', { authority, from: '20440101000000Z' })
  elsewhere = await maker.make('elsewhere', { authority, alternativeNames: 'DNS:other.example' })
  stranger = await maker.make('stranger')
  user = await maker.make('user', { authority })
  return async () => await rm(folder, { recursive: true })
})

/** The files of the first certificate get in place of what is there at once, as a secret of Kubernetes does. */
async function install(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
  return path
}

describe.each(ways)('by %s', (way) => {
  test('a server that proves who it is gets data, also by another name, or unproved where that is asked for', async () => {
    const cases: readonly (readonly [server: Certificate, tls: object])[] = [
      [good, { ca_pem: authority.cert }],
      [elsewhere, { ca_pem: authority.cert, server_name_override: 'other.example' }],
      [stranger, { insecure_skip_verify: true }],
    ]
    for (const [server, tls] of cases) {
      await using receiver = await OtlpReceiver.start(way, undefined, { tls: server })
      await using sut = exporterTo(receiver, { tls })
      sut.take([sample(1)])
      await sut.settled()
      expect(sut.ledger).toMatchObject({ delivered: 1, imbalance: 0 })
    }
  })

  test('one that does not is told in words, and gets nothing', async () => {
    const cases: readonly (readonly [server: ReceiverTls, words: string])[] = [
      [expired, 'has expired'],
      [future, 'is not valid yet'],
      [elsewhere, 'is not for 127.0.0.1 but for DNS:other.example'],
      [stranger, 'is self-signed and not among the trusted ones'],
      [
        { ...good, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' },
        'speaks no version of TLS that is allowed here',
      ],
    ]
    for (const [server, words] of cases) {
      await using receiver = await OtlpReceiver.start(way, undefined, { tls: server })
      await using sut = exporterTo(receiver, { tls: { ca_pem: authority.cert } })
      sut.take([sample(1)])
      await expect.poll(() => sut.lines.length).toBeGreaterThan(0)
      expect((sut.lines[0]?.fields['error'] as Error | undefined)?.message).toContain(words)
      expect([receiver.requests.length, sut.ledger.queued]).toEqual([0, 1])
    }
  })

  test('a server without TLS, and one with it that is not spoken to so, are told apart in words', async () => {
    await using plain = await OtlpReceiver.start(way)
    await using secure = await OtlpReceiver.start(way, undefined, { tls: good })
    const cases = [
      [plain.endpoint.replace('http:', 'https:'), /speaks no HTTP\/2|does not speak TLS/],
      [
        secure.endpoint.replace('https:', 'http:'),
        /does it speak TLS\?|reset the connection|closed the connection/,
      ],
    ] as const
    for (const [endpoint, words] of cases) {
      await using sut = exporterBy(way, { endpoint, retry_on_failure: { initial_interval: '1ms' } })
      sut.take([sample(1)])
      await expect.poll(() => sut.lines.length).toBeGreaterThan(0)
      expect((sut.lines[0]?.fields['error'] as Error | undefined)?.message).toMatch(words)
      expect(sut.ledger.queued).toBe(1)
    }
  })

  test('a server that asks for a certificate is shown one, and refuses who has none', async () => {
    const tls = { ...good, ca: authority.cert, requestCert: true }
    await using receiver = await OtlpReceiver.start(way, undefined, { tls })
    await using none = exporterTo(receiver, { tls: { ca_pem: authority.cert } })
    await using sut = exporterTo(receiver, {
      tls: { ca_pem: authority.cert, cert_pem: user.cert, key_pem: user.key },
    })
    none.take([sample(1)])
    await expect.poll(() => none.lines.length).toBeGreaterThan(0)
    expect((none.lines[0]?.fields['error'] as Error | undefined)?.message).toContain(
      'asks for a client certificate, and got none',
    )
    expect(none.ledger).toMatchObject({ delivered: 0, queued: 1 })
    sut.take([sample(1)])
    await sut.settled()
    expect(sut.ledger).toMatchObject({ delivered: 1, imbalance: 0 })
  })

  test('files that change are in use within seconds, and no request is lost by it', async () => {
    const clock = new FakeClock()
    const ca = await install(`${way}-ca.crt`, stranger.cert)
    await using receiver = await OtlpReceiver.start(way, undefined, { tls: good })
    await using sut = exporterTo(
      receiver,
      { tls: { ca_file: ca }, sending_queue: { batch: { flush_timeout: '0s' } } },
      clock,
    )
    for (let value = 0; value < 5; value++) {
      sut.take([sample(value)])
      await clock.advance(1)
    }
    await expect.poll(() => sut.lines.length).toBeGreaterThan(0)
    await install(`${way}-ca.crt`, authority.cert)
    while (sut.ledger.queued > 0) {
      await clock.advance(1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(new Set(receiver.values)).toEqual(new Set([0, 1, 2, 3, 4]))
    expect(sut.ledger).toMatchObject({ delivered: 5, imbalance: 0 })
  })
})
