import { Arrivals, rootNode } from '#src/arrivals/arrivals.ts'
import { internAttributes, ownAttributes } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import { Series } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import {
  forms,
  pointOf,
  type HistogramMessage,
  type SeriesForm,
} from '#src/remote/decode/histogram-message.ts'
import { decodeLabels, LabelError } from '#src/remote/decode/label-bytes.ts'
import {
  RequestDecoder,
  type FamilyMetadata,
  type RemoteWriteVersion,
  type RequestPart,
  type RequestTaker,
} from '#src/remote/decode/request-decoder.ts'
import type { Ledger } from '#src/telemetry/ledger.ts'
import { viewOf } from '#src/text/part-table.ts'
import { FamilyBook } from './family-book.ts'
import { meaningOf, namesOf } from './family-meaning.ts'
import { PushedTargets, valueOf } from './pushed-targets.ts'
import { RequestOutcome } from './request-outcome.ts'

const nameLabel = '__name__'
const targetInfo = 'target_info'

/** What bounds series. 0 is no limit, but for `series`. */
export interface SeriesLimits {
  readonly series: number
  readonly idleMs: number
  readonly labels: number
  readonly labelName: number
  readonly labelValue: number
}

/** What lies above series that a sender says the same of. */
interface PushedContext {
  readonly form: SeriesForm
  /** What version 2.0 says with each series. */
  readonly metadata: FamilyMetadata | undefined
}

/** Why a series was not taken: a word for the ledger, and a sentence for the sender. */
interface Refusal {
  readonly reason: string
  readonly problem: string
}

const unexplained: Refusal = { reason: 'invalid', problem: 'its series was not taken' }

/** The series of all senders of a receiver, and the points that requests bring for them. */
export class PushedSeries implements RequestTaker {
  readonly #limits: SeriesLimits
  readonly #ledger: Ledger
  readonly #arrivals: Arrivals<PushedContext>
  readonly #targets = new PushedTargets()
  readonly #families = new FamilyBook()
  readonly #decoder = new RequestDecoder(this)
  #outcome = new RequestOutcome()
  #refusal = unexplained
  #now = 0
  /** Families of which something else is said since this request. */
  readonly #changed = new Set<string>()

  constructor(receiver: string, limits: SeriesLimits, ledger: Ledger, forget: (source: Source) => void) {
    this.#limits = limits
    this.#ledger = ledger
    this.#arrivals = new Arrivals({
      receiver,
      maxSeries: limits.series,
      idleMs: limits.idleMs,
      forget,
      released: (series) => this.#targets.release(series),
    })
  }

  /** The number of series. */
  get size(): number {
    return this.#arrivals.size
  }

  /** The number of targets that they come from. */
  get targets(): number {
    return this.#targets.size
  }

  /**
   * Reads a request.
   *
   * @param now milliseconds, by a clock that only grows
   * @throws {LineMistake} where it is none: nothing of it counts then
   */
  read(
    body: Buffer,
    version: RemoteWriteVersion,
    now: number,
  ): { readonly batches: Batch[]; readonly outcome: RequestOutcome } {
    this.#outcome = new RequestOutcome()
    this.#now = now
    this.#arrivals.begin(now)
    try {
      this.#decoder.decode(body, version)
    } catch (error) {
      this.#arrivals.abort()
      this.#renewFamilies()
      throw error
    }
    const batches = this.#arrivals.end()
    this.#renewFamilies()
    return { batches, outcome: this.#outcome }
  }

  /** Lets go of series that have been silent. */
  sweep(now: number): void {
    this.#arrivals.sweep(now)
  }

  dispose(): void {
    this.#arrivals.dispose()
  }

  context(form: SeriesForm, metadata: FamilyMetadata | undefined): number {
    const { type, help, unit } = metadata ?? { type: -1, help: '', unit: '' }
    // The length tells the two texts apart.
    const bytes = Buffer.from(`${forms.indexOf(form)} ${type} ${help.length} ${help}${unit}`)
    const view = viewOf(bytes)
    const known = this.#arrivals.findContext(rootNode, view, 0, bytes.length)
    return known < 0
      ? this.#arrivals.addContext(rootNode, bytes, view, 0, bytes.length, { form, metadata })
      : known
  }

  known(context: number, _: Buffer, view: DataView, from: number, to: number): number {
    return this.#arrivals.find(context, view, from, to)
  }

  series(context: number, bytes: Buffer, view: DataView, from: number, to: number): number {
    const known = this.#arrivals.find(context, view, from, to)
    if (known >= 0) return known
    try {
      const number = this.#place(context, decodeLabels(bytes, view, from, to))
      if (number >= 0) this.#arrivals.remember(number, context, bytes, view, from, to)
      return number
    } catch (error) {
      if (!(error instanceof LabelError)) throw error
      this.#refusal = { reason: 'invalid_labels', problem: error.message }
      return -1
    }
  }

  sample(series: number, value: number, time: number, startTime: number, stale: boolean): void {
    if (!this.#record(series, 'samples', stale ? 0 : value, time)) return
    if (startTime !== 0) this.#arrivals.setStartTime(startTime)
    if (stale) this.#arrivals.setStale()
  }

  histogram(series: number, histogram: HistogramMessage): void {
    const { time, startTime, stale } = histogram
    let point
    try {
      if (!stale) point = pointOf(histogram)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const name = this.#arrivals.at(series)?.name ?? ''
      this.#refusal = {
        reason: 'invalid_histogram',
        problem: `a histogram of ${quoted(name)} contradicts itself: ${why}`,
      }
      this.refuse('histograms', 1)
      return
    }
    if (!this.#record(series, 'histograms', stale ? 0 : Number.NaN, time)) return
    if (point !== undefined) this.#arrivals.setPoint(point)
    if (startTime !== 0) this.#arrivals.setStartTime(startTime)
    if (stale) this.#arrivals.setStale()
  }

  exemplar(series: number, value: number, time: number, labels: readonly string[]): void {
    if (this.#arrivals.addExemplarOf(series, { value, time, attributes: ownAttributes(labels) }))
      this.#outcome.written.exemplars++
    else this.refuse('exemplars', 1, 'too many exemplars came without a sample')
  }

  metadata(family: string, metadata: FamilyMetadata): void {
    this.#outcome.written.metadata++
    if (family !== '' && this.#families.tell(family, metadata, this.#now)) this.#changed.add(family)
  }

  refuse(what: RequestPart, count: number, problem = this.#refusal.problem): void {
    this.#outcome.refuse(what, count, problem)
    if (what === 'samples' || what === 'histograms') this.#ledger.dropped.add(this.#refusal.reason, count)
  }

  #record(series: number, what: 'samples' | 'histograms', value: number, time: number): boolean {
    if (this.#arrivals.record(series, value, time)) {
      this.#outcome.written[what]++
      return true
    }
    const name = this.#arrivals.at(series)?.name ?? ''
    this.#refusal = {
      reason: 'too_many_points',
      problem: `the request has too many ${what} of one series: ${quoted(name)}`,
    }
    this.refuse(what, 1)
    return false
  }

  /** @throws {LabelError} where the labels make no series */
  #place(node: number, labels: readonly string[]): number {
    const context = this.#arrivals.context(node)
    if (context === undefined) throw new Error('a series lies below a context')
    const { form, metadata } = context
    const name = valueOf(labels, nameLabel)
    if (name === '') throw new LabelError('a series has no name, which is the label __name__')
    this.#checkLimits(name, labels)
    const attributes = labels.filter((_, index) => labels[index - (index % 2)] !== nameLabel)
    const target = this.#targets.of(attributes)
    if (name === targetInfo && form === 'number') this.#tellInfo(target, attributes)
    const meaning = meaningOf(name, attributes, form, (family) => metadata ?? this.#families.get(family))
    const metric = this.#targets.retain(target, meaning, form)
    const series = new Series(metric, internAttributes(attributes), meaning.role)
    const number = this.#arrivals.place(series, target.home)
    if (number < 0) {
      this.#refusal = {
        reason: 'series_limit',
        problem: `there are ${this.#limits.series} series already, and max_series allows no more`,
      }
    }
    return number
  }

  /** What a target says of itself is in its resource: its series are placed anew as they come. */
  #tellInfo(target: ReturnType<PushedTargets['of']>, labels: readonly string[]): void {
    const info = labels.filter((_, index) => {
      const label = labels[index - (index % 2)]
      return label !== 'job' && label !== 'instance'
    })
    const { scope: before } = target
    if (info.length === target.info.length && info.every((text, index) => text === target.info[index])) return
    target.setInfo(info)
    this.#arrivals.outdate(({ metric }) => metric.scope === before, target.home)
  }

  /** Has series of families placed anew of which something else is said. */
  #renewFamilies(): void {
    if (this.#changed.size === 0) return
    const names = new Set([...this.#changed].flatMap(namesOf))
    this.#changed.clear()
    this.#arrivals.outdate(({ name }) => names.has(name))
  }

  /** As Prometheus counts in a scrape: with the name; lengths in bytes. */
  #checkLimits(name: string, labels: readonly string[]): void {
    const { labels: most, labelName, labelValue } = this.#limits
    const { length } = labels
    if (most > 0 && length / 2 > most)
      throw new LabelError(`${quoted(name)} has ${length / 2} labels, expected at most ${most}`)
    if (labelName === 0 && labelValue === 0) return
    for (const [index, text] of labels.entries()) {
      const limit = index % 2 === 0 ? labelName : labelValue
      const bytes = limit === 0 ? 0 : Buffer.byteLength(text)
      if (bytes <= limit) continue
      const what = index % 2 === 0 ? 'name' : 'value'
      const label = quoted(labels[index - (index % 2)] ?? '')
      throw new LabelError(
        `the ${what} of the label ${label} of ${quoted(name)} has ${bytes} bytes, expected at most ${limit}`,
      )
    }
  }
}

/** The beginning of a name, for a message. */
function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80))
}
