/** What a provider's error means to its client. */
export type ProviderErrorCode = 'NOT_FOUND' | 'INVALID_INPUT'

/** An error of a provider that is the client's to know: it decides the status of the answer. */
export class ProviderError extends Error {
  readonly code: ProviderErrorCode

  constructor(code: ProviderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What was asked for is not there: answered with 404. */
export function notFound(message: string, options?: ErrorOptions): ProviderError {
  return new ProviderError('NOT_FOUND', message, options)
}

/** The request makes no sense: answered with 400. */
export function invalidInput(message: string, options?: ErrorOptions): ProviderError {
  return new ProviderError('INVALID_INPUT', message, options)
}

const statuses: ReadonlyMap<unknown, number> = new Map([
  ['NOT_FOUND', 404],
  ['INVALID_INPUT', 400],
] satisfies [ProviderErrorCode, number][])

/** Errors may wrap each other in a ring. */
const maxDepth = 16

/** The status that an error is answered with: that of its own code, or of the first of its causes that has one; else 500. */
export function statusOf(error: unknown): number {
  let cause = error
  for (let depth = 0; depth < maxDepth && cause instanceof Error; depth++) {
    const status = statuses.get((cause as Error & { readonly code?: unknown }).code)
    if (status !== undefined) return status
    ;({ cause } = cause)
  }
  return 500
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
