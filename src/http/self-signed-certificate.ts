import { isAscii } from 'node:buffer'
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { networkInterfaces } from 'node:os'

/** Tags of ASN.1, as DER writes them (X.690). */
const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  identifier: 0x06,
  text: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
  dnsName: 0x82,
  address: 0x87,
} as const

/** Object identifiers, in DER. */
const identifier = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  alternativeNames: '551d11',
  basicConstraints: '551d13',
  extendedKeyUsage: '551d25',
  serverAuthentication: '2b06010505070301',
} as const

const yearMs = 365 * 24 * 3600 * 1000

/** A certificate that signs itself, and its key; PEM. */
export interface SelfSigned {
  readonly cert: string
  readonly key: string
}

/**
 * Makes a certificate for a server that was given none, with a new key on P-256 (X.509 version 3, RFC 5280): for its name,
 * `localhost` and the addresses of this machine. It holds for ten years from an hour before `now`.
 *
 * @param options.now Unix time in milliseconds
 */
export function selfSignedCertificate({
  name,
  now,
}: {
  readonly name: string
  readonly now: number
}): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(objectId(identifier.ecdsaWithSha256))
  const subject = sequence(
    der(tag.set, sequence(objectId(identifier.commonName), der(tag.text, Buffer.from(name)))),
  )
  // The first bit of a positive number is 0, and its first byte is not.
  const serial = Buffer.concat([Buffer.of(0x01), randomBytes(15)])
  const toSign = sequence(
    der(tag.version, der(tag.integer, Buffer.of(2))),
    der(tag.integer, serial),
    algorithm,
    subject,
    sequence(time(now - 3_600_000), time(now + 10 * yearMs)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(tag.extensions, sequence(...extensions(name))),
  )
  const certificate = sequence(toSign, algorithm, bitString(sign('sha256', toSign, privateKey)))
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  }
}

function extensions(name: string): Buffer[] {
  const addresses = Object.values(networkInterfaces()).flatMap((all = []) =>
    all.map(({ address }) => address),
  )
  const names = sequence(
    ...[...new Set(isAscii(Buffer.from(name)) ? [name, 'localhost'] : ['localhost'])].map((each) =>
      der(tag.dnsName, Buffer.from(each)),
    ),
    ...[...new Set(addresses)].map((each) => der(tag.address, addressBytes(each))),
  )
  const yes = der(tag.boolean, Buffer.of(0xff))
  return [
    sequence(objectId(identifier.basicConstraints), yes, der(tag.octetString, sequence(yes))),
    sequence(
      objectId(identifier.extendedKeyUsage),
      der(tag.octetString, sequence(objectId(identifier.serverAuthentication))),
    ),
    sequence(objectId(identifier.alternativeNames), der(tag.octetString, names)),
  ]
}

/** The bytes of an address of IPv4 or IPv6; a zone is no part of it. */
function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [head = [], tail = []] = (address.split('%', 1)[0] ?? '')
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  const groups = [...head, ...zeros, ...tail]
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

function der(type: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(type, ...size), content])
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return der(tag.sequence, ...contents)
}

function objectId(hex: string): Buffer {
  return der(tag.identifier, Buffer.from(hex, 'hex'))
}

function bitString(content: Buffer): Buffer {
  return der(tag.bitString, Buffer.of(0), content)
}

/** Years before 2050 have two digits. */
function time(milliseconds: number): Buffer {
  const text = `${new Date(milliseconds).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
  return text < '2050'
    ? der(tag.utcTime, Buffer.from(text.slice(2)))
    : der(tag.generalizedTime, Buffer.from(text))
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
