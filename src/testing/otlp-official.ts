import { ValueType, type Attributes } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import type { Batch } from '#src/model/batch.ts'
import type { Kind } from '#src/model/series.ts'

/** Seconds and nanoseconds, as the SDK has times. */
function hr(milliseconds: number): [number, number] {
  return [Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1e6]
}

/** The data of a batch of one metric `m` as OpenTelemetry's SDK has it, for its serializers. */
export function officialData(batch: Batch, kind: Kind): ResourceMetrics {
  const dataPoints = [...batch.walk].map((slot) => {
    const point = batch.points?.[slot]
    const shared = {
      attributes: Object.fromEntries(batch.layout.series[slot]?.attributes ?? []) as Attributes,
      startTime: hr(batch.startTimeAt(slot) ?? 0),
      endTime: hr(batch.timeAt(slot)),
    }
    if (point === undefined) return { ...shared, value: batch.values[slot] }
    if (point.kind === 'histogram') {
      const { bounds, counts, ...rest } = point
      return { ...shared, value: { ...rest, buckets: { boundaries: bounds, counts } } }
    }
    if (point.kind === 'summary') throw new Error('the SDK has no summaries')
    const { positive, negative, ...rest } = point
    return {
      ...shared,
      value: {
        ...rest,
        positive: { offset: positive.offset, bucketCounts: positive.counts },
        negative: { offset: negative.offset, bucketCounts: negative.counts },
      },
    }
  })
  const [first] = batch.layout.series
  const types: Partial<Record<Kind, DataPointType>> = {
    gauge: DataPointType.GAUGE,
    sum: DataPointType.SUM,
    histogram: DataPointType.HISTOGRAM,
    exponential_histogram: DataPointType.EXPONENTIAL_HISTOGRAM,
  }
  const metric = {
    descriptor: { name: 'm', description: 'what it is', unit: 'By', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: types[kind],
    isMonotonic: true,
    dataPoints,
  } as unknown as MetricData
  const scopeMetrics = [{ scope: { name: 'scope', version: '1.2' }, metrics: [metric] }]
  const resource = resourceFromAttributes(Object.fromEntries(first?.resource.attributes ?? []))
  return { resource, scopeMetrics }
}
