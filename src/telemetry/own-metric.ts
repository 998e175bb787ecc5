import type { ComponentKind } from '#src/component/define.ts'
import type { CollectionTotals } from './collections.ts'
import type { Ledger, ReasonCounts } from './ledger.ts'
import type { QueueStatus } from './queue-status.ts'
import type { ProcessReading } from './process-readings.ts'
import type { ComponentStatus, ServiceView, WorkerStatus } from './service-view.ts'

/** What one collection of own metrics reads from. */
export interface Subject {
  readonly service: ServiceView
  readonly process: ProcessReading
}

/** One series of an own metric. */
export interface Measured {
  readonly value: number
  readonly attributes: Readonly<Record<string, string>>
  /** The object that holds a counter: its counts start over when another one takes its place. */
  readonly holder?: object
}

/** From which `service.telemetry.metrics.level` on a metric is there. */
export type MetricLevel = 'basic' | 'normal' | 'detailed'

/** One metric that Weir has of itself. */
export interface OwnMetric {
  /** As OTLP has it; Prometheus gets `_total` appended to counters. */
  readonly name: string
  /** In UCUM: `{point}`, `s`, `By`. */
  readonly unit: string
  readonly description: string
  readonly kind: 'counter' | 'gauge'
  readonly attributes: readonly string[]
  readonly level: MetricLevel
  read(subject: Subject): Iterable<Measured>
}

/** Reads one number of the process or the service as a whole. */
export function single(number: (subject: Subject) => number | undefined): OwnMetric['read'] {
  return function* read(subject) {
    const value = number(subject)
    if (value !== undefined) yield { value, attributes: {} }
  }
}

/** Reads one number of every component of a kind. */
export function each(kind: ComponentKind, number: (ledger: Ledger) => number): OwnMetric['read'] {
  return function* read({ service }) {
    for (const component of service.components()) {
      if (component.kind !== kind) continue
      const { ledger } = component
      yield { value: number(ledger), attributes: attributesOf(component), holder: ledger }
    }
  }
}

/** Reads one number of the queue of every exporter that has one. */
export function eachQueue(number: (queue: QueueStatus) => number | undefined): OwnMetric['read'] {
  return function* readQueues({ service }) {
    for (const component of service.components()) {
      const { queueStatus, ledger } = component
      const value = queueStatus === undefined ? undefined : number(queueStatus)
      if (value !== undefined) yield { value, attributes: attributesOf(component), holder: ledger }
    }
  }
}

/** Reads the counts by reason of every component of a kind. */
export function eachReason(kind: ComponentKind, counts: (ledger: Ledger) => ReasonCounts): OwnMetric['read'] {
  return function* read({ service }) {
    for (const component of service.components()) {
      if (component.kind !== kind) continue
      const { ledger } = component
      for (const [reason, value] of counts(ledger)) {
        yield { value, attributes: { ...attributesOf(component), reason }, holder: ledger }
      }
    }
  }
}

/** Reads every source of every receiver that collects. */
export function eachSource(
  read: (
    totals: CollectionTotals,
  ) => Iterable<readonly [attributes: Readonly<Record<string, string>>, value: number]>,
): OwnMetric['read'] {
  return function* readSources({ service }) {
    for (const component of service.components()) {
      for (const [source, totals] of component.collections?.bySource ?? []) {
        for (const [more, value] of read(totals)) {
          yield { value, attributes: { ...attributesOf(component), source, ...more }, holder: totals }
        }
      }
    }
  }
}

/** Reads one number of every worker thread; `holder` is what a counter starts over with. */
export function eachWorker(
  number: (status: WorkerStatus) => number,
  holder?: (status: WorkerStatus) => object,
): OwnMetric['read'] {
  return function* readWorkers({ service }) {
    for (const status of service.workers()) {
      yield {
        value: number(status),
        attributes: { worker: String(status.worker) },
        ...(holder === undefined ? {} : { holder: holder(status) }),
      }
    }
  }
}

/** The attributes that tell a component from the others of its kind. */
export function attributesOf({ id, pipeline }: ComponentStatus): Readonly<Record<string, string>> {
  return pipeline === undefined ? { component: id } : { component: id, pipeline }
}
