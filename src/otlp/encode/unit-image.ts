import type { Point } from '#src/model/point.ts'
import type { Scope } from '#src/model/resource.ts'
import { sameScope, type Series } from '#src/model/series.ts'
import { pointAttributes } from '../derived-resource.ts'
import { writeAttributes } from './attributes.ts'
import { pointFields, writeDataPoint } from './data-point.ts'
import {
  dataFields,
  metricFields,
  requestFields,
  resourceMetricsFields,
  scopeMetricsFields,
} from './fields.ts'
import {
  writeDataEnd,
  writeMetricBeginning,
  writeMetricEnd,
  writeResource,
  writeResourceEnd,
  writeScope,
  writeScopeEnd,
} from './frames.ts'
import { makeImage, shape, type Image } from './image.ts'
import { noShape, shapeOf } from './point-shape.ts'
import type { ReverseWriter } from './reverse-writer.ts'
import type { Stamp } from './stamp.ts'
import type { Frame, Unit } from './unit.ts'

/** What the image of a unit is made of. */
export interface ImageParts {
  /** By slot. */
  readonly series: readonly (Series | undefined)[]
  /** By slot: its position in the image before, -1 where it is not in it. */
  readonly positions: Int32Array
  readonly stamp: Stamp
}

/**
 * Makes the image of a unit anew. What has not changed is copied from the image before, in runs as long as can be; it keeps the
 * values that it had.
 */
export function renewImage(unit: Unit, writer: ReverseWriter, parts: ImageParts): void {
  new ImageWriter(unit, writer, parts).write()
}

/** Writes data points of a unit into its image again, in their place, if they have the same length. @returns whether they have */
export function rewritePoint(
  { image }: Unit,
  position: number,
  form: Frame['form'],
  writer: ReverseWriter,
  stamp: Stamp,
): boolean {
  const { bytes, starts, ends, holes, slots, shapes } = image
  const start = starts[position] ?? 0
  const end = ends[position] ?? 0
  const slot = slots[position] ?? 0
  writer.clear()
  const hole = writeDataPoint(writer, form, stamp, slot)
  writer.raw(attributesAt(image, position))
  writer.close(dataFields.dataPoints, 0)
  if (writer.position !== end - start) return false
  writer.written.copy(bytes, start)
  holes[position] = end - hole
  shapes[position] = shapeAt(form, stamp, slot)
  noteBounds(image, position, stamp.batch.points?.[slot])
  return true
}

/** Writes some data points of a unit, given by their positions, which ascend, as a `ResourceMetrics`. */
export function writeSelected(
  { resource, frames, image }: Unit,
  positions: Int32Array,
  writer: ReverseWriter,
): void {
  const { bytes, starts, ends } = image
  writer.clear()
  let index = positions.length - 1
  let scopeEnd = 0
  let inside: Frame | undefined
  writeResourceEnd(writer, resource)
  for (let at = frames.length - 1; at >= 0; at--) {
    const frame = frames[at]
    if (frame === undefined || (positions[index] ?? -1) < frame.first) continue
    const { scope } = frame.group
    if (inside === undefined || !sameScope(inside.group.scope, scope)) {
      if (inside !== undefined) closeScope(writer, inside, scopeEnd)
      scopeEnd = writer.position
      writeScopeEnd(writer, scope)
      inside = frame
    }
    const end = writer.position
    writer.copy(bytes, frame.dataTo, frame.to)
    const dataEnd = writer.position
    writer.copy(bytes, frame.pointsTo, frame.dataTo)
    while (index >= 0 && (positions[index] ?? -1) >= frame.first) {
      const last = positions[index] ?? 0
      let first = last
      index--
      while (first > frame.first && positions[index] === first - 1) {
        first--
        index--
      }
      writer.copy(bytes, starts[first] ?? 0, ends[last] ?? 0)
    }
    writer.close(metricFields[frame.form], dataEnd)
    writer.copy(bytes, frame.nameFrom, frame.nameTo)
    writer.close(scopeMetricsFields.metrics, end)
  }
  if (inside !== undefined) closeScope(writer, inside, scopeEnd)
  writeResource(writer, resource)
  writer.close(requestFields.resourceMetrics, 0)
}

function closeScope(writer: ReverseWriter, { group }: Frame, end: number): void {
  writeScope(writer, group.scope)
  writer.close(resourceMetricsFields.scopeMetrics, end)
}

/** The encoded attributes of a data point: what is between its length and its times. */
function attributesAt({ bytes, starts, holes, shapes }: Image, position: number): Buffer {
  let from = (starts[position] ?? 0) + 1
  while ((bytes[from] ?? 0) >= 128) from++
  const times = ((shapes[position] ?? 0) & shape.start) === 0 ? 1 : 10
  return bytes.subarray(from + 1, (holes[position] ?? 0) - times)
}

/** The shape of what is written: of no point, one that is not patched. */
function shapeAt(form: Frame['form'], stamp: Stamp, slot: number): number {
  const wanted = shapeOf(form, stamp, slot)
  return wanted === noShape ? shapeOf('gauge', stamp, slot) | shape.fixed : wanted
}

function noteBounds({ bounds }: Image, position: number, point: Point | undefined): void {
  if (point?.kind === 'histogram') bounds[position] = point.bounds
  else if (bounds.length > 0) bounds[position] = undefined
}

/** A part of the image before that is to be copied. */
interface Run {
  from: number
  readonly to: number
  /** The writer's position at its end. */
  readonly position: number
}

/** Makes one image, from its end to its beginning: until it is done, offsets are the writer's positions. */
class ImageWriter {
  readonly #unit: Unit
  readonly #writer: ReverseWriter
  readonly #parts: ImageParts
  readonly #before: Image
  readonly #image: Image
  /** What is to be copied before anything else is written. */
  #run: Run | undefined
  /** The position of the data point written last. */
  #at: number

  constructor(unit: Unit, writer: ReverseWriter, parts: ImageParts) {
    this.#unit = unit
    this.#writer = writer
    this.#parts = parts
    this.#before = unit.image
    this.#image = makeImage(unit.image.bytes, 0, unit.count)
    this.#at = unit.count
  }

  write(): void {
    const { resource, frames } = this.#unit
    const writer = this.#writer
    writer.clear()
    writeResourceEnd(writer, resource)
    let scopeEnd = 0
    for (let index = frames.length - 1; index >= 0; index--) {
      const frame = frames[index]
      if (frame === undefined) continue
      const { scope } = frame.group
      if (!inScope(frames[index + 1], scope)) {
        this.#finishRun()
        scopeEnd = writer.position
        writeScopeEnd(writer, scope)
      }
      if (frame.changed) this.#writeFrame(frame)
      else this.#copyFrame(frame)
      if (inScope(frames[index - 1], scope)) continue
      this.#finishRun()
      closeScope(writer, frame, scopeEnd)
    }
    writeResource(writer, resource)
    writer.close(requestFields.resourceMetrics, 0)
    this.#finish()
  }

  #copyFrame(frame: Frame): void {
    const { from, to, slots, first } = frame
    const base = this.#copy(from, to)
    for (let position = first + slots.length - 1; position >= first; position--)
      this.#movePoint(position, base)
    moveFrame(frame, (offset) => base - offset)
    frame.first = this.#at
  }

  #writeFrame(frame: Frame): void {
    const { group, form, slots } = frame
    const writer = this.#writer
    this.#finishRun()
    const to = writer.position
    writeMetricEnd(writer, group)
    const dataTo = writer.position
    writeDataEnd(writer, form, group.descriptor)
    const pointsTo = writer.position
    for (let index = slots.length - 1; index >= 0; index--) this.#writePoint(form, slots[index] ?? 0)
    this.#finishRun()
    writer.close(metricFields[form], dataTo)
    const nameTo = writer.position
    writeMetricBeginning(writer, group)
    const nameFrom = writer.position
    writer.close(scopeMetricsFields.metrics, to)
    Object.assign(frame, { from: writer.position, nameFrom, nameTo, pointsTo, dataTo, to, first: this.#at })
    frame.changed = false
    frame.describe()
  }

  #writePoint(form: Frame['form'], slot: number): void {
    const { positions, series, stamp } = this.#parts
    const position = positions[slot] ?? -1
    const before = this.#before
    if (position >= 0 && before.dirty[position] === 0) {
      this.#movePoint(position, this.#copy(before.starts[position] ?? 0, before.ends[position] ?? 0))
      return
    }
    this.#finishRun()
    const writer = this.#writer
    const image = this.#image
    const at = --this.#at
    const end = writer.position
    image.holes[at] = writeDataPoint(writer, form, stamp, slot)
    const own = series[slot]
    if (position >= 0) writer.raw(attributesAt(before, position))
    else if (own !== undefined) writeAttributes(writer, pointFields[form].attributes, pointAttributes(own))
    writer.close(dataFields.dataPoints, end)
    image.slots[at] = slot
    image.starts[at] = writer.position
    image.ends[at] = end
    image.shapes[at] = shapeAt(form, stamp, slot)
    noteBounds(image, at, stamp.batch.points?.[slot])
  }

  /** Notes a data point of the image before that is copied. */
  #movePoint(position: number, base: number): void {
    const before = this.#before
    const image = this.#image
    const at = --this.#at
    image.slots[at] = before.slots[position] ?? 0
    image.starts[at] = base - (before.starts[position] ?? 0)
    image.ends[at] = base - (before.ends[position] ?? 0)
    image.holes[at] = base - (before.holes[position] ?? 0)
    image.shapes[at] = before.shapes[position] ?? 0
    const bounds = before.bounds[position]
    if (bounds !== undefined) image.bounds[at] = bounds
  }

  /** Has a part of the image before copied. @returns what offsets are to be subtracted from to be positions */
  #copy(from: number, to: number): number {
    let run = this.#run
    if (run?.from === to) run.from = from
    else {
      this.#finishRun()
      run = { from, to, position: this.#writer.position }
      this.#run = run
    }
    return run.position + run.to
  }

  #finishRun(): void {
    const run = this.#run
    if (run === undefined) return
    this.#writer.copy(this.#before.bytes, run.from, run.to)
    this.#run = undefined
  }

  /** Turns positions into offsets, and puts the image in the place of the one before. */
  #finish(): void {
    const unit = this.#unit
    const { written } = this.#writer
    const { length } = written
    const { slots, starts, ends, holes, shapes, bounds, dirty } = this.#image
    for (let at = 0; at < slots.length; at++) {
      starts[at] = length - (starts[at] ?? 0)
      ends[at] = length - (ends[at] ?? 0)
      holes[at] = length - (holes[at] ?? 0)
      this.#parts.positions[slots[at] ?? 0] = at
    }
    for (const frame of unit.frames) moveFrame(frame, (position) => length - position)
    const bytes = roomFor(length, this.#before.bytes)
    written.copy(bytes)
    const view = bytes === this.#before.bytes ? this.#before.view : new DataView(bytes.buffer)
    unit.image = { bytes, view, length, slots, starts, ends, holes, shapes, bounds, dirty }
    unit.changed = false
  }
}

function inScope(frame: Frame | undefined, scope: Scope): boolean {
  return frame !== undefined && sameScope(frame.group.scope, scope)
}

/** Moves where a frame is. */
function moveFrame(frame: Frame, move: (offset: number) => number): void {
  frame.from = move(frame.from)
  frame.nameFrom = move(frame.nameFrom)
  frame.nameTo = move(frame.nameTo)
  frame.pointsTo = move(frame.pointsTo)
  frame.dataTo = move(frame.dataTo)
  frame.to = move(frame.to)
}

/** The buffer, if so many bytes fit it without much to spare, else another one. */
function roomFor(length: number, bytes: Buffer): Buffer {
  if (length <= bytes.length && length > bytes.length >> 1) return bytes
  return Buffer.allocUnsafeSlow(length + (length >> 4))
}
