import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { selfSignedCertificate } from './self-signed-certificate.ts'

const now = Date.UTC(2026, 0, 1, 12)

test('it says whose it is, for what and how long, and signs itself', () => {
  const { cert, key } = selfSignedCertificate({ name: 'node-1', now })
  const certificate = new X509Certificate(cert)
  expect(certificate.subject).toBe('CN=node-1')
  expect(certificate.subjectAltName).toContain('DNS:node-1, DNS:localhost')
  expect(certificate.subjectAltName).toContain('IP Address:127.0.0.1')
  expect(certificate.ca).toBe(true)
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.validFromDate.getTime()).toBe(now - 3_600_000)
  expect(certificate.validToDate.getUTCFullYear()).toBe(2035)
  expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
})

test('years from 2050 on have four digits, and names beyond ASCII are no DNS names', () => {
  const certificate = new X509Certificate(
    selfSignedCertificate({ name: 'größe', now: Date.UTC(2049, 5) }).cert,
  )
  expect(certificate.validFromDate.getUTCFullYear()).toBe(2049)
  expect(certificate.validToDate.getUTCFullYear()).toBe(2059)
  expect(certificate.subjectAltName).toMatch(/^DNS:localhost/)
})

test('each has its own key and number', () => {
  const [first, second] = [0, 1].map(
    () => new X509Certificate(selfSignedCertificate({ name: 'n', now }).cert),
  )
  expect(first?.serialNumber).not.toBe(second?.serialNumber)
  expect(first?.fingerprint256).not.toBe(second?.fingerprint256)
})

test('a client that trusts it connects', async () => {
  const made = selfSignedCertificate({ name: 'node-1', now: Date.now() })
  const server = createServer(made, (socket) => socket.end('hello')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client: TLSSocket = connect({ port, host: '127.0.0.1', servername: 'node-1', ca: made.cert })
  await once(client, 'secureConnect')
  expect(client.authorized).toBe(true)
  client.destroy()
  server.close()
})
