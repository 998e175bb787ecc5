import { diag, DiagLogLevel } from '@opentelemetry/api'
import { loggingErrorHandler, setGlobalErrorHandler } from '@opentelemetry/core'
import type { Logger } from './logger.ts'

/** How many want the diagnostics: the SDK has one place for them in a process. */
let listeners = 0

/**
 * Brings what the OpenTelemetry SDK has to say of itself into the log: pushes that fail, metrics that cannot be read.
 *
 * @returns a function that ends it
 */
export function forwardDiagnostics(logger: Logger): () => void {
  listeners++
  diag.setLogger(
    {
      error: (detail, ...more) =>
        logger.error('the OpenTelemetry SDK reports an error', { detail, ...rest(more) }),
      warn: (detail, ...more) => logger.warn('the OpenTelemetry SDK warns', { detail, ...rest(more) }),
      info: ignore,
      debug: ignore,
      verbose: ignore,
    },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  setGlobalErrorHandler((error) => logger.error('own metrics could not be pushed', { error }))
  return function end() {
    if (--listeners > 0) return
    diag.disable()
    setGlobalErrorHandler(loggingErrorHandler())
  }
}

function rest(more: readonly unknown[]): { readonly more?: readonly unknown[] } {
  return more.length === 0 ? {} : { more }
}

function ignore(): void {
  // Below the level that is asked for.
}
