import type { HostError } from './host-error.ts'
import type { Logger } from '#src/telemetry/logger.ts'

/** Files that are remembered as unreadable; more are not told apart. */
const mostFiles = 1000

/**
 * Tells of each file that cannot be read once: when it begins, when its reason changes, and when it is over; not in each
 * cycle in between.
 */
export class Problems {
  readonly #logger: Logger
  /** The reason by file. */
  #known = new Map<string, string>()
  #found = new Map<string, string>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Notes a file that could not be read in this cycle. */
  add({ file, reason, line, message }: HostError): void {
    if (this.#found.size >= mostFiles) return
    this.#found.set(file, reason)
    if (this.#known.get(file) === reason) return
    // The file is part of the message, so that another one is another cause for the log.
    this.#logger.warn(`${file} cannot be read: its metrics are missing`, {
      reason,
      error: message,
      ...(line === undefined ? {} : { line }),
    })
  }

  /** Ends a cycle: files that were not added again can be read again, or are not asked for any more. */
  endCycle(): void {
    for (const file of this.#known.keys()) {
      if (!this.#found.has(file)) this.#logger.info(`${file} is no problem any more`)
    }
    this.#known = this.#found
    this.#found = new Map()
  }
}
