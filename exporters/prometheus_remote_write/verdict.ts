/** What an answer means for the request. */
export type Verdict =
  | { readonly kind: 'delivered' }
  /** It is tried again, not before so many milliseconds where the peer said so. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number | undefined }
  /** It is given up: the same request would be refused again. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** It is tried again in halves. */
  | { readonly kind: 'too_large'; readonly reason: string }

/** What is looked at of an answer. */
interface AnswerHead {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
}

/**
 * Reads an answer by the rules of remote write: 2xx is done, 429 and whatever is no answer of HTTP or one of a failing server
 * is tried again, other refusals never are (prometheus.io/docs/specs/prw/remote_write_spec, "Retries & Backoff").
 *
 * @param now Unix time in milliseconds, by which a date in `Retry-After` is read
 */
export function verdictOf({ status, headers }: AnswerHead, now: number): Verdict {
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  const reason = `http_${status}`
  if (status === 413) return { kind: 'too_large', reason }
  if (status === 429 || status >= 500 || status < 200)
    return { kind: 'retry', reason, afterMs: retryAfterMs(headers.get('retry-after'), now) }
  return { kind: 'rejected', reason }
}

/** A peer that wants to be left alone for longer is asked again after this time all the same. */
const longestWaitMs = 300_000

/** How long `Retry-After` says to wait: in seconds, or until a date (RFC 9110, 10.2.3); undefined where it says nothing. */
export function retryAfterMs(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  const wait = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(wait) ? undefined : Math.min(longestWaitMs, Math.max(0, wait))
}
