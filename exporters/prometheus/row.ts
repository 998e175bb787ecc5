import type { Role } from '#src/model/series.ts'
import type { BoundText } from './bound-text.ts'
import type { Family } from './family.ts'
import type { LatestSamples } from './latest-samples.ts'
import type { SampleColumns } from './sample-columns.ts'

/** Which part of a classic histogram or summary a row is. */
export interface Part {
  readonly role: Role
  /** The upper bound of a bucket, or the quantile; NaN for sum and count. */
  readonly bound: number
  /** How the bound is written; undefined for sum and count. */
  readonly boundText: BoundText | undefined
}

/** One series of one source in the exposition. */
export class Row {
  readonly samples: LatestSamples
  readonly slot: number
  /**
   * Its labels, as `byteText`: for a line of its own up to the value (`{a="b"} `, or a blank), for others without what
   * closes them (`{a="b"`, or nothing), since a bound may follow. Rows of one label set share the text.
   */
  readonly text: string
  readonly part: Part | undefined
  /** Undefined while it is not in a family: another one has its name, or it was removed. */
  family: Family | undefined
  /** All rows with this name and these labels, itself included, where there are several; shared among them. */
  contest: Row[] | undefined

  constructor(samples: LatestSamples, slot: number, text: string, part?: Part) {
    this.samples = samples
    this.slot = slot
    this.text = text
    this.part = part
    this.family = undefined
    this.contest = undefined
  }
}

/** Adds a row to those that are equal to it. */
export function contend(row: Row, rival: Row): readonly Row[] {
  const contest = rival.contest ?? [rival]
  contest.push(row)
  for (const each of contest) each.contest = contest
  return contest
}

/** Takes a row out of its contest; the last one that is left is in none. */
export function giveUp(row: Row): readonly Row[] {
  const contest = row.contest ?? []
  contest.splice(contest.indexOf(row), 1)
  row.contest = undefined
  const [survivor, other] = contest
  if (survivor !== undefined && other === undefined) survivor.contest = undefined
  return contest
}

/** Where a source's samples are read: in a capture, or as they are now. */
export type ReadColumns = (samples: LatestSamples) => SampleColumns | undefined

/** Whether a slot has a sample to show. */
export function isShown(columns: SampleColumns | undefined, slot: number): columns is SampleColumns {
  return columns !== undefined && (columns.shown === undefined || columns.shown[slot] === 1)
}

/**
 * The one of several equal series that is shown: that with the newest sample, then that of the smaller source id, then
 * that of the smaller slot; undefined where none has a sample.
 */
export function winnerOf(contest: readonly Row[], read: ReadColumns): Row | undefined {
  let best: Row | undefined
  let bestTime = -Infinity
  for (const row of contest) {
    const columns = read(row.samples)
    if (!isShown(columns, row.slot)) continue
    const time = columns.timeAt(row.slot)
    if (best === undefined || time > bestTime || (time === bestTime && precedes(row, best))) {
      best = row
      bestTime = time
    }
  }
  return best
}

function precedes(row: Row, other: Row): boolean {
  const { id } = row.samples.source
  const otherId = other.samples.source.id
  if (id !== otherId) return id < otherId
  if (row.samples !== other.samples) return row.samples.number < other.samples.number
  return row.slot < other.slot
}
