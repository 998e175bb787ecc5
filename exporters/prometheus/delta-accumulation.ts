import type { Batch } from '#src/model/batch.ts'
import { addPoints } from '#src/model/point-sums.ts'
import type { Point } from '#src/model/point.ts'
import type { FoldedColumns } from './sample-columns.ts'

/** Why a point of delta temporality is not counted. */
export type FoldedDrop = 'out_of_order' | 'invalid_value'

/**
 * Adds a point of delta temporality to what has been counted so far.
 *
 * The first point begins the count. A later one is added, also when there is a gap before it; it is refused when it is
 * not newer than the last one, or begins before the count did. A histogram with other bounds begins anew, which readers
 * see as a counter reset. (OpenTelemetry metrics data model, "Sums: Delta-to-Cumulative".)
 *
 * @returns why it was refused, undefined where it was added
 */
export function accumulate(columns: FoldedColumns, batch: Batch, slot: number): FoldedDrop | undefined {
  const value = batch.values[slot] ?? 0
  const point = batch.points?.[slot]
  if (point === undefined && !(value >= 0)) return 'invalid_value'
  const time = batch.timeAt(slot)
  const start = batch.startTimeAt(slot)
  if (columns.shown[slot] === 1) {
    if (time <= columns.timeAt(slot)) return 'out_of_order'
    const begun = columns.startTimeAt(slot)
    if (start !== undefined && begun !== undefined && start < begun) return 'out_of_order'
    if (add(columns, slot, value, point)) {
      columns.times[slot] = time
      return undefined
    }
  }
  columns.values[slot] = value
  if (point !== undefined || columns.points[slot] !== undefined) columns.points[slot] = point
  columns.times[slot] = time
  columns.starts[slot] = start ?? Number.NaN
  return undefined
}

/** Whether the point could be added. */
function add(columns: FoldedColumns, slot: number, value: number, point: Point | undefined): boolean {
  const before = columns.points[slot]
  if (point === undefined) {
    if (before !== undefined) return false
    columns.values[slot] = (columns.values[slot] ?? 0) + value
    return true
  }
  const sum = before === undefined ? undefined : addPoints(before, point)
  if (sum === undefined) return false
  columns.points[slot] = sum
  return true
}
