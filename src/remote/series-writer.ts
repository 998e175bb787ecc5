import type { Exemplar } from '#src/model/batch.ts'
import type { Metric } from '#src/model/series.ts'
import type { LabelDictionary } from './label-dictionary.ts'
import type { NativeHistogram } from './native-histogram.ts'
import type { RequestSymbols } from './v2/request-symbols.ts'

/** What version 2.0 says of the series of a metric, beside each of them. */
export interface SeriesMetadata {
  /** Whether the metric's descriptor still says the same. */
  isCurrent(): boolean
  /** Gives back what it holds. */
  release(): void
}

/** What a series says beside its labels and its sample. */
export interface SeriesExtras {
  /** Unix time in milliseconds since which a cumulative value counts; 0 where it is not known. For version 2.0. */
  startTime: number
  /** As `describe` made it. */
  metadata: SeriesMetadata | undefined
  exemplars: readonly Exemplar[] | undefined
}

/**
 * Writes time series of one version of remote write, at once in the block format of snappy. What was written after `begin`
 * can be joined with others in any order, under one header: no copy reaches further back.
 */
export interface SeriesWriter {
  readonly dictionary: LabelDictionary
  /** What was written, up to `end`. */
  readonly bytes: Buffer
  readonly end: number
  /** How long it is decompressed. */
  readonly raw: number
  /** Where the values of the samples are, in their order. */
  readonly holes: Int32Array
  /** The number of series. */
  readonly series: number
  /** Where the varint of the timestamp is, all others being copies of it; -1 where there are several, or histograms. */
  readonly timestampAt: number

  /** Makes what is said of a metric's series; undefined in version 1.0, which says it elsewhere. */
  readonly describe: ((metric: Metric) => SeriesMetadata) | undefined

  /** Forgets what was written. @param symbols the table of the request that it goes into, for version 2.0 */
  begin(symbols: RequestSymbols | undefined): void

  /**
   * Writes a series with one sample.
   *
   * @param labels numbers of labels, sorted by name, of which the first `count` hold
   * @param value undefined for the staleness marker
   * @param time Unix time in milliseconds, whole
   */
  sample(
    labels: Int32Array,
    count: number,
    value: number | undefined,
    time: number,
    extras: SeriesExtras,
  ): void

  /** Writes a series with one native histogram; undefined for the staleness marker. */
  histogram(
    labels: Int32Array,
    count: number,
    histogram: NativeHistogram | undefined,
    time: number,
    extras: SeriesExtras,
  ): void

  /** Writes what could have gone on, before what was written is read. */
  finish(): void
}
