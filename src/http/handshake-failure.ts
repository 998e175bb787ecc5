import type { TLSSocket } from 'node:tls'
import { codeOf } from '#src/host/write-failure.ts'
import type { LogFields, Logger } from '#src/telemetry/logger.ts'

const foreign = 'showed a certificate of an authority that client_ca_file does not have'

/** What may be wrong with the certificate of a client, by the codes of OpenSSL. */
const faults: ReadonlyMap<string, string> = new Map([
  ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'showed no certificate'],
  ['CERT_HAS_EXPIRED', 'showed a certificate that has expired'],
  ['CERT_NOT_YET_VALID', 'showed a certificate that is not valid yet'],
  ['CERT_REVOKED', 'showed a certificate that was revoked'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'showed a certificate that it signed itself'],
  ['SELF_SIGNED_CERT_IN_CHAIN', foreign],
  ['UNABLE_TO_GET_ISSUER_CERT', foreign],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', foreign],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', foreign],
])

/**
 * Makes what listens to the event `tlsClientError` of a server: where the certificate of a client is at fault, which somebody has
 * to mend, the log warns of it. Other handshakes that fail, as those of port scanners do, are for `debug`.
 *
 * @param fields of each line, beside the reason
 */
export function handshakeFailureLogger(
  logger: Logger,
  fields: LogFields,
): (error: Error, socket: TLSSocket) => void {
  return (error, socket) => {
    // A certificate that came and was refused is told by the socket alone, in a text that is declared as an error.
    const refusal: unknown = socket.authorizationError
    const isRefused = typeof refusal === 'string'
    const code = isRefused ? refusal : codeOf(error)
    const fault = faults.get(code) ?? (isRefused ? 'showed a certificate that cannot be verified' : undefined)
    if (fault === undefined) logger.debug('a TLS handshake failed', { ...fields, error: error.message })
    else logger.warn(`a client was refused: it ${fault}`, { ...fields, code })
  }
}
