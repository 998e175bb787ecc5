import type { Batch } from '#src/model/batch.ts'
import { nanoseconds } from '#src/model/classic-columns.ts'

/** Unix time of a slot in nanoseconds, exact where the data came with them. */
export function timeNano(batch: Batch, slot: number): bigint {
  return batch.timesNano?.[slot] ?? nanoseconds(batch.timeAt(slot))
}

/** Unix time in nanoseconds since which the value of a slot counts; 0 where it is not known, as OTLP has it. */
export function startTimeNano(batch: Batch, slot: number): bigint {
  const nano = batch.startTimesNano?.[slot]
  if (nano !== undefined) return nano
  const start = batch.startTimeAt(slot)
  return start === undefined ? 0n : nanoseconds(start)
}
