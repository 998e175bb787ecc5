import type { Receiver, ReceiverContext } from '#src/component/define.ts'
import type { PlannedJob } from '#src/scrape/plan.ts'
import { Scraper } from '#src/scrape/scraper.ts'
import { planOf, type PrometheusConfig } from './config.ts'

/** Scrapes the targets of a Prometheus configuration. */
export class PrometheusReceiver implements Receiver {
  readonly #config: PrometheusConfig
  readonly #scraper: Scraper
  #plan: readonly PlannedJob[]

  /** @throws {ConfigError} where the options of a job do not go together */
  constructor(config: PrometheusConfig, context: ReceiverContext) {
    this.#config = config
    this.#plan = planOf(config, context)
    this.#scraper = new Scraper(context, Object.entries(config.config.global.external_labels).flat())
  }

  start(): void {
    this.#scraper.apply(this.#plan)
    this.#plan = []
  }

  stop(): void {
    this.#scraper.stop(this.#config.stale_on_shutdown)
  }
}
