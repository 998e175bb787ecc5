import { copyFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CertificateMaker, type Certificate } from '#src/testing/certificates.ts'
import { pointsOf } from '#src/testing/otlp-json.ts'
import type { TestExporter } from '#src/testing/pushing-exporter.ts'
import { exporterFor } from '../../exporters/otlp/test-exporter.ts'
import { TestReceiver } from '../../receivers/otlp/test-receiver.ts'
import { sample } from '../faults/otlp-ways.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { CollectorSender } from './collector-sender.ts'
import { Collector } from './collector.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let authority: Certificate
beforeAll(async () => {
  folder = await temporaryFolder()
  const maker = new CertificateMaker(folder.path)
  authority = await maker.make('authority')
  await maker.make('good', { authority })
  await maker.make('other', { authority })
  await maker.make('expired', { authority, to: '20210101000000Z' })
  await maker.make('future', { authority, from: '20440101000000Z' })
  await maker.make('elsewhere', { authority, alternativeNames: 'DNS:other.example' })
  await maker.make('stranger')
})
afterAll(async () => await folder[Symbol.asyncDispose]())

const file = (name: string): string => join(folder.path, name)

/** Files under the name `as`, which get in place of those before at once. */
async function install(name: string, as: string): Promise<{ cert_file: string; key_file: string }> {
  for (const kind of ['key', 'crt']) {
    await copyFile(file(`${name}.${kind}`), file(`${as}.new`))
    await rename(file(`${as}.new`), file(`${as}.${kind}`))
  }
  return { cert_file: file(`${as}.crt`), key_file: file(`${as}.key`) }
}

/** The words of the last attempt that failed. */
function lastError(sut: TestExporter): string {
  return (sut.lines.at(-1)?.fields['error'] as Error | undefined)?.message ?? ''
}

/** The values that a Collector has, each once. */
async function valuesAt(collector: Collector): Promise<Set<number>> {
  return new Set(pointsOf(await collector.requests()).map((point) => Number(point['asDouble'])))
}

function exporterTo(collector: Collector, tls: object): TestExporter {
  return exporterFor({
    endpoint: `https://127.0.0.1:${collector.grpcPort}`,
    tls: { ca_pem: authority.cert, ...tls },
    retry_on_failure: { initial_interval: '50ms', max_interval: '100ms' },
  })
}

test('68: a Collector whose certificate is bad is told in words, and gets all once it has a good one, without a restart', async () => {
  const tls = { ...(await install('expired', 'server')), reload_interval: '100ms' }
  await using collector = await Collector.start({ grpc: { tls } })
  await using sut = exporterTo(collector, {})
  const bad = [
    ['expired', 'has expired'],
    ['future', 'is not valid yet'],
    ['elsewhere', 'is not for 127.0.0.1 but for DNS:other.example'],
    ['stranger', 'is self-signed and not among the trusted ones'],
  ] as const
  let sent = 0
  for (const [name, words] of bad) {
    await install(name, 'server')
    sut.take([sample(sent++)])
    const said = `the certificate of 127.0.0.1:${collector.grpcPort} ${words}`
    await expect.poll(() => lastError(sut), { timeout: 10_000 }).toContain(said)
  }
  expect(sut.ledger).toMatchObject({ delivered: 0, queued: sent, imbalance: 0 })
  await install('good', 'server')
  await sut.settled()
  expect(sut.ledger).toMatchObject({ delivered: sent, imbalance: 0 })
  await expect.poll(async () => (await valuesAt(collector)).size).toBe(sent)
})

test('68: a client certificate that a Collector refuses is told in words; what replaces it on disk is used, and nothing is lost', async () => {
  const client_ca_file = file('authority.crt')
  const tls = { cert_file: file('good.crt'), key_file: file('good.key'), client_ca_file }
  await using collector = await Collector.start({ grpc: { tls } })
  await using sut = exporterTo(collector, await install('stranger', 'client'))
  const refused = `127.0.0.1:${collector.grpcPort} refused the client certificate: it `
  const bad = [
    ['stranger', 'comes from an authority that is not known there'],
    ['expired', 'has expired, or is not valid yet'],
    ['future', 'has expired, or is not valid yet'],
  ] as const
  let sent = 0
  for (const [name, words] of bad) {
    await install(name, 'client')
    sut.take([sample(sent++)])
    await expect.poll(() => lastError(sut), { timeout: 10_000 }).toContain(refused + words)
  }
  expect(sut.ledger).toMatchObject({ delivered: 0, queued: sent, imbalance: 0 })
  await install('good', 'client')
  await sut.settled()
  // While it works, one follows the other.
  const failures = sut.lines.length
  for (let turn = 0; turn < 4; turn++) {
    await install(turn % 2 === 0 ? 'other' : 'good', 'client')
    for (const end = sent + 100; sent < end; sent++) {
      expect(sut.take([sample(sent)])).toBe(true)
      await new Promise((resolve) => setTimeout(resolve, 8))
    }
  }
  await sut.settled()
  expect(sut.lines.slice(failures)).toEqual([])
  expect(sut.ledger).toMatchObject({ delivered: sent, imbalance: 0 })
  await expect.poll(async () => (await valuesAt(collector)).size).toBe(sent)
})

function request(value: number): object {
  const point = { asDouble: value, timeUnixNano: String(1_700_000_000_000_000_000n + BigInt(value)) }
  const metric = { name: 'm', gauge: { dataPoints: [point] } }
  return { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] }
}

test('68: a Collector comes through, without a restart on either side, once bad certificates are replaced on both', async () => {
  const tls = {
    ...(await install('expired', 'ours')),
    client_ca_file: file('authority.crt'),
    reload_interval: '2s',
  }
  await using receiver = await TestReceiver.start({ grpc: { tls } })
  const { clock, logger, next } = receiver.context
  const warnings = (): string[] =>
    logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)
  expect(warnings()).toEqual(['the TLS certificate has expired: clients will refuse it'])
  await using sender = await CollectorSender.start({
    otlp: {
      endpoint: receiver.grpcEndpoint,
      tls: {
        ca_file: file('authority.crt'),
        ...(await install('expired', 'theirs')),
        reload_interval: '100ms',
      },
      sending_queue: { enabled: true },
      retry_on_failure: { initial_interval: '100ms', max_interval: '200ms' },
    },
  })
  for (let value = 1; value <= 5; value++) expect(await sender.send(request(value))).toBe(true)
  await install('good', 'ours')
  await clock.advance(2000)
  await expect
    .poll(warnings, { timeout: 10_000 })
    .toContain('a client was refused: it showed a certificate that has expired')
  expect(next.points).toBe(0)
  await install('good', 'theirs')
  const arrived = (): Set<unknown> => new Set(next.samples.map(({ value }) => value))
  await expect.poll(arrived, { timeout: 20_000 }).toEqual(new Set([1, 2, 3, 4, 5]))
})
