import { Home } from '#src/arrivals/arrivals.ts'
import { makeResource, makeScope, type Scope } from '#src/model/resource.ts'
import { Metric, type Series } from '#src/model/series.ts'
import type { SeriesForm } from '#src/remote/decode/histogram-message.ts'
import { descriptorOf, type Meaning } from './family-meaning.ts'

/** A metric, and how many series are of it. */
interface MetricUse {
  readonly metric: Metric
  readonly target: PushedTarget
  readonly key: string
  series: number
}

/** What series of one `job` and `instance` share. */
export class PushedTarget {
  readonly key: string
  readonly job: string
  readonly instance: string
  readonly home = new Home()
  scope: Scope
  /** The labels of its `target_info`: name, value, ... */
  info: readonly string[] = []
  /** Metrics of the present scope. */
  metrics = new Map<string, MetricUse>()
  /** Series of all scopes that it has had. */
  series = 0

  constructor(key: string, job: string, instance: string) {
    this.key = key
    this.job = job
    this.instance = instance
    this.scope = this.#makeScope()
  }

  /** The target says something else of itself. */
  setInfo(info: readonly string[]): void {
    this.info = info
    this.scope = this.#makeScope()
    this.metrics = new Map()
  }

  /** Derived, as that of a scraped target: its series bear the labels anyway. */
  #makeScope(): Scope {
    const attributes = [...this.info]
    if (this.job !== '') attributes.push('job', this.job)
    if (this.instance !== '') attributes.push('instance', this.instance)
    return makeScope(makeResource(attributes, { derived: true }))
  }
}

/** The targets that pushed series come from, by their labels `job` and `instance`, as long as they have series. */
export class PushedTargets {
  readonly #targets = new Map<string, PushedTarget>()
  readonly #uses = new Map<Metric, MetricUse>()

  get size(): number {
    return this.#targets.size
  }

  /** The target of a series with these labels. */
  of(labels: readonly string[]): PushedTarget {
    const job = valueOf(labels, 'job')
    const instance = valueOf(labels, 'instance')
    const key = JSON.stringify([job, instance])
    let target = this.#targets.get(key)
    if (target === undefined) {
      target = new PushedTarget(key, job, instance)
      this.#targets.set(key, target)
    }
    return target
  }

  /** The metric of one series more, whose descriptor then says what is said now. */
  retain(target: PushedTarget, meaning: Meaning, form: SeriesForm): Metric {
    const { family, role, kind } = meaning
    // Parts, numbers and points of one name are no one metric.
    const key = `${form === 'number' && role !== 'none' ? 'part' : form} ${family}`
    let use = target.metrics.get(key)
    if (use === undefined) {
      const metric = new Metric(family, descriptorOf(meaning), target.scope)
      use = { metric, target, key, series: 0 }
      target.metrics.set(key, use)
      this.#uses.set(metric, use)
    } else if (meaning.metadata !== undefined || kind !== use.metric.descriptor.kind)
      Object.assign(use.metric.descriptor, descriptorOf(meaning))
    use.series++
    target.series++
    return use.metric
  }

  /** A series has gone. */
  release({ metric }: Series): void {
    const use = this.#uses.get(metric)
    if (use === undefined) return
    const { target, key } = use
    if (--use.series === 0) {
      this.#uses.delete(metric)
      if (target.metrics.get(key) === use) target.metrics.delete(key)
    }
    if (--target.series === 0 && this.#targets.get(target.key) === target) this.#targets.delete(target.key)
  }
}

/** The value of a label; empty where there is none. Name, value, name, value. */
export function valueOf(labels: readonly string[], name: string): string {
  for (let index = 0; index < labels.length; index += 2)
    if (labels[index] === name) return labels[index + 1] ?? ''
  return ''
}
