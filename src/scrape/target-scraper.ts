import type { ReceiverContext } from '#src/component/define.ts'
import { staleBatch, type Batch } from '#src/model/batch.ts'
import { endedSlots, type Layout } from '#src/model/layout.ts'
import type { Source } from '#src/model/source.ts'
import { describeError } from '#src/telemetry/log-value.ts'
import { ExpositionError } from '#src/text/exposition-error.ts'
import type { ScrapeReport } from './own-series.ts'
import { ScrapeBody, wrongStatus } from './scrape-body.ts'
import { failureReason, type ScrapeFailure } from './scrape-failure.ts'
import type { ScrapeJob } from './scrape-job.ts'
import { TargetSeries } from './target-series.ts'
import type { Target } from './target.ts'

/** Stale markers that were refused wait for the next cycle, so many batches of them at most. */
const mostOwed = 16

/** What bodies may be compressed with, the cheapest first. */
const encodings = ['zstd', 'gzip'] as const
const noEncodings: typeof encodings | readonly [] = []

const noCounts = { scraped: 0, kept: 0, startTimes: 0, added: 0 }

/** What the scrapes of one job have around them. */
export interface ScrapeSurroundings {
  readonly job: ScrapeJob
  readonly receiver: ReceiverContext
  /** Why nothing of the job can be scraped at present; undefined where all is well. */
  readonly blocked: ScrapeFailure | undefined
}

/** How the last scrape of a target went. */
export interface LastScrape {
  /** When it began, Unix milliseconds. */
  readonly time: number
  readonly durationMs: number
  /** Samples that were kept. */
  readonly samples: number
  readonly bodyBytes: number
  readonly error: string | undefined
}

/** Scrapes one target when it is told to, and emits what came of it. */
export class TargetScraper {
  readonly source: Source
  /** Its labels and URL stay. */
  target: Target
  readonly #around: ScrapeSurroundings
  #series: TargetSeries | undefined
  /** Whether its series are to be made anew: by other options than before. */
  #outdated = false
  #owed: readonly Batch[] = []
  #body: ScrapeBody | undefined
  #url: URL | undefined
  /** Whether the last scrape ran out of time when its body was read. */
  ranOut = false
  /** Undefined before the first scrape has ended. */
  last: LastScrape | undefined

  constructor(target: Target, source: Source, around: ScrapeSurroundings) {
    this.target = target
    this.source = source
    this.#around = around
  }

  /** The layout of its last batches; undefined before the first. */
  get layout(): Layout | undefined {
    return this.#series?.reader.layout
  }

  /** Whether the next scrape has no series that it could find. */
  get makesSeries(): boolean {
    return this.#outdated || (this.#series?.reader.layout.size ?? 0) === 0
  }

  /** Whether the answer to the scrape under way has begun. */
  get answered(): boolean {
    return this.#body?.begun === true
  }

  /** The options of the job are others: from the next scrape on they hold. */
  renew(): void {
    this.#outdated = true
  }

  /**
   * Scrapes once, and emits all or nothing of the body. Where the signal aborts, nothing happened.
   *
   * @param time of the samples, Unix milliseconds
   */
  async scrape(time: number, signal: AbortSignal): Promise<void> {
    const { job, receiver } = this.#around
    const began = receiver.clock.monotonic()
    const series = this.#seriesToFill()
    const body = new ScrapeBody(series.reader, job.fallbackProtocol)
    this.#body = body
    let bodyBytes = 0
    let error: unknown
    try {
      bodyBytes = await this.#get(body, signal)
    } catch (failure) {
      error = failure
    }
    if (signal.aborted) {
      series.reader.abort()
      if (series !== this.#series) series.reader.dispose()
      return
    }
    this.ranOut = body.begun && failureReason(error) === 'timeout'
    const durationMs = receiver.clock.monotonic() - began
    const report = this.#reportOf(series, body, { error, durationMs, bodyBytes })
    this.#note(time, report, error, body)
    if (error === undefined) this.#take(series, time, report)
    else this.#fail(series, time, report)
  }

  /**
   * The target is gone: ends its series with stale markers, but for those that others have taken over.
   *
   * @param successors the layouts of those others
   */
  retire(time: number, successors: readonly Layout[] = []): void {
    const markers = this.#series?.reader.retire(time) ?? []
    const owed = markers.map((batch) => {
      const { layout } = batch
      return batch.withSlots(successors.reduce((slots, each) => endedSlots(layout, each, slots), batch.walk))
    })
    this.#emit(owed.filter(({ size }) => size > 0))
  }

  /** Gives everything back. */
  dispose(): void {
    this.#series?.reader.dispose()
    this.#series = undefined
    this.#owed = []
  }

  /** Those there are, unless the target says of itself what it did not say before, or the job has other options. */
  #seriesToFill(): TargetSeries {
    const { job } = this.#around
    const known = this.#series
    if (known === undefined) {
      this.#outdated = false
      this.#series = new TargetSeries(this.source, this.target, job)
      return this.#series
    }
    if (known.newInfo === undefined && !this.#outdated) return known
    return new TargetSeries(this.source, this.target, job, known.newInfo ?? known.info)
  }

  get #targetUrl(): URL {
    this.#url ??= new URL(this.target.url)
    return this.#url
  }

  /** @returns bytes of the body */
  async #get(body: ScrapeBody, signal: AbortSignal): Promise<number> {
    const { job, blocked } = this.#around
    if (blocked !== undefined) throw blocked
    const { timeoutMs } = this.target
    const request = {
      url: this.#targetUrl,
      headers: scrapeHeaders(job.accept, timeoutMs),
      encodings: job.compression ? encodings : noEncodings,
      timeoutMs,
      bodySizeLimit: job.limits.body,
    }
    const answer = await job.client.get(request, body, signal)
    if (answer.status !== 200) throw wrongStatus(answer.status)
    return answer.bodyBytes
  }

  #reportOf(
    { reader }: TargetSeries,
    { begun }: ScrapeBody,
    { error, durationMs, bodyBytes }: { error: unknown; durationMs: number; bodyBytes: number },
  ): ScrapeReport {
    // Of a body that is given up for what it says, the samples so far count; of one that did not come whole, none.
    const counted = begun && (error === undefined || error instanceof ExpositionError)
    const { scraped, kept, startTimes, added } = counted ? reader.counts : noCounts
    const tooLarge = failureReason(error) === 'body_too_large'
    return {
      up: error === undefined,
      durationMs,
      scraped,
      kept,
      startTimes,
      // The line that a body is given up for may be of a series that is new.
      added: Math.min(added, kept),
      bodyBytes: error === undefined ? bodyBytes : tooLarge ? -1 : 0,
      timeoutMs: this.target.timeoutMs,
      sampleLimit: this.#around.job.limits.samples,
    }
  }

  #note(time: number, report: ScrapeReport, error: unknown, { begun }: ScrapeBody): void {
    const { receiver, job } = this.#around
    const { collections, ledger, logger } = receiver
    const { durationMs, scraped, kept, startTimes, bodyBytes } = report
    // What is wrong with an answer is told in its words.
    const message =
      error === undefined ? undefined : job.client.conceal(describeError(error), this.#targetUrl)
    const reason = error === undefined ? undefined : (failureReason(error) ?? 'internal_error')
    collections.record({ source: this.source.part, durationMs, error: reason })
    collections.intervalMs = Math.max(collections.intervalMs ?? 0, this.target.intervalMs)
    if (reason === undefined) ledger.dropped.add('relabel_dropped', scraped - kept - startTimes)
    else if (begun) ledger.dropped.add(reason, kept)
    const fields = { job: job.name, target: this.source.part, reason, error: message }
    if (reason === 'internal_error') logger.error('scraping has a defect', { ...fields, error })
    else if (message !== undefined && this.last?.error === undefined)
      logger.warn('a target cannot be scraped', fields)
    else if (message === undefined && this.last?.error !== undefined)
      logger.info('a target can be scraped again', { job: job.name, target: this.source.part })
    this.last = { time, durationMs, samples: kept, bodyBytes: Math.max(0, bodyBytes), error: message }
  }

  /** A body was read. Where its series were made anew, those that are not among them end. */
  #take(series: TargetSeries, time: number, report: ScrapeReport): void {
    const before = this.#series
    const { dropped } = this.#around.receiver.ledger
    const batches = series.commit(time, report)
    const { layout, counts } = series.reader
    dropped.add('duplicate_series', counts.duplicates)
    dropped.add('malformed_histogram', counts.malformed)
    if (before !== undefined && before !== series) {
      const old = before.reader.layout
      const ended = before.reader.failed ? new Int32Array(0) : endedSlots(old, layout)
      if (ended.length > 0) batches.unshift(staleBatch(old, ended, time))
      before.reader.dispose()
      this.#series = series
      this.#outdated = false
    }
    this.#emit(batches)
  }

  #fail(series: TargetSeries, time: number, report: ScrapeReport): void {
    const lasting = this.#series ?? series
    if (series !== lasting) series.reader.dispose()
    const batches = lasting.fail(time, report)
    this.#emit(batches)
    // Series that wait for the target to come back are none that live.
    this.#around.receiver.collections.of(this.source.part).series = batches.at(-1)?.size ?? 0
  }

  /**
   * Emits samples, and the stale markers before them. Refused, the cycle is skipped; the markers are still owed, and are
   * emitted with the next one, at their own time.
   */
  #emit(batches: readonly Batch[]): void {
    const { job, receiver } = this.#around
    const wanted = job.staleMarkers ? batches : batches.filter((batch) => !hasOnlyMarkers(batch))
    const all = [...this.#owed, ...wanted]
    this.#owed = receiver.emit(all) ? [] : all.filter(hasOnlyMarkers).slice(-mostOwed)
  }
}

/** The headers of the last request: those of a job are the same for nearly all its targets. */
let lastHeaders = { Accept: '', 'X-Prometheus-Scrape-Timeout-Seconds': '' }

function scrapeHeaders(accept: string, timeoutMs: number): typeof lastHeaders {
  const seconds = String(timeoutMs / 1000)
  if (lastHeaders.Accept !== accept || lastHeaders['X-Prometheus-Scrape-Timeout-Seconds'] !== seconds) {
    lastHeaders = { Accept: accept, 'X-Prometheus-Scrape-Timeout-Seconds': seconds }
  }
  return lastHeaders
}

/** Whether a batch only says which series ended: samples of some series have no flags, and flagged samples are of all. */
function hasOnlyMarkers({ slots, flags }: Batch): boolean {
  return slots !== undefined && flags !== undefined
}
