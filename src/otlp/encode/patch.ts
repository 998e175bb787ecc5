import { flag, type Batch } from '#src/model/batch.ts'
import { nanoseconds } from '#src/model/classic-columns.ts'
import type { HistogramPoint } from '#src/model/point.ts'
import { writeValue } from '#src/remote/value-bits.ts'
import { varintLength } from '#src/remote/varint.ts'
import { isNumeric, type Form } from '../metric-form.ts'
import { numberFields } from './fields.ts'
import { shape, type Image } from './image.ts'
import { noShape, shapeOf } from './point-shape.ts'
import type { Stamp, Times } from './stamp.ts'

/** Tag and value of a fixed64 or a double. */
const fixedField = 9

const doubleTag = numberFields.asDouble * 8 + 1
const intTag = numberFields.asInt * 8 + 1

/** What became of a data point that was to be patched. */
export const patched = 0
/** It has another shape, and must be written anew. */
export const differs = 1
/** There is nothing that could be written. */
export const absent = 2

/** Puts what a batch says of a data point in the place of what was said before. */
export function patchPoint(image: Image, position: number, form: Form, stamp: Stamp): 0 | 1 | 2 {
  const { batch, times } = stamp
  const slot = image.slots[position] ?? 0
  const wanted = shapeOf(form, stamp, slot)
  if (wanted === noShape) return absent
  if (wanted !== image.shapes[position] || (wanted & shape.fixed) !== 0) return differs
  const hole = image.holes[position] ?? 0
  if ((wanted & shape.stale) === 0) {
    if (isNumeric(form)) patchNumber(image, hole + 8, batch, slot)
    else {
      const point = batch.points?.[slot]
      const bounds = image.bounds[position]
      if (point?.kind !== 'histogram' || bounds === undefined || !sameBounds(point.bounds, bounds))
        return differs
      patchHistogram(image, position, point)
    }
  }
  if (times !== undefined) patchTimes(image.view, hole, times)
  else patchOwnTimes(image.view, hole, batch, slot, (wanted & shape.start) !== 0)
  return patched
}

/**
 * Patches data points of numbers that follow each other, for a batch in which all have one time and nothing but values: what
 * most data is.
 *
 * @param others gets the positions of those that have another shape
 */
export function patchNumbers(
  image: Image,
  from: number,
  to: number,
  { values }: Batch,
  times: Times,
  others: number[],
): void {
  const { slots, holes, shapes, view, bytes } = image
  const { low, high, hasStart, startLow, startHigh } = times
  const wanted = hasStart ? shape.start : 0
  for (let position = from; position < to; position++) {
    if (shapes[position] !== wanted) {
      others.push(position)
      continue
    }
    const hole = holes[position] ?? 0
    view.setUint32(hole, low, true)
    view.setUint32(hole + 4, high, true)
    bytes[hole + 8] = doubleTag
    writeValue(view, hole + 9, values[slots[position] ?? 0] ?? Number.NaN)
    if (!hasStart) continue
    view.setUint32(hole - 9, startLow, true)
    view.setUint32(hole - 5, startHigh, true)
  }
}

function patchNumber({ bytes, view }: Image, at: number, batch: Batch, slot: number): void {
  const { values, flags, integers } = batch
  const value = values[slot] ?? Number.NaN
  if (flags === undefined || ((flags[slot] ?? 0) & flag.integer) === 0 || !Number.isInteger(value)) {
    bytes[at] = doubleTag
    writeValue(view, at + 1, value)
    return
  }
  bytes[at] = intTag
  if (integers !== undefined) view.setBigInt64(at + 1, integers[slot] ?? 0n, true)
  else if (Number.isSafeInteger(value)) writeInteger(view, at + 1, value)
  else view.setBigInt64(at + 1, BigInt(value), true)
}

/** Writes a whole number of any sign that is exact, in 64 bits. */
function writeInteger(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 2 ** 32)
  view.setUint32(at, value - high * 2 ** 32, true)
  view.setInt32(at + 4, high, true)
}

function patchHistogram({ view, holes, ends }: Image, position: number, point: HistogramPoint): void {
  const { count, sum, min, max, counts } = point
  let at = (holes[position] ?? 0) + fixedField
  writeCount(view, at, count)
  at += fixedField
  if (sum !== undefined) {
    writeValue(view, at, sum)
    at += fixedField
  }
  // Behind the tag and the length of the packed counts.
  at += varintLength(counts.length * 8)
  for (const each of counts) {
    writeCount(view, at, each)
    at += 8
  }
  let end = ends[position] ?? 0
  if (max !== undefined) {
    writeValue(view, end - 8, max)
    end -= fixedField
  }
  if (min !== undefined) writeValue(view, end - 8, min)
}

function writeCount(view: DataView, at: number, count: number | bigint): void {
  if (typeof count === 'bigint') view.setBigUint64(at, count, true)
  else writeInteger(view, at, count)
}

function sameBounds(first: readonly number[], second: readonly number[]): boolean {
  if (first === second) return true
  if (first.length !== second.length) return false
  for (let index = 0; index < first.length; index++) if (first[index] !== second[index]) return false
  return true
}

function patchTimes(view: DataView, hole: number, times: Times): void {
  view.setUint32(hole, times.low, true)
  view.setUint32(hole + 4, times.high, true)
  if (!times.hasStart) return
  view.setUint32(hole - 9, times.startLow, true)
  view.setUint32(hole - 5, times.startHigh, true)
}

function patchOwnTimes(view: DataView, hole: number, batch: Batch, slot: number, hasStart: boolean): void {
  const { timesNano, startTimesNano } = batch
  if (timesNano === undefined) writeNanoseconds(view, hole, batch.timeAt(slot))
  else view.setBigInt64(hole, timesNano[slot] ?? 0n, true)
  if (!hasStart) return
  if (startTimesNano === undefined) writeNanoseconds(view, hole - 9, batch.startTimeAt(slot) ?? 0)
  else view.setBigInt64(hole - 9, startTimesNano[slot] ?? 0n, true)
}

/** Writes milliseconds of Unix time as nanoseconds, without a bigint where they are whole. */
function writeNanoseconds(view: DataView, at: number, milliseconds: number): void {
  if (!Number.isSafeInteger(milliseconds) || milliseconds < 0 || milliseconds > 2 ** 44) {
    view.setBigInt64(at, nanoseconds(milliseconds), true)
    return
  }
  // milliseconds * 1e6 is beyond 2^53: it is high * 2^16 + low, in which both are exact.
  const high = Math.floor(milliseconds / 2 ** 16) * 1e6
  const low = (milliseconds % 2 ** 16) * 1e6 + (high % 2 ** 16) * 2 ** 16
  view.setUint32(at, low % 2 ** 32, true)
  view.setUint32(at + 4, Math.floor(high / 2 ** 16) + Math.floor(low / 2 ** 32), true)
}
