import type { Answer } from '#src/http/client/http-client.ts'
import type { Verdict } from '#src/push/peer.ts'

/**
 * Reads an answer by the rules of remote write: 2xx is done; 429, the statuses of a failing server and what is no status of HTTP
 * are tried again; other refusals never are (prometheus.io/docs/specs/prw/remote_write_spec_2_0, "Retries & Backoff").
 */
export function verdictOf({
  status,
  retryAfterMs: afterMs = 0,
}: Pick<Answer, 'status' | 'retryAfterMs'>): Verdict {
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  const reason = `http_${status}`
  if (status === 413) return { kind: 'too_large', reason }
  if (status !== 429 && status >= 200 && status < 500) return { kind: 'rejected', reason }
  const error = new Error(`the receiver answered with HTTP status ${status}`)
  return { kind: 'retry', reason, error, afterMs }
}
