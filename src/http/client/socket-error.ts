import { ClientError, type ClientErrorCode } from './client-error.ts'

type Explanation = readonly [code: ClientErrorCode, text: (peer: string) => string]

/** What the codes of the system and of OpenSSL mean for people. */
const explanations: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: ['connection_refused', (peer) => `${peer} refused the connection: nothing listens there`],
  ECONNRESET: ['connection_reset', (peer) => `${peer} reset the connection`],
  EPIPE: ['connection_reset', (peer) => `${peer} closed the connection while the request was sent`],
  ETIMEDOUT: ['timeout', (peer) => `${peer} did not answer in the time that the system gives it`],
  EHOSTUNREACH: ['host_unreachable', (peer) => `no way leads to ${peer}`],
  ENETUNREACH: ['host_unreachable', (peer) => `no network leads to ${peer}`],
  EMFILE: [
    'too_many_open_files',
    () => 'this process has as many open files and sockets as it may have (RLIMIT_NOFILE)',
  ],
  ENFILE: ['too_many_open_files', () => 'the machine has as many open files and sockets as it may have'],
  EADDRNOTAVAIL: ['connection_failed', (peer) => `no local port is free for a connection to ${peer}`],
  EACCES: ['connection_failed', (peer) => `this machine forbids connections to ${peer}`],
  EPERM: ['connection_failed', (peer) => `this machine forbids connections to ${peer}`],
  CERT_HAS_EXPIRED: ['tls_certificate_expired', (peer) => `the certificate of ${peer} has expired`],
  CERT_NOT_YET_VALID: [
    'tls_certificate_not_yet_valid',
    (peer) => `the certificate of ${peer} is not valid yet: compare the clocks of both machines`,
  ],
  CERT_REVOKED: ['tls_certificate_revoked', (peer) => `the certificate of ${peer} was revoked`],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'tls_certificate_untrusted',
    (peer) => `the certificate of ${peer} is self-signed and not among the trusted ones`,
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'tls_certificate_untrusted',
    (peer) => `the certificate of ${peer} comes from an authority that is not trusted`,
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'tls_certificate_untrusted',
    (peer) => `the certificate of ${peer} comes from an authority that is not known`,
  ],
  UNABLE_TO_GET_ISSUER_CERT: [
    'tls_certificate_untrusted',
    (peer) => `the chain of certificates of ${peer} lacks an authority`,
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'tls_certificate_untrusted',
    (peer) => `the certificate of ${peer} comes from an authority that is not known`,
  ],
}

/** A failed socket in words for people; errors that are in words already stay. */
export function explainSocketError(error: unknown, peer: string): unknown {
  if (error instanceof ClientError || !(error instanceof Error) || !('code' in error)) return error
  const code = String(error.code)
  const [known, text] = explanations[code] ?? [
    'connection_failed',
    () => `the connection to ${peer} failed: ${code}`,
  ]
  return new ClientError(known, text(peer), { cause: error })
}
