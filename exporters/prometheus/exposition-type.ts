import { classicRoles } from '#src/model/classic-parts.ts'
import type { Descriptor, Kind, Series } from '#src/model/series.ts'

/** What a family is, of the types that the formats know. */
export type ExpositionType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'untyped'

/**
 * How the series of a family become lines: one line each (`flat`), as parts of classic histograms and summaries that
 * came as series (`parts`), or one series as many lines (`points`).
 */
export type Shape = 'flat' | 'parts' | 'points'

const typeOfKind: Readonly<Record<Kind, ExpositionType>> = {
  unknown: 'untyped',
  gauge: 'gauge',
  sum: 'gauge',
  histogram: 'histogram',
  exponential_histogram: 'histogram',
  gauge_histogram: 'gaugehistogram',
  summary: 'summary',
  info: 'info',
  stateset: 'stateset',
}

/** The type of a family with this descriptor. */
export function expositionType({ kind, monotonic }: Descriptor): ExpositionType {
  return kind === 'sum' && monotonic ? 'counter' : typeOfKind[kind]
}

/** The words behind TYPE in the text format, which lacks the newer types. */
export const textTypeWords: Readonly<Record<ExpositionType, string>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  gaugehistogram: 'histogram',
  summary: 'summary',
  info: 'gauge',
  stateset: 'gauge',
  untyped: 'untyped',
}

/** The words behind TYPE in OpenMetrics. */
export const openMetricsTypeWords: Readonly<Record<ExpositionType, string>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  gaugehistogram: 'gaugehistogram',
  summary: 'summary',
  info: 'info',
  stateset: 'stateset',
  untyped: 'unknown',
}

const pointTypes: ReadonlySet<ExpositionType> = new Set(['histogram', 'gaugehistogram', 'summary'])

/** What a series wants its family to be. */
export interface FamilyIdentity {
  readonly type: ExpositionType
  readonly shape: Shape
  /** Whether it says since when series of another family count: OpenMetrics shows it among those. */
  readonly created: boolean
}

/** What the family of a series has to be. */
export function familyIdentity({ role, metric }: Series): FamilyIdentity {
  const type = expositionType(metric.descriptor)
  if (role === 'created') return { type: 'gauge', shape: 'flat', created: true }
  if (!pointTypes.has(type)) return { type, shape: 'flat', created: false }
  if (role === 'none') return { type, shape: 'points', created: false }
  return classicRoles[metric.descriptor.kind]?.includes(role) === true
    ? { type, shape: 'parts', created: false }
    : { type: 'untyped', shape: 'flat', created: false }
}

const suffixes: Partial<Record<ExpositionType, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  gaugehistogram: ['_bucket', '_sum', '_count', '_gsum', '_gcount'],
  summary: ['_sum', '_count'],
}

/** The names of all samples of a family, and its own: no other family may have one of them. */
export function claimedNames(name: string, { type, shape }: FamilyIdentity): readonly string[] {
  if (shape === 'flat') return [name]
  return [name, ...(suffixes[type] ?? []).map((suffix) => name + suffix)]
}

/** The name of the samples that say since when those of a family count. */
export function createdName(name: string, type: ExpositionType): string {
  return `${type === 'counter' && name.endsWith('_total') ? name.slice(0, -'_total'.length) : name}_created`
}
