import { retainAttributes, type AttributeSet } from '#src/model/attribute-set.ts'
import type { Scope } from '#src/model/resource.ts'
import { makeDescriptor, Metric, Series } from '#src/model/series.ts'
import type { ExpositionReader, OwnSeries } from '#src/text/exposition-reader.ts'

/** What a scrape was like, for the series that tell of it. */
export interface ScrapeReport {
  readonly up: boolean
  readonly durationMs: number
  /** Samples of the body, and those that relabeling left. */
  readonly scraped: number
  readonly kept: number
  /** Lines of the body that only say since when others count. */
  readonly startTimes: number
  /** Series that the scrape before did not have. */
  readonly added: number
  /** Bytes of the body, uncompressed; -1 where there were too many, 0 where the scrape failed otherwise. */
  readonly bodyBytes: number
  readonly timeoutMs: number
  /** 0 is none. */
  readonly sampleLimit: number
}

/** One series that every target has of its scrapes. */
interface OwnMetric {
  readonly name: string
  readonly description: string
  /** Whether it is there only where it is asked for. */
  readonly extra: boolean
  value(report: ScrapeReport): number
}

function own(name: string, description: string, value: OwnMetric['value'], extra = false): OwnMetric {
  return { name, description, extra, value }
}

/** Those of Prometheus. They bear the labels of the target, and no rule touches them. */
const ownMetrics: readonly OwnMetric[] = [
  own('up', '1 where the scrape succeeded, 0 where it failed.', ({ up }) => Number(up)),
  own('scrape_duration_seconds', 'How long the scrape took.', ({ durationMs }) => durationMs / 1000),
  own('scrape_samples_scraped', 'Samples that the target exposed.', ({ scraped }) => scraped),
  own(
    'scrape_samples_post_metric_relabeling',
    'Samples that were left after metric relabeling.',
    ({ kept }) => kept,
  ),
  own('scrape_series_added', 'Series that the scrape before did not have.', ({ added }) => added),
  own('scrape_timeout_seconds', 'How long a scrape may take.', ({ timeoutMs }) => timeoutMs / 1000, true),
  own(
    'scrape_sample_limit',
    'How many samples a scrape may have; 0 for any number.',
    ({ sampleLimit }) => sampleLimit,
    true,
  ),
  own(
    'scrape_body_size_bytes',
    'Size of the uncompressed body; -1 where it was larger than it may be.',
    ({ bodyBytes }) => bodyBytes,
    true,
  ),
]

const described = ownMetrics.map((metric) => ({
  ...metric,
  descriptor: makeDescriptor({ kind: 'gauge', description: metric.description }),
}))

/** The series of one target that tell of its scrapes. */
export class OwnSeriesOfTarget {
  readonly #reader: ExpositionReader
  readonly #series: readonly OwnSeries[]

  /** @param attributes the labels of the target; the caller keeps his reference */
  constructor(reader: ExpositionReader, scope: Scope, attributes: AttributeSet, extraMetrics: boolean) {
    this.#reader = reader
    this.#series = described
      .filter(({ extra }) => extraMetrics || !extra)
      .map(({ name, descriptor }) =>
        reader.addOwn(new Series(new Metric(name, descriptor, scope), retainAttributes(attributes))),
      )
  }

  /** Writes the values of the batch to come. */
  write(report: ScrapeReport): void {
    for (const [index, series] of this.#series.entries()) {
      this.#reader.setOwn(series, ownMetrics[index]?.value(report) ?? Number.NaN)
    }
  }
}
