import type { Logger } from '#src/telemetry/logger.ts'
import { runningComponent } from './component-node.ts'

/**
 * Catches errors that no caller catches: a promise that nobody awaits, a timer that throws. One that belongs to a
 * component marks that component failed, and the rest goes on; one of the core calls `fatal`, once.
 *
 * @returns a function that ends the watch
 */
export function watchEscapedErrors(logger: Logger, fatal: (error: unknown) => void): () => void {
  const onError = (error: unknown): void => {
    const node = runningComponent()
    if (node === undefined) {
      logger.error('an error escaped from the core', { error })
      fatal(error)
      return
    }
    node.fail(error)
  }
  process.on('uncaughtException', onError)
  process.on('unhandledRejection', onError)
  return () => {
    process.off('uncaughtException', onError)
    process.off('unhandledRejection', onError)
  }
}
