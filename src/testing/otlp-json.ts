import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { JsonRequests } from '#src/otlp/json-request.ts'
import { MetricsWalk } from '#src/otlp/metrics-walk.ts'
import { JsonWriter } from '#src/text/json-writer.ts'

/** A part of an OTLP request as JSON has it. */
export interface KeyValue {
  readonly key: string
  readonly value: unknown
}
/** A part of an OTLP request as JSON has it. */
export interface DataPoint extends Readonly<Record<string, unknown>> {
  readonly attributes?: readonly KeyValue[]
  readonly timeUnixNano: string
}
/** A part of an OTLP request as JSON has it. */
export interface MetricJson extends Readonly<Record<string, unknown>> {
  readonly name: string
  readonly metadata?: readonly KeyValue[]
}
/** A part of an OTLP request as JSON has it. */
export interface ScopeMetrics {
  readonly scope: Readonly<Record<string, unknown>>
  readonly schemaUrl?: string
  readonly metrics: readonly MetricJson[]
}
/** A part of an OTLP request as JSON has it. */
export interface RequestJson {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes?: readonly KeyValue[] }
    readonly schemaUrl?: string
    readonly scopeMetrics: readonly ScopeMetrics[]
  }[]
}

/** Requests of batches, read back from their JSON. Remembers sources as an exporter does. */
export class OtlpJson {
  readonly #walk = new MetricsWalk()
  readonly #json = new JsonRequests()
  readonly #writer = new JsonWriter(16)

  requests(batches: readonly Batch[], maxPoints = 1000): RequestJson[] {
    return [...this.#walk.requests(batches, maxPoints)]
      .filter(({ portions }) => portions.length > 0)
      .map(({ portions }) => {
        this.#json.write(this.#writer, portions)
        return JSON.parse(this.#writer.take().toString()) as RequestJson
      })
  }

  forget(source: Source): void {
    this.#walk.forget(source)
    this.#json.forget(source)
  }
}

/** The requests of batches that come first. */
export function requestsOf(batches: readonly Batch[], maxPoints?: number): RequestJson[] {
  return new OtlpJson().requests(batches, maxPoints)
}

/** All metrics of some requests. */
export function metricsOf(requests: readonly RequestJson[]): MetricJson[] {
  return requests.flatMap(({ resourceMetrics }) =>
    resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)),
  )
}

/** The data points of all metrics, flat, with the name and the form of their metric. */
export function pointsOf(requests: readonly RequestJson[]): (DataPoint & { metric: string; form: string })[] {
  return metricsOf(requests).flatMap((metric) =>
    ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'].flatMap((form) => {
      const data = metric[form] as { readonly dataPoints: readonly DataPoint[] } | undefined
      return (data?.dataPoints ?? []).map((point) => ({ ...point, metric: metric.name, form }))
    }),
  )
}

const zeroIsNothing = new Set(['offset', 'scale', 'aggregationTemporality', 'droppedAttributesCount'])

/** A request without the members that say what their absence says: lists of nothing, and zeros where zero is nothing. */
export function withoutDefaults<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(withoutDefaults) as Value
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(
    ([name, inner]) =>
      !(Array.isArray(inner) && inner.length === 0) && !(inner === 0 && zeroIsNothing.has(name)),
  )
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutDefaults(inner)])) as Value
}

/**
 * The data points of some requests, each with all that says whose it is, in an order that does not depend on how they were
 * put together; without the members that say what their absence says.
 */
export function contentOf(requests: readonly RequestJson[]): unknown[] {
  const points = requests.flatMap(({ resourceMetrics }) =>
    resourceMetrics.flatMap(({ scopeMetrics, ...resource }) =>
      scopeMetrics.flatMap(({ metrics, ...scope }) =>
        metrics.flatMap((metric) =>
          Object.entries(metric).flatMap(([form, data]) => {
            if (typeof data !== 'object' || data === null || !('dataPoints' in data)) return []
            const { dataPoints, ...rest } = data as { readonly dataPoints: readonly DataPoint[] }
            const about = { resource, scope, metric: { ...metric, [form]: rest } }
            return dataPoints.map((point) => withoutDefaults({ ...about, point }))
          }),
        ),
      ),
    ),
  )
  return points.toSorted((a, b) => (sortedJson(a) < sortedJson(b) ? -1 : 1))
}

/** JSON whose members are in the order of their names. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner !== 'object' || inner === null || Array.isArray(inner)
      ? inner
      : Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  )
}
