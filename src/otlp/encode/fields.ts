/**
 * The numbers of the fields of OTLP's messages (opentelemetry/proto/metrics/v1/metrics.proto, common.proto, resource.proto,
 * metrics_service.proto).
 */
export const requestFields = { resourceMetrics: 1 } as const
export const resourceMetricsFields = { resource: 1, scopeMetrics: 2, schemaUrl: 3 } as const
export const resourceFields = { attributes: 1 } as const
export const scopeMetricsFields = { scope: 1, metrics: 2, schemaUrl: 3 } as const
export const scopeFields = { name: 1, version: 2, attributes: 3 } as const
export const metricFields = {
  name: 1,
  description: 2,
  unit: 3,
  gauge: 5,
  sum: 7,
  histogram: 9,
  exponentialHistogram: 10,
  summary: 11,
  metadata: 12,
} as const
/** Of the data of all kinds of metrics. */
export const dataFields = { dataPoints: 1, aggregationTemporality: 2, isMonotonic: 3 } as const
export const numberFields = {
  startTime: 2,
  time: 3,
  asDouble: 4,
  exemplars: 5,
  asInt: 6,
  attributes: 7,
  flags: 8,
} as const
export const histogramFields = {
  startTime: 2,
  time: 3,
  count: 4,
  sum: 5,
  bucketCounts: 6,
  explicitBounds: 7,
  exemplars: 8,
  attributes: 9,
  flags: 10,
  min: 11,
  max: 12,
} as const
export const exponentialFields = {
  attributes: 1,
  startTime: 2,
  time: 3,
  count: 4,
  sum: 5,
  scale: 6,
  zeroCount: 7,
  positive: 8,
  negative: 9,
  flags: 10,
  exemplars: 11,
  min: 12,
  max: 13,
  zeroThreshold: 14,
} as const
export const bucketsFields = { offset: 1, bucketCounts: 2 } as const
export const summaryFields = {
  startTime: 2,
  time: 3,
  count: 4,
  sum: 5,
  quantileValues: 6,
  attributes: 7,
  flags: 8,
} as const
export const quantileFields = { quantile: 1, value: 2 } as const
export const exemplarFields = {
  time: 2,
  asDouble: 3,
  spanId: 4,
  traceId: 5,
  asInt: 6,
  filteredAttributes: 7,
} as const
export const keyValueFields = { key: 1, value: 2 } as const
export const anyValueFields = {
  string: 1,
  bool: 2,
  int: 3,
  double: 4,
  array: 5,
  kvlist: 6,
  bytes: 7,
} as const
/** Of `ArrayValue` and `KeyValueList`. */
export const listFields = { values: 1 } as const

/** OTLP's flag `NO_RECORDED_VALUE`. */
export const noRecordedValue = 1
