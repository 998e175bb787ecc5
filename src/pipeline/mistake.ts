import { notHeldBack, type Logger } from '#src/telemetry/logger.ts'

/** What keeps a configuration from running, as people are told of it. No secret is in it. */
export interface Mistake {
  /** What is wrong, and what was expected. */
  readonly message: string
  /** `file:line:column`, where it has a place. */
  readonly place?: string | undefined
  /** All of it, with the line of the file: ready to print. */
  readonly text: string
}

/** More of them are counted, not told one by one. */
const mostTold = 50

/** Logs each mistake on a line of its own. */
export function tellMistakes(mistakes: readonly Mistake[], logger: Logger): void {
  for (const { message, place } of mistakes.slice(0, mostTold)) {
    logger.error('the configuration cannot run', { place, reason: message, [notHeldBack]: true })
  }
}
