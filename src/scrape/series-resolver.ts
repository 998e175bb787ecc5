import { internAttributes, type AttributeValue } from '#src/model/attribute-set.ts'
import type { Scope } from '#src/model/resource.ts'
import { Metric, releaseSeries, Series } from '#src/model/series.ts'
import { isClassicLabelName, isClassicMetricName } from '#src/naming/prometheus-names.ts'
import { Labels } from '#src/relabel/labels.ts'
import type { ExposedFamily } from '#src/text/exposed-families.ts'
import type { ExposedSeries } from '#src/text/exposed-series.ts'
import { ExpositionError } from '#src/text/exposition-error.ts'
import { mergeLabels } from './honored-labels.ts'
import type { ScrapeJob, ScrapeLimits } from './scrape-job.ts'

const nameLabel = '__name__'
const targetInfo = 'target_info'

/** What of a job decides which series a line is. */
export type ResolvingJob = Pick<
  ScrapeJob,
  'honorLabels' | 'externalLabels' | 'limits' | 'metricRelabeling' | 'names'
>

/** Serves one series after the other, of all targets. */
const shared = new Labels()

/**
 * Makes series of exposed ones: puts the target's labels to them, applies the metric relabeling, checks limits. It is asked
 * once per series while that stays.
 */
export class SeriesResolver {
  readonly #job: ResolvingJob
  readonly #own: readonly string[]
  readonly #scope: Scope
  #info: readonly string[] | undefined

  /** @param own the labels of the target: name, value, ... */
  constructor(job: ResolvingJob, own: readonly string[], scope: Scope) {
    this.#job = job
    this.#own = own
    this.#scope = scope
  }

  /** The labels of the series `target_info` that came last: name, value, ... ; undefined where none has come. */
  get targetInfo(): readonly string[] | undefined {
    return this.#info
  }

  /**
   * The series that an exposed one is, undefined where a rule drops it.
   *
   * @throws {Error} where it breaks a limit, or is no series any more: the whole body is then given up
   */
  resolve({ name, labels: exposed, family, role }: ExposedSeries): Series | undefined {
    if (name === targetInfo) this.#info = exposed
    const { honorLabels, limits, metricRelabeling } = this.#job
    const labels = shared
    labels.clear()
    mergeLabels(labels, exposed, this.#own, honorLabels)
    labels.fill(nameLabel, name)
    if (metricRelabeling?.apply(labels) === false) return undefined
    checkLimits(labels, limits)
    const metric = this.#metricOf(family)
    const relabeledName = this.#checkedName(labels)
    const series = new Series(metric, internAttributes(this.#attributesOf(labels)), role)
    if (relabeledName === name) return series
    const renamed = series.withName(relabeledName)
    releaseSeries(series)
    return renamed
  }

  #metricOf(family: ExposedFamily): Metric {
    // A family belongs to the reader of one target, and so to one resolver.
    family.metric ??= new Metric(family.name, family.descriptor, this.#scope)
    return family.metric
  }

  /** The labels that stay, since those that begin with two underscores were only for rules, and the external ones. */
  #attributesOf(labels: Labels): AttributeValue[] {
    const list: AttributeValue[] = []
    for (let index = 0; index < labels.size; index++) {
      const name = labels.nameAt(index)
      if (!name.startsWith('__')) list.push(name, labels.valueAt(index))
    }
    const { externalLabels } = this.#job
    for (let index = 0; index < externalLabels.length; index += 2) {
      const name = externalLabels[index] ?? ''
      if (!labels.has(name)) list.push(name, externalLabels[index + 1] ?? '')
    }
    return list
  }

  #checkedName(labels: Labels): string {
    const name = labels.get(nameLabel)
    if (name === '') throw new Error('metric relabeling leaves a series without a name')
    const legacy = this.#job.names === 'legacy'
    if (legacy ? !isClassicMetricName(name) : !name.isWellFormed())
      throw new Error(`${JSON.stringify(name)} is no name of a metric`)
    if (!legacy) return name
    for (let index = 0; index < labels.size; index++) {
      const label = labels.nameAt(index)
      if (!isClassicLabelName(label)) throw new Error(`${JSON.stringify(label)} is no name of a label`)
    }
    return name
  }
}

/** As Prometheus counts: after relabeling, with the name; lengths in bytes. */
function checkLimits(labels: Labels, limits: ScrapeLimits): void {
  if (limits.labels > 0 && labels.size > limits.labels) {
    throw new ExpositionError(
      'limit',
      `label limit exceeded: ${metricText(labels)} has ${labels.size} labels, expected at most ${limits.labels}`,
    )
  }
  if (limits.labelName === 0 && limits.labelValue === 0) return
  for (let index = 0; index < labels.size; index++) {
    const name = labels.nameAt(index)
    checkLength('name', Buffer.byteLength(name), limits.labelName, name, labels)
    checkLength('value', Buffer.byteLength(labels.valueAt(index)), limits.labelValue, name, labels)
  }
}

function checkLength(
  what: 'name' | 'value',
  length: number,
  limit: number,
  name: string,
  labels: Labels,
): void {
  if (limit === 0 || length <= limit) return
  const label = name.slice(0, 50)
  throw new ExpositionError(
    'limit',
    `label ${what} length limit exceeded: the ${what} of the label ${label} of ${metricText(labels)} has ${length} bytes, expected at most ${limit}`,
  )
}

function metricText(labels: Labels): string {
  return labels.get(nameLabel).slice(0, 50)
}
