import { ValueType, type HrTime } from '@opentelemetry/api'
import { millisToHrTime } from '@opentelemetry/core'
import { emptyResource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  DataPointType,
  type CollectionResult,
  type DataPoint,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics'
import type { Clock } from '#src/component/clock.ts'
import type { Measured, MetricLevel, OwnMetric, Subject } from './own-metric.ts'
import { ownMetrics } from './own-metrics.ts'

const levels: Readonly<Record<MetricLevel, number>> = { basic: 0, normal: 1, detailed: 2 }

/** The metrics that are there at a level. */
export function metricsAt(level: MetricLevel): OwnMetric[] {
  return ownMetrics.filter((metric) => levels[metric.level] <= levels[level])
}

/**
 * Hands own metrics to a reader of the OpenTelemetry SDK, read from the live ledgers at each collection. Not by
 * observable instruments: those of the JavaScript SDK report a series that was seen once for ever (a component that a
 * reload took away, a target that ended), and stop at 2000 series a metric.
 */
export class OwnMetricProducer implements MetricProducer {
  readonly #metrics: readonly OwnMetric[]
  readonly #subject: () => Subject
  readonly #clock: Clock
  /** When counters began: at the collection before the first that saw their holder, at the latest. */
  readonly #births = new WeakMap<object, HrTime>()
  readonly #start: HrTime
  #lastCollection: HrTime

  constructor(level: MetricLevel, subject: () => Subject, clock: Clock) {
    this.#metrics = metricsAt(level)
    this.#subject = subject
    this.#clock = clock
    this.#start = millisToHrTime(subject().service.startedAt)
    this.#lastCollection = this.#start
  }

  async collect(): Promise<CollectionResult> {
    await this.#subject().service.refresh()
    const subject = this.#subject()
    const now = millisToHrTime(this.#clock.now())
    const errors: unknown[] = []
    const metrics: MetricData[] = []
    for (const metric of this.#metrics) {
      try {
        const dataPoints = Array.from(metric.read(subject), (measured) => this.#pointOf(measured, now))
        if (dataPoints.length > 0) metrics.push(dataOf(metric, dataPoints))
      } catch (error) {
        errors.push(new Error(`${metric.name} cannot be read`, { cause: error }))
      }
    }
    this.#lastCollection = now
    const scope = { name: 'weir', version: subject.service.version }
    // The reader takes the resource of the MeterProvider.
    return { resourceMetrics: { resource: emptyResource(), scopeMetrics: [{ scope, metrics }] }, errors }
  }

  #pointOf({ value, attributes, holder }: Measured, endTime: HrTime): DataPoint<number> {
    return { startTime: this.#birthOf(holder), endTime, attributes, value }
  }

  #birthOf(holder: object | undefined): HrTime {
    if (holder === undefined) return this.#start
    const known = this.#births.get(holder)
    if (known !== undefined) return known
    this.#births.set(holder, this.#lastCollection)
    return this.#lastCollection
  }
}

function dataOf({ name, description, unit, kind }: OwnMetric, dataPoints: DataPoint<number>[]): MetricData {
  const base = {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints,
  }
  return kind === 'counter'
    ? { ...base, dataPointType: DataPointType.SUM, isMonotonic: true }
    : { ...base, dataPointType: DataPointType.GAUGE }
}
