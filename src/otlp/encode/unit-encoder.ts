import type { Series } from '#src/model/series.ts'
import { isNumeric } from '../metric-form.ts'
import { absent, differs, patchNumbers, patchPoint } from './patch.ts'
import type { ReverseWriter } from './reverse-writer.ts'
import type { Stamp } from './stamp.ts'
import type { Frame, Unit } from './unit.ts'
import { renewImage, rewritePoint } from './unit-image.ts'

/** What a unit is encoded with. */
export interface UnitParts {
  readonly writer: ReverseWriter
  /** By slot. */
  readonly series: readonly (Series | undefined)[]
  /** By slot: where the data point is in its unit's image, -1 where it is not. */
  readonly positions: Int32Array
}

/**
 * Brings the image of a unit up to a batch: its series, and the values of some of them.
 *
 * @param slots those that have a value in the batch; undefined for all
 * @returns the positions, ascending, that are to be sent; undefined for all
 */
export function encodeUnit(
  unit: Unit,
  slots: readonly number[] | undefined,
  stamp: Stamp,
  parts: UnitParts,
): Int32Array | undefined {
  const { writer, positions } = parts
  if (unit.changed) renewImage(unit, writer, { ...parts, stamp })
  const walked = slots === undefined ? undefined : positionsOf(slots, positions)
  const missing =
    walked === undefined ? patchAll(unit, stamp, writer) : patchSome(unit, walked, stamp, writer)
  // What has another length than before is written anew; positions stay.
  if (unit.changed) renewImage(unit, writer, { ...parts, stamp })
  if (missing.size === 0) return walked?.length === unit.count ? undefined : walked
  return (walked ?? allOf(unit)).filter((position) => !missing.has(position))
}

/** The positions of slots, ascending. */
function positionsOf(slots: readonly number[], positions: Int32Array): Int32Array {
  const list = new Int32Array(slots.length)
  let ascending = true
  let before = -1
  for (let index = 0; index < list.length; index++) {
    const position = positions[slots[index] ?? 0] ?? 0
    ascending &&= position > before
    list[index] = position
    before = position
  }
  return ascending ? list : list.toSorted()
}

function allOf({ count }: Unit): Int32Array {
  return Int32Array.from({ length: count }, (_, position) => position)
}

const none: ReadonlySet<number> = new Set()

/** @returns the positions for which the batch has nothing */
function patchAll(unit: Unit, stamp: Stamp, writer: ReverseWriter): ReadonlySet<number> {
  const { batch, times, exemplars } = stamp
  if (times === undefined || batch.flags !== undefined || exemplars !== undefined)
    return patchSome(unit, allOf(unit), stamp, writer)
  const others: number[] = []
  let from = 0
  let to = 0
  for (const { form, slots } of unit.frames) {
    if (isNumeric(form)) {
      to += slots.length
      continue
    }
    patchNumbers(unit.image, from, to, batch, times, others)
    from = to + slots.length
    for (; to < from; to++) others.push(to)
  }
  patchNumbers(unit.image, from, to, batch, times, others)
  return others.length === 0
    ? none
    : patchSome(
        unit,
        others.toSorted((a, b) => a - b),
        stamp,
        writer,
      )
}

/** @returns those of the positions for which the batch has nothing */
function patchSome(
  unit: Unit,
  positions: Int32Array | readonly number[],
  stamp: Stamp,
  writer: ReverseWriter,
): ReadonlySet<number> {
  const { frames, image } = unit
  let missing: Set<number> | undefined
  let index = 0
  let frame = frames[0]
  let end = frame === undefined ? 0 : frame.first + frame.slots.length
  for (const position of positions) {
    while (frame !== undefined && position >= end) {
      frame = frames[++index]
      if (frame !== undefined) end = frame.first + frame.slots.length
    }
    if (frame === undefined) break
    const outcome = patchPoint(image, position, frame.form, stamp)
    if (outcome === differs) rewrite(unit, frame, position, stamp, writer)
    else if (outcome === absent) (missing ??= new Set()).add(position)
  }
  return missing ?? none
}

function rewrite(unit: Unit, frame: Frame, position: number, stamp: Stamp, writer: ReverseWriter): void {
  if (rewritePoint(unit, position, frame.form, writer, stamp)) return
  unit.image.dirty[position] = 1
  frame.changed = true
  unit.changed = true
}
