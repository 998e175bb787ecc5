import { internAttributes, releaseAttributes } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import { makeResource, makeScope, type Resource, type Scope } from '#src/model/resource.ts'
import type { Source } from '#src/model/source.ts'
import { defaultReaderOptions, ExpositionReader } from '#src/text/exposition-reader.ts'
import { OwnSeriesOfTarget, type ScrapeReport } from './own-series.ts'
import type { ScrapeJob } from './scrape-job.ts'
import { SeriesResolver } from './series-resolver.ts'
import type { Target } from './target.ts'

/** What a scope is made of, while nobody has seen it. */
type Fresh<Type> = { -readonly [Key in keyof Type]: Type[Key] }

/** The series of one target, as long as what it says of itself (`target_info`) is the same. */
export class TargetSeries {
  readonly reader: ExpositionReader
  readonly #target: Target
  readonly #resource: Fresh<Resource>
  readonly #scope: Fresh<Scope>
  readonly #resolver: SeriesResolver
  readonly #own: OwnSeriesOfTarget
  /** Labels of `target_info` that the resource was made of. */
  info: readonly string[]
  #committed = false

  /** @param info labels of `target_info`, as far as they are known: name, value, ... */
  constructor(source: Source, target: Target, job: ScrapeJob, info: readonly string[] = []) {
    this.#target = target
    this.info = info
    this.#resource = resourceOf(target, info)
    this.#scope = makeScope(this.#resource)
    this.#resolver = new SeriesResolver(job, target.labels, this.#scope)
    this.reader = new ExpositionReader(source, (exposed) => this.#resolver.resolve(exposed), {
      ...defaultReaderOptions,
      honorTimestamps: job.honorTimestamps,
      ...job.histograms,
      trackTimestampsStaleness: job.trackTimestampsStaleness,
      sampleLimit: job.limits.samples,
    })
    // Of two labels of one name the last counts.
    const attributes = internAttributes([...job.externalLabels, ...target.labels])
    this.#own = new OwnSeriesOfTarget(this.reader, this.#scope, attributes, job.extraMetrics)
    releaseAttributes(attributes)
  }

  /** The labels of `target_info` where they are not those that the resource was made of: its series are to be made anew. */
  get newInfo(): readonly string[] | undefined {
    const { targetInfo } = this.#resolver
    return targetInfo === undefined || sameList(targetInfo, this.info) ? undefined : targetInfo
  }

  /** Takes the body that the reader has ended. */
  commit(time: number, report: ScrapeReport): Batch[] {
    const { newInfo } = this
    if (!this.#committed && newInfo !== undefined) {
      // `target_info` came after other series, of which nobody knows yet.
      this.info = newInfo
      Object.assign(this.#resource, resourceOf(this.#target, newInfo))
      Object.assign(this.#scope, makeScope(this.#resource))
    }
    this.#committed = true
    this.#own.write(report)
    return this.reader.commit(time)
  }

  /** Ends all series but those that tell of the scrapes. */
  fail(time: number, report: ScrapeReport): Batch[] {
    this.#own.write(report)
    return this.reader.fail(time)
  }
}

/**
 * The resource that stands for a target: its job and instance, where it is, and what it says of itself. Derived, since its
 * series bear the labels anyway; `job` and `instance` have these names until OTLP is written.
 */
function resourceOf({ labels, url }: Target, info: readonly string[]): Resource {
  const { hostname, port, protocol } = new URL(url)
  const scheme = protocol.slice(0, -1)
  const attributes = [
    'server.address',
    hostname,
    'server.port',
    port === '' ? (scheme === 'https' ? '443' : '80') : port,
    'url.scheme',
    scheme,
    ...info,
  ]
  for (let index = 0; index < labels.length; index += 2) {
    const name = labels[index]
    if (name === 'job' || name === 'instance') attributes.push(name, labels[index + 1] ?? '')
  }
  return makeResource(attributes, { derived: true })
}

function sameList(first: readonly string[], second: readonly string[]): boolean {
  return first.length === second.length && first.every((text, index) => text === second[index])
}
