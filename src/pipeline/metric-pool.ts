import { sameMetric, type Descriptor, type Metric } from '#src/model/series.ts'

/**
 * The metrics that the outputs of one stage share, counted, so that a thousand renamed series of a family hold one
 * object. A renamed part may bring a descriptor of its own; equal ones are one metric all the same.
 */
export class MetricPool {
  readonly #byName = new Map<string, { readonly metric: Metric; references: number }[]>()

  /** The number of distinct metrics. */
  get size(): number {
    let size = 0
    for (const shared of this.#byName.values()) size += shared.length
    return size
  }

  /** The shared metric equal to this one, held once more. */
  retain(metric: Metric): Metric {
    let shared = this.#byName.get(metric.name)
    if (shared === undefined) {
      shared = []
      this.#byName.set(metric.name, shared)
    }
    let entry = shared.find((each) => isSame(each.metric, metric))
    if (entry === undefined) {
      entry = { metric, references: 0 }
      shared.push(entry)
    }
    entry.references++
    return entry.metric
  }

  /** Gives one hold back. */
  release(metric: Metric): void {
    const shared = this.#byName.get(metric.name)
    const index = shared?.findIndex((each) => each.metric === metric) ?? -1
    const entry = shared?.[index]
    if (shared === undefined || entry === undefined || --entry.references > 0) return
    shared.splice(index, 1)
    if (shared.length === 0) this.#byName.delete(metric.name)
  }
}

function isSame(first: Metric, second: Metric): boolean {
  return sameMetric(first, second) && sameDescriptor(first.descriptor, second.descriptor)
}

function sameDescriptor(first: Descriptor, second: Descriptor): boolean {
  return (
    first === second ||
    (first.kind === second.kind &&
      first.unit === second.unit &&
      first.description === second.description &&
      first.temporality === second.temporality &&
      first.monotonic === second.monotonic)
  )
}
