import type { HostError } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { AnyMetricDefinition } from '#src/naming/metric.ts'
import type { Clock } from '#src/component/clock.ts'
import type { Logger } from '#src/telemetry/logger.ts'

/** What a scraper works with in one cycle. */
export interface Cycle {
  readonly facts: Facts
  /** Aborted at the deadline, and when the receiver stops. */
  readonly signal: AbortSignal
  /** Tells that something is missing from this cycle, while the rest is there. */
  readonly problem: (error: HostError) => void
}

/** Measures one part of the host. */
export interface Scraper {
  /** Its name as a collector of node_exporter, where the definition makes several and this is not the one it names. */
  readonly collector?: string
  /** What it measures, where that is not all of the definition's: it is not run where none of it is wanted. */
  readonly names?: readonly AnyMetricDefinition[]
  /**
   * Measures once.
   *
   * @throws HostError where nothing, or nothing more, could be measured
   */
  collect(cycle: Cycle): Promise<void> | void
  /** Ends what still runs, when the receiver stops. */
  close?(): void
}

/** What a scraper is made of. */
export interface ScraperContext {
  readonly files: HostFiles
  readonly clock: Clock
  readonly logger: Logger
}

/** A scraper and what it is known as. */
export interface ScraperDefinition<Options> {
  /** The key under `scrapers`: the Collector's. */
  readonly name: string
  /** The name of node_exporter's collector: the label of `node_scrape_collector_success`. */
  readonly collector: string
  /** The facts that it measures, with their names. */
  readonly names: readonly AnyMetricDefinition[]
  /**
   * Makes what measures: several where node_exporter has several collectors for it. One that fails hides no other.
   *
   * @throws ConfigError, with a path from the scraper's own options
   */
  create(options: Options, context: ScraperContext): Scraper | readonly Scraper[]
}
