import type { Home } from '#src/arrivals/arrivals.ts'
import { ownAttributes } from '#src/model/attribute-set.ts'
import type { Point } from '#src/model/point.ts'
import { makeResource, makeScope, type Resource, type Scope } from '#src/model/resource.ts'
import { makeDescriptor, Metric, type Kind, type Temporality } from '#src/model/series.ts'
import type { ProtobufMessage } from '#src/text/protobuf-message.ts'
import { metricFields, resourceFields, scopeFields } from '../encode/fields.ts'
import { temporalityNumber, type Form } from '../metric-form.ts'
import { readAttributes, readKeyValue, readText } from './any-value.ts'

/** What a request said once and senders repeat: kept with the bytes that said it. */
export type Context = ResourceContext | ScopeContext | MetricContext

export interface ResourceContext {
  readonly kind: 'resource'
  readonly resource: Resource
  /** Where the series of the resource go. */
  readonly home: Home
}

export interface ScopeContext {
  readonly kind: 'scope'
  readonly scope: Scope
}

export interface MetricContext {
  readonly kind: 'metric'
  readonly metric: Metric
  /** The point that was read last: the next one shares its bounds. */
  last: Point | undefined
}

/** The fields of a metric that hold its data, by the form of that. */
export const formOfField: ReadonlyMap<number, Form> = new Map([
  [metricFields.gauge, 'gauge'],
  [metricFields.sum, 'sum'],
  [metricFields.histogram, 'histogram'],
  [metricFields.exponentialHistogram, 'exponentialHistogram'],
  [metricFields.summary, 'summary'],
])

const kindOfForm: Readonly<Record<Form, Kind>> = {
  gauge: 'gauge',
  sum: 'sum',
  histogram: 'histogram',
  exponentialHistogram: 'exponential_histogram',
  summary: 'summary',
}

/** The kinds that OTLP lacks, by their form and what the metadata `prometheus.type` says (`prometheusType` writes it). */
const kindOfPrometheusType: Partial<Record<Form, Readonly<Record<string, Kind>>>> = {
  gauge: { unknown: 'unknown' },
  sum: { info: 'info', stateset: 'stateset' },
  histogram: { gaugehistogram: 'gauge_histogram' },
}

const temporalities: readonly Temporality[] = ['unspecified', 'delta', 'cumulative']

/** The Resource between two positions. */
export function readResource(
  message: ProtobufMessage,
  from: number,
  to: number,
  schemaUrl: string,
): Resource {
  return makeResource(readAttributes(message, resourceFields.attributes, from, to), { schemaUrl })
}

/** The InstrumentationScope between two positions. */
export function readScope(
  message: ProtobufMessage,
  from: number,
  to: number,
  resource: Resource,
  schemaUrl: string,
): Scope {
  let name = ''
  let version = ''
  message.visit(from, to)
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === scopeFields.name) name = readText(message)
    else if (field === scopeFields.version) version = readText(message)
    else message.skip()
  }
  const attributes = ownAttributes(readAttributes(message, scopeFields.attributes, from, to))
  return makeScope(resource, { name, version, attributes, schemaUrl })
}

/** What the data of a metric says beside its points. */
export interface DataShape {
  readonly form: Form
  /** OTLP's `AggregationTemporality`. */
  readonly temporality: number
  readonly monotonic: boolean
}

/** The Metric between two positions. */
export function readMetric(
  message: ProtobufMessage,
  from: number,
  to: number,
  scope: Scope,
  { form, temporality, monotonic }: DataShape,
): Metric {
  let name = ''
  let description = ''
  let unit = ''
  let prometheusType = ''
  message.visit(from, to)
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === metricFields.name) name = readText(message)
    else if (field === metricFields.description) description = readText(message)
    else if (field === metricFields.unit) unit = readText(message)
    else if (field === metricFields.metadata) {
      const pair: unknown[] = []
      readKeyValue(message, pair as string[])
      if (pair[0] === 'prometheus.type') prometheusType = String(pair[1])
    } else message.skip()
  }
  const types = kindOfPrometheusType[form] ?? {}
  const kind = Object.hasOwn(types, prometheusType) ? types[prometheusType] : kindOfForm[form]
  const descriptor = makeDescriptor({
    kind: kind ?? kindOfForm[form],
    unit,
    description,
    temporality: temporalities[temporality] ?? 'unspecified',
    monotonic,
  })
  return new Metric(name, descriptor, scope)
}

/** Whether OTLP knows a temporality of this number. */
export function isTemporality(number: number): boolean {
  return number >= temporalityNumber.unspecified && number <= temporalityNumber.cumulative
}
