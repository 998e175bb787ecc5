import type { Point } from '#src/model/point.ts'
import type { Descriptor, Kind, Series } from '#src/model/series.ts'

/** The kinds of data that an OTLP metric can hold, by the names of its fields in JSON. */
export type Form = 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary'

/**
 * What each kind becomes. OTLP lacks those of OpenMetrics: unknown becomes a gauge, info and stateset a sum that is not
 * monotonic (OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility").
 */
const formOfKind: Readonly<Record<Kind, Form>> = {
  unknown: 'gauge',
  gauge: 'gauge',
  sum: 'sum',
  info: 'sum',
  stateset: 'sum',
  histogram: 'histogram',
  gauge_histogram: 'histogram',
  exponential_histogram: 'exponentialHistogram',
  summary: 'summary',
}

const formOfPoint: Readonly<Record<Point['kind'], Form>> = {
  histogram: 'histogram',
  exponential_histogram: 'exponentialHistogram',
  summary: 'summary',
}

/** The kinds that OTLP lacks, by the value that its metadata `prometheus.type` has for them. */
const prometheusTypes: Partial<Record<Kind, string>> = {
  unknown: 'unknown',
  info: 'info',
  stateset: 'stateset',
  gauge_histogram: 'gaugehistogram',
}

/** OTLP's `AggregationTemporality`. */
export const temporalityNumber = { unspecified: 0, delta: 1, cumulative: 2 } as const

/** Whether a series is a part of a classic histogram or summary that makes no whole: it then stands for itself. */
export function isLonePart({ role }: Series): boolean {
  return role !== 'none' && role !== 'total'
}

/** What a metric without points becomes; a lone part is a gauge. */
export function formOf({ kind }: Descriptor, lonePart: boolean): Form {
  return lonePart ? 'gauge' : formOfKind[kind]
}

/** What a metric becomes for a point. */
export function formWithPoint(point: Point): Form {
  return formOfPoint[point.kind]
}

/** Whether data points of a form are single numbers. */
export function isNumeric(form: Form): boolean {
  return form === 'gauge' || form === 'sum'
}

/** The value of the metadata `prometheus.type`, undefined for metrics whose form tells it already. */
export function prometheusType({ kind }: Descriptor, lonePart: boolean): string | undefined {
  return lonePart ? 'unknown' : prometheusTypes[kind]
}

/** Kinds that say nothing of temporality, and whose values count since a start where they count at all. */
const cumulativeByNature: ReadonlySet<Kind> = new Set(['unknown', 'info', 'stateset'])

/** The temporality of a sum or histogram, by its number. */
export function temporalityOf({ kind, temporality }: Descriptor): 0 | 1 | 2 {
  return temporalityNumber[cumulativeByNature.has(kind) ? 'cumulative' : temporality]
}
