import type { Answer } from '#src/http/client/http-client.ts'

/** What an answer means for the request. */
export type Verdict =
  | { readonly kind: 'delivered' }
  /** It is tried again, not before so many milliseconds where the peer said so. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number }
  /** It is given up: the same request would be refused again. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** It is tried again in halves. */
  | { readonly kind: 'too_large'; readonly reason: string }

/** A peer that wants to be left alone for longer is asked again after this time all the same. */
const longestWaitMs = 300_000

/**
 * Reads an answer by the rules of remote write: 2xx is done; 429, the statuses of a failing server and what is no status of HTTP
 * are tried again; other refusals never are (prometheus.io/docs/specs/prw/remote_write_spec_2_0, "Retries & Backoff").
 */
export function verdictOf({ status, retryAfterMs = 0 }: Pick<Answer, 'status' | 'retryAfterMs'>): Verdict {
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  const reason = `http_${status}`
  if (status === 413) return { kind: 'too_large', reason }
  if (status === 429 || status >= 500 || status < 200)
    return { kind: 'retry', reason, afterMs: Math.min(retryAfterMs, longestWaitMs) }
  return { kind: 'rejected', reason }
}
