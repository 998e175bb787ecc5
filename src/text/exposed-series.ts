import type { Point } from '#src/model/point.ts'
import type { Role, Series } from '#src/model/series.ts'
import type { ExposedFamily } from './exposed-families.ts'
import type { LineExemplar } from './sample-columns.ts'

/** One series as a target exposes it, told once, when it is new. Names and values are decoded text. */
export interface ExposedSeries {
  readonly name: string
  /** Name, value, name, value, in the order of the line; `le` and `quantile` of parts as OpenMetrics writes them. */
  readonly labels: readonly string[]
  readonly family: ExposedFamily
  readonly role: Role
}

/**
 * Says which series a line is; undefined drops it. It is remembered, so it is asked once while a line stays. The reader
 * takes over the reference to the series' attributes. What it throws gives the body up: an ExpositionError with its code,
 * another error with the code `series`; in both cases with the place of the line.
 */
export type Resolve = (exposed: ExposedSeries) => Series | undefined

/** What a scrape amounts to, in samples. */
export interface ScrapeCounts {
  /** Samples of the body, before relabeling. */
  readonly scraped: number
  /** Samples that relabeling left. */
  readonly kept: number
  /** Lines that say since when others count, and are no samples of a series. */
  readonly startTimes: number
  /** Series that the scrape before did not have. */
  readonly added: number
  /** Samples of a series that the body had already; the first counts. */
  readonly duplicates: number
  /** Classic histograms that were to be native ones, and whose parts make none. */
  readonly malformed: number
}

/** How the samples of a target are taken. */
export interface RowOptions {
  /** Samples of a body after relabeling; 0 for any number. */
  readonly sampleLimit: number
  /** Whether series with times of their own get stale markers. */
  readonly trackTimestampsStaleness: boolean
  /**
   * Whether classic histograms are read as native ones with custom buckets: `instead` of their parts, or `beside` them. Not at
   * all where absent.
   */
  readonly customHistograms?: 'instead' | 'beside' | undefined
}

/** What a sample may say beside its value. */
export interface SampleDetails {
  /** Unix time in milliseconds that counts; NaN for that of the scrape. */
  readonly time: number
  readonly exemplars?: readonly LineExemplar[] | undefined
  /** Since when the value counts, in Unix milliseconds. */
  readonly startTime?: number | undefined
  readonly point?: Point | undefined
  /** The target says that the series ended. */
  readonly stale?: boolean | undefined
}
