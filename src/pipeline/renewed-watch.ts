import type { Clock } from '#src/component/clock.ts'
import { watchFiles, type FileWatch } from '#src/config/file-watch.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { ReloadableService } from './reloadable-service.ts'

/** The watch on the files of the configuration that runs: a change is a reload. */
export class RenewedWatch {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #service: ReloadableService
  #watch: FileWatch | undefined
  #files = ''

  constructor(clock: Clock, logger: Logger, service: ReloadableService) {
    this.#clock = clock
    this.#logger = logger
    this.#service = service
  }

  /** A watch on the same files is kept: it has seen what happened since. */
  renew(): void {
    const { files } = this.#service.configuration
    if (this.#files === files.join('\0')) return
    this.#watch?.close()
    this.#files = files.join('\0')
    this.#watch = watchFiles(
      files,
      this.#clock,
      () => void this.#service.reload(),
      (directory, error) =>
        this.#logger.warn('changes in a directory show late: it cannot be watched', { directory, error }),
    )
  }

  close(): void {
    this.#watch?.close()
    this.#files = ''
  }
}
