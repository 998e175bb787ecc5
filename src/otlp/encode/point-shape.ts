import type { Batch } from '#src/model/batch.ts'
import type { HistogramPoint } from '#src/model/point.ts'
import { isNumeric, type Form } from '../metric-form.ts'
import { shape } from './image.ts'
import type { Stamp } from './stamp.ts'

/** What a data point of no value has for a shape: it is left out. */
export const noShape = -1

/** What is in the data point of a slot, as bits of `shape`; `noShape` where it can be none: a histogram or summary without a point. */
export function shapeOf(form: Form, { batch, exemplars, times }: Stamp, slot: number): number {
  const start = (times === undefined ? hasStart(batch, slot) : times.hasStart) ? shape.start : 0
  if (batch.isStale(slot)) return start | shape.stale
  const fixed = form !== 'summary' && exemplars?.has(slot) === true ? shape.fixed : 0
  if (isNumeric(form)) return start | fixed
  const point = batch.points?.[slot]
  if (point === undefined) return noShape
  return start | fixed | (point.kind === 'histogram' ? histogramShape(point) : shape.fixed)
}

function histogramShape({ sum, min, max, bounds, counts }: HistogramPoint): number {
  return (
    (sum === undefined ? 0 : shape.sum) |
    (min === undefined ? 0 : shape.min) |
    (max === undefined ? 0 : shape.max) |
    (counts.length === bounds.length + 1 ? 0 : shape.fixed)
  )
}

function hasStart({ startTime, startTimes, startTimesNano }: Batch, slot: number): boolean {
  const nano = startTimesNano?.[slot]
  if (nano !== undefined) return nano !== 0n
  const own = startTimes?.[slot]
  const start = own === undefined || Number.isNaN(own) ? startTime : own
  return start !== undefined && start !== 0
}
