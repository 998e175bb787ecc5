import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { credentials, status } from '@grpc/grpc-js'
import { beforeAll, expect, test } from 'vitest'
import { CertificateMaker, type Certificate } from '#src/testing/certificates.ts'
import { GrpcCaller } from '#src/testing/grpc-caller.ts'
import { TestReceiver } from './test-receiver.ts'

const exportPath = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'
const empty = Buffer.alloc(0)

let folder: string
let authority: Certificate
let other: Certificate
let user: Certificate
let expired: Certificate
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-otlp-in-'))
  const maker = new CertificateMaker(folder)
  authority = await maker.make('authority')
  await maker.make('server', { authority })
  other = await maker.make('other')
  user = await maker.make('user', { authority })
  expired = await maker.make('expired', { authority, to: '20210101000000Z' })
  return async () => await rm(folder, { recursive: true })
})

const file = (name: string): string => join(folder, name)

function pem(text: string | undefined): Buffer | null {
  return text === undefined ? null : Buffer.from(text)
}

/** The code of a call by a client that trusts one authority, and may show a certificate. */
async function codeOf(endpoint: string, trusted: Certificate, shown?: Certificate): Promise<number> {
  const channel = credentials.createSsl(Buffer.from(trusted.cert), pem(shown?.key), pem(shown?.cert))
  using caller = new GrpcCaller(endpoint.replace('127.0.0.1', 'localhost'), exportPath, channel)
  return (await caller.call(empty, { deadlineMs: 3000 })).code
}

test('68: gRPC over TLS lets in who shows a certificate of the authority, where one is named', async () => {
  const tls = { cert_file: file('server.crt'), key_file: file('server.key') }
  await using receiver = await TestReceiver.start({ grpc: { tls } })
  expect(await codeOf(receiver.grpcEndpoint, authority)).toBe(status.OK)
  expect(await codeOf(receiver.grpcEndpoint, other)).toBe(status.UNAVAILABLE)
  await using mutual = await TestReceiver.start({
    grpc: { tls: { ...tls, client_ca_file: file('authority.crt') } },
  })
  expect(await codeOf(mutual.grpcEndpoint, authority, user)).toBe(status.OK)
  expect(await codeOf(mutual.grpcEndpoint, authority, other)).toBe(status.UNAVAILABLE)
  expect(await codeOf(mutual.grpcEndpoint, authority)).toBe(status.UNAVAILABLE)
})

test('68: the log says what is wrong with the certificate of a client that is refused', async () => {
  const tls = {
    cert_file: file('server.crt'),
    key_file: file('server.key'),
    client_ca_file: file('authority.crt'),
  }
  await using receiver = await TestReceiver.start({ grpc: { tls }, http: { tls } })
  const { port } = new URL(receiver.httpUrl)
  const { lines } = receiver.context.logger
  const cases = [
    [undefined, 'a client was refused: it showed no certificate'],
    [other, 'a client was refused: it showed a certificate that it signed itself'],
    [expired, 'a client was refused: it showed a certificate that has expired'],
  ] as const
  for (const [shown, message] of cases) {
    lines.length = 0
    expect(await codeOf(receiver.grpcEndpoint, authority, shown)).toBe(status.UNAVAILABLE)
    const socket = connect({ port: Number(port), ca: authority.cert, ...shown })
    await new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve))
    await expect
      .poll(
        () => new Set(lines.filter((line) => line.message === message).map(({ fields }) => fields['server'])),
      )
      .toEqual(new Set(['otlp receiver (gRPC)', 'otlp receiver (HTTP)']))
    expect(lines.every(({ level }) => level === 'warn')).toBe(true)
  }
})

test('68: new connections of gRPC use certificates that changed', async () => {
  const install = async (from: Certificate): Promise<void> => {
    for (const [kind, text] of [
      ['crt', from.cert],
      ['key', from.key],
    ] as const) {
      await writeFile(file(`used.${kind}.new`), text)
      await rename(file(`used.${kind}.new`), file(`used.${kind}`))
    }
  }
  await install(other)
  await using receiver = await TestReceiver.start({
    grpc: { tls: { cert_file: file('used.crt'), key_file: file('used.key'), reload_interval: '2s' } },
  })
  expect(await codeOf(receiver.grpcEndpoint, other)).toBe(status.OK)
  await install(user)
  await receiver.context.clock.advance(2000)
  await expect
    .poll(async () => await codeOf(receiver.grpcEndpoint, authority), { timeout: 5000 })
    .toBe(status.OK)
})
