import { ClientError } from '#src/http/client/client-error.ts'
import { ExpositionError } from '#src/text/exposition-error.ts'

/** Why a target could not be scraped, beside what the client and the reader say. */
export type ScrapeFailureCode = 'http_status' | 'unknown_content_type' | 'target_limit'

/** A scrape that failed; the message is for people. */
export class ScrapeFailure extends Error {
  override readonly name = 'ScrapeFailure'
  readonly code: ScrapeFailureCode

  constructor(code: ScrapeFailureCode, message: string) {
    super(message)
    this.code = code
  }
}

const expositionReasons = {
  syntax: 'malformed_exposition',
  limit: 'limit_exceeded',
  series: 'invalid_series',
} as const

/** Why a scrape failed, in one word as metrics count it; undefined where it is a defect of ours. */
export function failureReason(error: unknown): string | undefined {
  if (error instanceof ClientError || error instanceof ScrapeFailure) return error.code
  return error instanceof ExpositionError ? expositionReasons[error.code] : undefined
}
