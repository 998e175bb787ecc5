import { visibleText } from '#src/text/visible-text.ts'
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

/** Codes of OpenSSL, which has hundreds: the first that fits. */
const tlsExplanations: readonly (readonly [pattern: RegExp, ...Explanation])[] = [
  [
    /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|HTTPS_PROXY_REQUEST)$/,
    'tls_not_spoken',
    (peer) => `${peer} does not speak TLS: is it http?`,
  ],
  [
    /ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE|UNSUPPORTED_SSL_VERSION/,
    'tls_version_mismatch',
    (peer) => `${peer} speaks no version of TLS that is allowed here`,
  ],
  [
    /ALERT_CERTIFICATE_REQUIRED/,
    'tls_client_certificate_refused',
    (peer) => `${peer} asks for a client certificate, and got none`,
  ],
  [
    /ALERT_CERTIFICATE_EXPIRED/,
    'tls_client_certificate_refused',
    (peer) => `${peer} refused the client certificate: it has expired, or is not valid yet`,
  ],
  [
    /ALERT_CERTIFICATE_REVOKED/,
    'tls_client_certificate_refused',
    (peer) => `${peer} refused the client certificate: it was revoked`,
  ],
  [
    /ALERT_UNKNOWN_CA/,
    'tls_client_certificate_refused',
    (peer) => `${peer} refused the client certificate: it comes from an authority that is not known there`,
  ],
  [
    /ALERT_(?:CERTIFICATE_UNKNOWN|(?:BAD|UNSUPPORTED)_CERTIFICATE|ACCESS_DENIED)/,
    'tls_client_certificate_refused',
    (peer) => `${peer} asks for a client certificate, and refused what it got`,
  ],
  [
    /ALERT_HANDSHAKE_FAILURE/,
    'tls_handshake_failed',
    (peer) => `${peer} refused the TLS handshake: it wants a client certificate, or other ciphers`,
  ],
  [/^(?:ERR_SSL_|EPROTO$)/, 'tls_handshake_failed', (peer) => `TLS with ${peer} failed`],
  [
    /^(?:CERT_|INVALID_|UNABLE_TO_|PATH_LENGTH_|HOSTNAME_MISMATCH)/,
    'tls_certificate_untrusted',
    (peer) => `the certificate of ${peer} cannot be verified`,
  ],
]

/** A failed socket in words for people; errors that are in words already stay. */
export function explainSocketError(error: unknown, peer: string): unknown {
  if (error instanceof ClientError || !(error instanceof Error) || !('code' in error)) return error
  const code = String(error.code)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return explainWrongName(error, peer)
  const known = Object.hasOwn(explanations, code) ? explanations[code] : undefined
  if (known !== undefined) return new ClientError(known[0], known[1](peer), { cause: error })
  const [, tlsCode, text] = tlsExplanations.find(([pattern]) => pattern.test(code)) ?? []
  const message = text?.(peer) ?? `the connection to ${peer} failed`
  return new ClientError(tlsCode ?? 'connection_failed', `${message} (${code})`, { cause: error })
}

function explainWrongName(
  error: Error & { host?: string; cert?: { subjectaltname?: string } },
  peer: string,
): ClientError {
  const names = error.cert?.subjectaltname?.slice(0, 200) ?? 'nobody'
  return new ClientError(
    'tls_certificate_wrong_name',
    `the certificate of ${peer} is not for ${error.host ?? 'its name'} but for ${visibleText(names)}`,
    { cause: error },
  )
}
