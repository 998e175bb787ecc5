import type { Descriptor, Kind } from '#src/model/series.ts'

/** The numbers that remote write has for types: MetricMetadata.MetricType of 1.0, Metadata.MetricType of 2.0. */
const typeOfKind: Readonly<Record<Kind, number>> = {
  unknown: 0,
  gauge: 2,
  sum: 2,
  histogram: 3,
  exponential_histogram: 3,
  gauge_histogram: 4,
  summary: 5,
  info: 6,
  stateset: 7,
}

const counter = 1

/** The type of a family; a sum that may fall is a gauge. */
export function metadataType({ kind, monotonic }: Descriptor): number {
  return kind === 'sum' && monotonic ? counter : typeOfKind[kind]
}
