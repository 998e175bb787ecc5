import type { Batch } from '#src/model/batch.ts'
import { emptyLayout, type Layout } from '#src/model/layout.ts'
import type { Series } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import { pressureFields, type Feed } from './field.ts'
import { feedsByMetric } from './feeds.ts'
import { averagePressure, type PressureAverages } from './pressure.ts'
import { labelsOf, subjectOf, type NoSubject, type Subject } from './subject.ts'

/** What a series says, and which field of which row that is. */
export interface Cell {
  readonly subject: Subject
  readonly feeds: readonly { readonly feed: Feed; readonly part: string }[]
  /** The metric it belongs to: cells of one metric are added up. */
  readonly metric: string
  /** Whether it says how long tasks waited, of which averages are kept. */
  readonly isPressure: boolean
  sample: CellSample | undefined
  /** The first sample that there was. */
  first: CellSample | undefined
  /** The sample before, where the series was not set back in between. */
  previous: CellSample | undefined
}

/** One sample of a series; times in Unix milliseconds. */
export interface CellSample {
  readonly value: number
  readonly time: number
  /** Since when a cumulative value counts. */
  readonly startTime: number | undefined
  /** When it came, in monotonic milliseconds. */
  readonly collected: number
  /** Of pressure, once there are two samples. */
  readonly averages: PressureAverages | undefined
}

/** Why a point is not served. */
export type DropReason = 'not_served' | NoSubject

/** The cells of one source, by slot. */
export class SourceCells {
  #layout: Layout
  #cells: (Cell | DropReason | undefined)[] = []
  readonly #nodeName: string

  constructor(source: Source, nodeName: string) {
    this.#layout = emptyLayout(source)
    this.#nodeName = nodeName
  }

  /**
   * Takes a batch.
   *
   * @param collected monotonic milliseconds
   * @returns how many points each reason left out
   */
  take(batch: Batch, collected: number): ReadonlyMap<DropReason, number> {
    this.#follow(batch.layout)
    const dropped = new Map<DropReason, number>()
    for (const slot of batch.walk) {
      const cell = this.#cells[slot]
      if (cell === undefined) continue
      if (typeof cell === 'string') dropped.set(cell, (dropped.get(cell) ?? 0) + 1)
      else if (batch.isStale(slot)) cell.sample = cell.first = cell.previous = undefined
      else update(cell, batch, slot, collected)
    }
    return dropped
  }

  /** The cells that have a sample which came at a time or later, in monotonic milliseconds. */
  *since(earliest: number): Generator<Cell & { readonly sample: CellSample }> {
    for (const cell of this.#cells) {
      if (typeof cell !== 'object' || cell.sample === undefined || cell.sample.collected < earliest) continue
      yield cell as Cell & { readonly sample: CellSample }
    }
  }

  #follow(layout: Layout): void {
    const before = this.#layout.series
    for (const slot of layout.changedSince(this.#layout)) {
      const series = layout.series[slot]
      if (series !== before[slot]) this.#cells[slot] = series && cellOf(series, this.#nodeName)
    }
    this.#cells.length = layout.series.length
    this.#layout = layout
  }
}

function cellOf(series: Series, nodeName: string): Cell | DropReason {
  const metric = feedsByMetric.get(series.name)
  const { temporality } = series.metric.descriptor
  if (metric === undefined || temporality === 'delta') return 'not_served'
  const labels = labelsOf(series)
  const subject = subjectOf(labels, metric, nodeName)
  if (typeof subject === 'string') return subject
  const feeds = metric.feeds
    .filter(({ where }) => where === undefined || where(labels))
    .map((feed) => ({ feed, part: feed.part?.(labels) ?? '' }))
  if (feeds.length === 0) return 'not_served'
  const isPressure = feeds.some(({ feed }) => pressureFields.has(feed.field))
  return {
    subject,
    feeds,
    metric: series.name,
    isPressure,
    sample: undefined,
    first: undefined,
    previous: undefined,
  }
}

function update(cell: Cell, batch: Batch, slot: number, collected: number): void {
  const value = batch.values[slot] ?? 0
  const time = batch.timeAt(slot)
  const before = cell.sample
  // A kubelet tells the same sample again until there is a newer one: the rate is that between two samples.
  const isLater = before !== undefined && time > before.time
  if (isLater) cell.previous = value >= before.value ? before : undefined
  const { previous } = cell
  const averages =
    cell.isPressure && isLater && previous !== undefined
      ? averagePressure(previous.averages, value - previous.value, (time - previous.time) / 1000)
      : before?.averages
  cell.sample = { value, time, startTime: batch.startTimeAt(slot), collected, averages }
  cell.first ??= cell.sample
}
