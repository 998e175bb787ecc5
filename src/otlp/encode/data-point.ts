import { flag, type Batch, type Exemplar } from '#src/model/batch.ts'
import { nanoseconds } from '#src/model/classic-columns.ts'
import type {
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  Point,
  SummaryPoint,
} from '#src/model/point.ts'
import { exemplarIds } from '../exemplar-ids.ts'
import type { Form } from '../metric-form.ts'
import { startTimeNano, timeNano } from '../time-range.ts'
import { writeAttributes } from './attributes.ts'
import {
  bucketsFields,
  exemplarFields,
  exponentialFields,
  histogramFields,
  noRecordedValue,
  numberFields,
  quantileFields,
  summaryFields,
} from './fields.ts'
import type { ReverseWriter } from './reverse-writer.ts'
import type { Stamp } from './stamp.ts'

/** The wire type of a fixed64. */
const fixed64 = 1

/** The numbers of the fields that data points of all forms have, by form. */
export const pointFields = {
  gauge: numberFields,
  sum: numberFields,
  histogram: histogramFields,
  exponentialHistogram: exponentialFields,
  summary: { ...summaryFields, exemplars: undefined },
} as const satisfies Record<Form, object>

/**
 * Writes what is in a data point of a batch behind its attributes: start time, time, and the rest.
 *
 * @returns the writer's position at which the eight bytes of the time begin
 */
export function writeDataPoint(
  writer: ReverseWriter,
  form: Form,
  { batch, exemplars: all }: Pick<Stamp, 'batch' | 'exemplars'>,
  slot: number,
): number {
  const fields = pointFields[form]
  const exemplars = all?.get(slot)
  if (batch.isStale(slot)) writer.varint(fields.flags, noRecordedValue)
  else {
    if (fields.exemplars !== undefined && exemplars !== undefined) {
      for (const exemplar of exemplars.toReversed()) writeExemplar(writer, fields.exemplars, exemplar)
    }
    if (form === 'gauge' || form === 'sum') writeNumber(writer, batch, slot)
    else writePoint(writer, batch.points?.[slot])
  }
  writer.fixed64Value(timeNano(batch, slot))
  const { position } = writer
  writer.tag(fields.time, fixed64)
  const start = startTimeNano(batch, slot)
  if (start !== 0n) writer.fixed64(fields.startTime, start)
  return position
}

function writeNumber(writer: ReverseWriter, { values, flags, integers }: Batch, slot: number): void {
  const value = values[slot] ?? Number.NaN
  if (((flags?.[slot] ?? 0) & flag.integer) !== 0 && Number.isInteger(value))
    writer.fixed64(numberFields.asInt, integers?.[slot] ?? BigInt(value))
  else writer.double(numberFields.asDouble, value)
}

function writePoint(writer: ReverseWriter, point: Point | undefined): void {
  if (point === undefined) return
  if (point.kind === 'histogram') writeHistogram(writer, point)
  else if (point.kind === 'summary') writeSummary(writer, point)
  else writeExponentialHistogram(writer, point)
}

function writeHistogram(
  writer: ReverseWriter,
  { count, sum, min, max, bounds, counts }: HistogramPoint,
): void {
  if (max !== undefined) writer.double(histogramFields.max, max)
  if (min !== undefined) writer.double(histogramFields.min, min)
  if (bounds.length > 0) {
    const end = writer.position
    for (let index = bounds.length - 1; index >= 0; index--) writer.doubleValue(bounds[index] ?? 0)
    writer.close(histogramFields.explicitBounds, end)
  }
  if (counts.length > 0) {
    const end = writer.position
    for (let index = counts.length - 1; index >= 0; index--) writer.fixed64Value(counts[index] ?? 0)
    writer.close(histogramFields.bucketCounts, end)
  }
  if (sum !== undefined) writer.double(histogramFields.sum, sum)
  writer.fixed64(histogramFields.count, count)
}

function writeExponentialHistogram(writer: ReverseWriter, point: ExponentialHistogramPoint): void {
  const { count, sum, min, max, scale, zeroCount, zeroThreshold, positive, negative } = point
  if (zeroThreshold !== 0) writer.double(exponentialFields.zeroThreshold, zeroThreshold)
  if (max !== undefined) writer.double(exponentialFields.max, max)
  if (min !== undefined) writer.double(exponentialFields.min, min)
  writeBuckets(writer, exponentialFields.negative, negative)
  writeBuckets(writer, exponentialFields.positive, positive)
  writer.fixed64(exponentialFields.zeroCount, zeroCount)
  writer.sint32(exponentialFields.scale, scale)
  if (sum !== undefined) writer.double(exponentialFields.sum, sum)
  writer.fixed64(exponentialFields.count, count)
}

function writeBuckets(writer: ReverseWriter, field: number, { offset, counts }: ExponentialBuckets): void {
  const end = writer.position
  if (counts.length > 0) {
    for (let index = counts.length - 1; index >= 0; index--) writer.unsigned(counts[index] ?? 0)
    writer.close(bucketsFields.bucketCounts, end)
  }
  if (offset !== 0) writer.sint32(bucketsFields.offset, offset)
  writer.close(field, end)
}

function writeSummary(writer: ReverseWriter, { count, sum, quantiles }: SummaryPoint): void {
  for (const { quantile, value } of quantiles.toReversed()) {
    const end = writer.position
    writer.double(quantileFields.value, value)
    writer.double(quantileFields.quantile, quantile)
    writer.close(summaryFields.quantileValues, end)
  }
  writer.double(summaryFields.sum, sum)
  writer.fixed64(summaryFields.count, count)
}

function writeExemplar(writer: ReverseWriter, field: number, { value, time, attributes }: Exemplar): void {
  const end = writer.position
  const { traceId, spanId, rest } = exemplarIds(attributes)
  writeAttributes(writer, exemplarFields.filteredAttributes, rest)
  if (traceId !== undefined) writer.data(exemplarFields.traceId, Buffer.from(traceId, 'hex'))
  if (spanId !== undefined) writer.data(exemplarFields.spanId, Buffer.from(spanId, 'hex'))
  if (typeof value === 'bigint') writer.fixed64(exemplarFields.asInt, value)
  else writer.double(exemplarFields.asDouble, value)
  writer.fixed64(exemplarFields.time, typeof time === 'bigint' ? time : nanoseconds(time))
  writer.close(field, end)
}
