import type { HttpClient } from '#src/http/client/http-client.ts'
import type { NameScheme } from '#src/relabel/label-name.ts'
import type { Relabeling } from '#src/relabel/relabeling.ts'
import type { ResolutionLimits } from '#src/text/native-histogram.ts'
import type { ScrapeProtocol } from './scrape-protocol.ts'

/** Bounds on what a target exposes; 0 is none. */
export interface ScrapeLimits {
  /** Samples after metric relabeling. */
  readonly samples: number
  /** Labels of a series, its name among them. */
  readonly labels: number
  /** Bytes of a label's name. */
  readonly labelName: number
  /** Bytes of a label's value. */
  readonly labelValue: number
  /** Bytes of a body, uncompressed. */
  readonly body: number
}

/** How histograms are read. */
export interface HistogramOptions {
  /** Whether those that have native buckets are read as native ones. */
  readonly nativeHistograms: boolean
  /** Whether classic buckets are read beside native ones. */
  readonly classicHistograms: boolean
  /** Whether classic ones become native ones with custom buckets: in place of their series, or beside them. */
  readonly customHistograms: 'instead' | 'beside' | undefined
  /** How fine native ones may be. */
  readonly resolution: ResolutionLimits
}

/** One job, as its `scrape_config` and the global settings have it: what targets are made and scraped by. */
export interface ScrapeJob {
  readonly name: string
  readonly scheme: string
  readonly metricsPath: string
  readonly params: ReadonlyMap<string, readonly string[]>
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly alignMs: number
  readonly offsetMs: number | undefined
  readonly honorLabels: boolean
  readonly honorTimestamps: boolean
  readonly trackTimestampsStaleness: boolean
  /** Whether ended series get stale markers. */
  readonly staleMarkers: boolean
  /** Labels that series get that do not have them: name, value, ... */
  readonly externalLabels: readonly string[]
  readonly limits: ScrapeLimits
  /** Targets at most; 0 is any number. More of them fail all. */
  readonly targetLimit: number
  /** Dropped targets that are remembered for people at most. */
  readonly keepDroppedTargets: number
  readonly compression: boolean
  /** The header that says which formats are wanted. */
  readonly accept: string
  /** The format of bodies whose type is missing or unknown; undefined fails them. */
  readonly fallbackProtocol: ScrapeProtocol | undefined
  readonly names: NameScheme
  readonly histograms: HistogramOptions
  /** Whether the series `scrape_timeout_seconds`, `scrape_sample_limit` and `scrape_body_size_bytes` are there too. */
  readonly extraMetrics: boolean
  /** Rules for targets, and for their series. */
  readonly relabeling: Relabeling
  readonly metricRelabeling: Relabeling | undefined
  readonly client: Pick<HttpClient, 'get' | 'conceal' | 'close'>
}
