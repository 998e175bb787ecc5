import type { Receiver, ReceiverContext } from '#src/component/define.ts'
import { HostError } from '#src/host/host-error.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { nodeName } from '#src/host/node-name.ts'
import { parseProcStat } from '#src/host/proc-stat.ts'
import { Recorder } from '#src/model/recorder.ts'
import { emptyResource, makeScope } from '#src/model/resource.ts'
import { Source } from '#src/model/source.ts'
import { Facts, type FactsOptions } from '#src/naming/facts.ts'
import { chosenVocabularies } from '#src/naming/vocabulary.ts'
import type { HostMetricsConfig } from './config.ts'
import { ScraperLoop, type Timing } from './scraper-loop.ts'
import { makeScrapers, scrapers, type ChosenScraper } from './scrapers.ts'

/** The scopes in which the Collector emits: a scraper's is this, its name and `scraper`. */
const collectorScopes =
  'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/hostmetricsreceiver/internal/scraper/'

/** The version of the semantic conventions that the tables of names follow. */
const semconvSchema = 'https://opentelemetry.io/schemas/1.44.0'

/** Measures this host: each scraper is a source of its own, on its own schedule. */
export class HostMetricsReceiver implements Receiver {
  readonly #config: HostMetricsConfig
  readonly #context: ReceiverContext
  readonly #files: HostFiles
  readonly #chosen: readonly ChosenScraper[]
  #loops: readonly ScraperLoop[] = []
  #bootTime: number | undefined
  #failing = false

  /** @throws ConfigError where the options of a scraper do not go together */
  constructor(config: HostMetricsConfig, context: ReceiverContext) {
    this.#config = config
    this.#context = context
    this.#files = new HostFiles(config.root_path)
    const { clock, logger } = context
    this.#chosen = makeScrapers(config.scrapers, { files: this.#files, clock, logger })
  }

  start(): void {
    const { collection_interval: intervalMs, initial_delay: initialDelayMs, timeout } = this.#config
    const deadlineMs = timeout > 0 ? Math.min(timeout, intervalMs) : intervalMs
    const node = this.#config.node_name === '' ? nodeName(this.#files) : this.#config.node_name
    this.#context.collections.intervalMs = intervalMs
    this.#loops = this.#chosen.map((scraper) =>
      this.#loopOf(scraper, node, { intervalMs, initialDelayMs, deadlineMs }),
    )
    for (const loop of this.#loops) loop.start(() => this.#reportFailures())
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map(async (loop) => await loop.stop()))
  }

  #loopOf({ name, made, options }: ChosenScraper, node: string, timing: Timing): ScraperLoop {
    const switched = new Map(
      Object.entries(options.metrics).map(([metric, { enabled }]) => [metric, enabled]),
    )
    const naming: FactsOptions = {
      vocabularies: chosenVocabularies(this.#config.naming),
      scopes: {
        otel: makeScope(emptyResource, { name: `${collectorScopes}${name}scraper` }),
        semconv: makeScope(emptyResource, { name: `weir/hostmetrics/${name}`, schemaUrl: semconvSchema }),
      },
      constants: { vm: ['node', node] },
      enabled: (metric) => switched.get(metric),
    }
    const recorder = new Recorder(new Source(this.#context.id, name))
    const { collector } = scrapers[name]
    const facts = new Facts(recorder, naming)
    const bootTime = (): number | undefined => (this.#bootTime ??= readBootTime(this.#files))
    return new ScraperLoop(
      { name, collector, scrapers: made, recorder, facts, bootTime },
      timing,
      this.#context,
    )
  }

  /** While a collector cannot measure at all, the receiver has an error that it may recover from. */
  #reportFailures(): void {
    const failure = this.#loops.map((loop) => loop.failure).find((each) => each !== undefined)
    if (failure !== undefined) this.#context.report('recoverable_error', failure)
    else if (this.#failing) this.#context.report('ok')
    this.#failing = failure !== undefined
  }
}

/** Unix time of the boot in milliseconds. It is read once: the kernel computes it anew, and it may differ by a second. */
function readBootTime(files: HostFiles): number | undefined {
  try {
    const { bootTime } = files.parse('/proc/stat', parseProcStat)
    return bootTime === undefined ? undefined : bootTime * 1000
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return undefined
  }
}
