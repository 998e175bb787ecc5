import { MessageReader } from '#src/remote/message-reader.ts'
import { MessageWriter } from '#src/remote/message-writer.ts'
import {
  dataFields,
  metricFields,
  requestFields,
  resourceMetricsFields,
  scopeMetricsFields,
} from './fields.ts'

/** A request cut in two, and how many data points are in it and in the first. */
export interface RequestHalves {
  readonly first: Buffer
  readonly second: Buffer
  readonly inFirst: number
  readonly points: number
}

/** The fields that hold the next message down to data points, from ExportMetricsServiceRequest on. */
const levels: readonly ReadonlySet<number>[] = [
  new Set([requestFields.resourceMetrics]),
  new Set([resourceMetricsFields.scopeMetrics]),
  new Set([scopeMetricsFields.metrics]),
  new Set([
    metricFields.gauge,
    metricFields.sum,
    metricFields.histogram,
    metricFields.exponentialHistogram,
    metricFields.summary,
  ]),
  new Set([dataFields.dataPoints]),
]

/**
 * Cuts an ExportMetricsServiceRequest of protobuf in two with as many data points, or one less in the first; what says whose
 * they are is in both. Undefined where it has less than two.
 *
 * @throws {MessageError} where the message is broken
 */
export function protobufHalves(message: Buffer): RequestHalves | undefined {
  const points = countPoints(new MessageReader(message), 0)
  if (points < 2) return undefined
  const inFirst = points >> 1
  const [first, second] = cut(new MessageReader(message), 0, inFirst)
  return { first, second, inFirst, points }
}

function countPoints(reader: MessageReader, level: number): number {
  const inner = levels[level]
  if (inner === undefined) return 1
  let points = 0
  while (reader.next()) if (inner.has(reader.field)) points += countPoints(reader.message(), level + 1)
  return points
}

/** Cuts a message behind its first so many data points. */
function cut(reader: MessageReader, level: number, points: number): [first: Buffer, second: Buffer] {
  const first = new MessageWriter()
  const second = new MessageWriter()
  let left = points
  while (reader.next()) {
    if (levels[level]?.has(reader.field) !== true) {
      first.raw(reader.whole())
      second.raw(reader.whole())
      continue
    }
    const own = countPoints(reader.message(), level + 1)
    if (left >= own) first.raw(reader.whole())
    else if (left === 0) second.raw(reader.whole())
    else {
      const [before, after] = cut(reader.message(), level + 1, left)
      first.bytes(reader.field, before)
      second.bytes(reader.field, after)
    }
    left = Math.max(0, left - own)
  }
  return [first.take(), second.take()]
}
