import type { Exporter, PipelineContext } from '#src/component/define.ts'
import { serverSettings, startServer, type RunningServer } from '#src/http/server.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { ChunkPool } from './chunk-pool.ts'
import type { PrometheusConfig } from './config.ts'
import { Exposition } from './exposition.ts'
import { Scrapes } from './scrapes.ts'

/** Holds the latest samples, and serves them to those who scrape. */
export class PrometheusExporter implements Exporter {
  readonly #config: PrometheusConfig
  readonly #context: PipelineContext
  readonly #exposition: Exposition
  readonly #pool = new ChunkPool()
  #server: RunningServer | undefined

  constructor(config: PrometheusConfig, context: PipelineContext) {
    this.#config = config
    this.#context = context
    this.#exposition = new Exposition(config, context)
  }

  /** Where the metrics are, as a client on this machine reaches them; undefined while it does not listen. */
  get url(): string | undefined {
    return this.#server === undefined ? undefined : this.#server.url + this.#config.path
  }

  get location(): string | undefined {
    return this.#server === undefined ? undefined : `${this.#server.url}${this.#config.path}`
  }

  consume(batches: readonly Batch[]): boolean {
    for (const batch of batches) this.#exposition.take(batch)
    return true
  }

  forget(source: Source): void {
    this.#exposition.forget(source)
  }

  async start(): Promise<void> {
    const { path, enable_open_metrics: openMetrics, max_concurrent_scrapes: maxScrapes } = this.#config
    const { logger, clock } = this.#context
    const scrapes = new Scrapes({
      path,
      openMetrics,
      maxScrapes,
      write: (representation) => this.#exposition.write(representation, this.#pool),
      pool: this.#pool,
      clock,
    })
    this.#exposition.start()
    this.#server = await startServer({
      ...serverSettings(this.#config),
      handler: async (request, response) => await scrapes.answer(request, response),
      logger,
      name: this.#context.id,
      clock,
    })
    logger.info('metrics are served', { url: this.url })
  }

  async stop(): Promise<void> {
    await this.#server?.close()
    await this.#exposition.stop()
  }
}
