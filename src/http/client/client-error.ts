/** Why a request has no answer: one word each, stable, as metrics and queues count them. */
export type ClientErrorCode = keyof typeof codes

/** Whether the same request can do better later without anybody changing the request or its configuration. */
const codes = {
  aborted: false,
  invalid_request: false,
  timeout: true,
  dns_not_found: true,
  dns_failed: true,
  address_denied: false,
  connection_refused: true,
  connection_reset: true,
  connection_closed: true,
  connection_failed: true,
  host_unreachable: true,
  too_many_open_files: true,
  tls_certificate_expired: true,
  tls_certificate_not_yet_valid: true,
  tls_certificate_untrusted: true,
  tls_certificate_wrong_name: true,
  tls_certificate_revoked: true,
  tls_client_certificate_refused: true,
  tls_version_mismatch: true,
  tls_not_spoken: true,
  tls_handshake_failed: true,
  proxy_refused: true,
  malformed_response: true,
  response_headers_too_large: true,
  unsupported_encoding: true,
  malformed_encoding: true,
  body_too_large: false,
  redirect_refused: true,
  too_many_redirects: true,
  credentials_unavailable: true,
} as const satisfies Readonly<Record<string, boolean>>

/** A request that got no answer, or none that could be read. The message is a sentence for people, without secrets. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly code: ClientErrorCode
  /** Whether the same request can do better later. */
  readonly retryable: boolean

  constructor(code: ClientErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.code = code
    this.retryable = codes[code]
  }
}
