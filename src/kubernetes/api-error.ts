/** An answer of the API server that is no success, or an ERROR frame of a watch: both carry a `Status` object. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** As HTTP has it: 403, 410. */
  readonly code: number
  /** Kubernetes' word: `Forbidden`, `Expired`; empty where there is none. */
  readonly reason: string
  /** How long the server wants to be left alone. */
  readonly retryAfterMs: number | undefined

  constructor(code: number, reason: string, message: string, retryAfterMs?: number) {
    super(message)
    this.code = code
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }

  /** Whether what it was asked for by version or page is no longer there. */
  get expired(): boolean {
    return this.code === 410 || this.reason === 'Expired' || this.reason === 'Gone'
  }
}

interface Status {
  readonly code?: unknown
  readonly reason?: unknown
  readonly message?: unknown
  readonly details?: { readonly retryAfterSeconds?: unknown } | null
}

const longestMessage = 1000

/** The error that a `Status` object tells. */
export function apiErrorOfStatus(status: unknown, code = 500, retryAfterMs?: number): ApiError {
  const { code: own, reason, message, details } = (status ?? {}) as Status
  const seconds = details?.retryAfterSeconds
  const told = typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, 86_400) * 1000 : undefined
  const text =
    typeof message === 'string'
      ? message
          .slice(0, longestMessage)
          .replaceAll(/\p{Cc}+/gu, ' ')
          .trim()
      : ''
  const said = typeof own === 'number' ? own : code
  return new ApiError(
    said,
    typeof reason === 'string' ? reason.slice(0, 100) : '',
    text === '' ? `the API server answered with status ${said}` : text,
    retryAfterMs ?? told,
  )
}

/** The error of an answer: the beginning of its body is a `Status`, or whatever a proxy before the server wrote. */
export function apiErrorOfAnswer(code: number, excerpt: string, retryAfterMs: number | undefined): ApiError {
  let status: unknown
  try {
    status = JSON.parse(excerpt)
  } catch {
    status = { message: excerpt.trim() === '' ? '' : `status ${code}: ${excerpt.trim().slice(0, 200)}` }
  }
  // The status line counts: a Status of another code within it would be a proxy's mistake.
  return apiErrorOfStatus({ ...(status as Status), code }, code, retryAfterMs)
}
