import type { Receiver, ReceiverContext } from '#src/component/define.ts'
import { ConfigError } from '#src/config/config-error.ts'
import { matchingFiles } from '#src/config/file-pattern.ts'
import { watchFiles, type FileWatch } from '#src/config/file-watch.ts'
import type { PlannedJob } from '#src/scrape/plan.ts'
import { Scraper } from '#src/scrape/scraper.ts'
import type { TargetsView } from '#src/telemetry/targets-view.ts'
import { planOf, type PrometheusConfig } from './config.ts'

/** Scrapes the targets of a Prometheus configuration. */
export class PrometheusReceiver implements Receiver {
  readonly #context: ReceiverContext
  readonly #scraper: Scraper
  #config: PrometheusConfig
  #plan: readonly PlannedJob[]
  #watch: FileWatch | undefined

  /** @throws {ConfigError} where the options of a job do not go together */
  constructor(config: PrometheusConfig, context: ReceiverContext) {
    this.#context = context
    this.#config = config
    this.#plan = planOf(config, context)
    this.#scraper = new Scraper(context, Object.entries(config.config.global.external_labels).flat())
  }

  get targets(): TargetsView {
    return this.#scraper
  }

  start(): void {
    this.#apply(this.#plan)
  }

  stop(): void {
    this.#watch?.close()
    this.#scraper.stop(this.#config.stale_on_shutdown)
  }

  /** Jobs and targets that stay the same go on undisturbed. */
  reconfigure(config: PrometheusConfig): () => void {
    const plan = planOf(config, this.#context)
    return () => {
      this.#config = config
      this.#apply(plan)
    }
  }

  #apply(plan: readonly PlannedJob[]): void {
    this.#plan = []
    this.#scraper.apply(plan)
    this.#watch?.close()
    this.#watch = undefined
    const { scrape_config_files: files } = this.#config.config
    if (files.length === 0) return
    const { clock, logger } = this.#context
    this.#watch = watchFiles(
      () => [...files, ...matchingFiles(files)],
      clock,
      () => this.#filesChanged(),
      (directory, error) =>
        logger.warn('changes of files with jobs show late: their directory cannot be watched', {
          directory,
          error,
        }),
    )
  }

  #filesChanged(): void {
    const { logger } = this.#context
    try {
      this.#scraper.apply(planOf(this.#config, this.#context))
      logger.info('files with jobs changed: what they say holds')
      this.#context.report('ok')
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      logger.error('files with jobs changed and cannot be used: what they said before holds', {
        error: error.message,
      })
      this.#context.report('recoverable_error', error)
    }
  }
}
