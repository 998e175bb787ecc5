import type { ExponentialBuckets, Point } from '#src/model/point.ts'
import type { JsonWriter } from '#src/text/json-writer.ts'

type Count = number | bigint

/** Writes a member named after the kind of a point, with all that the point has; what it lacks is left out. */
export function writePoint(writer: JsonWriter, point: Point): void {
  writer.raw(`"${point.kind}":{"count":`)
  writer.integer(point.count)
  writeOptional(writer, 'sum', point.sum)
  if (point.kind === 'summary') {
    writer.raw(',"quantiles":[')
    for (const [index, { quantile, value }] of point.quantiles.entries()) {
      writer.raw(index === 0 ? '[' : ',[')
      writer.number(quantile)
      writer.raw(',')
      writer.number(value)
      writer.raw(']')
    }
    writer.raw(']}')
    return
  }
  writeOptional(writer, 'min', point.min)
  writeOptional(writer, 'max', point.max)
  if (point.kind === 'histogram') {
    writeNumbers(writer, 'bounds', point.bounds)
    writeCounts(writer, ',"counts":[', point.counts)
  } else {
    writer.raw(`,"scale":${point.scale},"zero_count":`)
    writer.integer(point.zeroCount)
    writeOptional(writer, 'zero_threshold', point.zeroThreshold)
    writeBuckets(writer, 'positive', point.positive)
    writeBuckets(writer, 'negative', point.negative)
  }
  writer.raw('}')
}

function writeOptional(writer: JsonWriter, name: string, value: number | undefined): void {
  if (value === undefined) return
  writer.raw(`,"${name}":`)
  writer.number(value)
}

function writeNumbers(writer: JsonWriter, name: string, values: readonly number[]): void {
  writer.raw(`,"${name}":[`)
  for (const [index, value] of values.entries()) {
    if (index > 0) writer.raw(',')
    writer.number(value)
  }
  writer.raw(']')
}

function writeBuckets(writer: JsonWriter, name: string, { offset, counts }: ExponentialBuckets): void {
  writeCounts(writer, `,"${name}":{"offset":${offset},"counts":[`, counts)
  writer.raw('}')
}

function writeCounts(writer: JsonWriter, beginning: string, counts: readonly Count[]): void {
  writer.raw(beginning)
  for (const [index, count] of counts.entries()) {
    if (index > 0) writer.raw(',')
    writer.integer(count)
  }
  writer.raw(']')
}
