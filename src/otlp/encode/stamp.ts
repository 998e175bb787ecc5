import type { Batch, Exemplar } from '#src/model/batch.ts'
import { nanoseconds } from '#src/model/classic-columns.ts'

/** What is put into the data points of a batch, worked out once. */
export interface Stamp {
  readonly batch: Batch
  /** By slot, for those that have any. */
  readonly exemplars: ReadonlyMap<number, readonly Exemplar[]> | undefined
  /** The time of all data points and the time since which they count; undefined where slots have times of their own. */
  readonly times: Times | undefined
}

/** Nanoseconds of Unix time, as halves of 64 bits. */
export interface Times {
  readonly low: number
  readonly high: number
  readonly hasStart: boolean
  readonly startLow: number
  readonly startHigh: number
}

/** Looks through the columns of a batch. */
export function stampOf(batch: Batch): Stamp {
  const { exemplars, times, timesNano, startTimes, startTimesNano } = batch
  const ownTimes = (times ?? timesNano ?? startTimes ?? startTimesNano) !== undefined
  return {
    batch,
    exemplars:
      exemplars === undefined || exemplars.length === 0
        ? undefined
        : Map.groupBy(exemplars, ({ slot }) => slot),
    times: ownTimes ? undefined : timesOf(batch),
  }
}

function timesOf({ time, startTime }: Batch): Times {
  const now = BigInt.asUintN(64, nanoseconds(time))
  const start = BigInt.asUintN(64, startTime === undefined ? 0n : nanoseconds(startTime))
  return {
    low: Number(now & 0xffff_ffffn),
    high: Number(now >> 32n),
    hasStart: start !== 0n,
    startLow: Number(start & 0xffff_ffffn),
    startHigh: Number(start >> 32n),
  }
}
