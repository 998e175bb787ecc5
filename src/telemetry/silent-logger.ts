import type { Logger } from './logger.ts'

function ignore(): void {
  // Nobody listens.
}

/** A logger for a graph that is only made to be checked. */
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
}
