import { internAttributes, retainAttributes, type AttributeSet } from './attribute-set.ts'
import { staleBatch, type Batch, type Exemplar } from './batch.ts'
import { ClassicColumns } from './classic-columns.ts'
import { boundLabel, visitParts } from './classic-parts.ts'
import type { Layout } from './layout.ts'
import { Series, type Kind, type Role } from './series.ts'
import { SlotTable } from './slot-table.ts'
import type { Source } from './source.ts'

/** How points become parts. */
export interface PointsToClassicOptions {
  /** How the format at hand writes the bound of a bucket, or a quantile, into its label. */
  readonly boundText: (bound: number) => string
  /** Whether parts named `x_created` bear the start time; else it is only in the start column. */
  readonly created?: boolean
}

const pointKinds: ReadonlySet<Kind> = new Set([
  'histogram',
  'gauge_histogram',
  'exponential_histogram',
  'summary',
])

/** One part of a whole, in the output. */
interface Part {
  readonly role: Role
  readonly bound: number
  readonly slot: number
}

/** The parts of the series of one input slot. */
interface Whole {
  readonly series: Series
  parts: readonly Part[]
}

/**
 * Turns points of histograms, exponential histograms and summaries into their classic parts, for formats that have no
 * points: one for each source. What is no point stays as it is.
 *
 * Which parts there are depends on the points: when their bounds change, the parts that vanish get stale markers.
 * While bounds are steady it only computes. Minimum and maximum of a histogram are lost, as in the Prometheus formats.
 */
export class PointsToClassic {
  readonly #options: PointsToClassicOptions
  readonly #table: SlotTable
  #input: Layout | undefined
  /** By input slot. */
  readonly #wholes: (Whole | undefined)[] = []
  readonly #passed: (number | undefined)[] = []

  constructor(source: Source, options: PointsToClassicOptions) {
    this.#table = new SlotTable(source)
    this.#options = options
  }

  /**
   * Converts a batch. Batches of the source come in order.
   *
   * @returns stale markers for parts that vanished, if there are any, then the parts
   */
  convert(batch: Batch): Batch[] {
    const before = this.#table.layout
    this.#follow(batch.layout)
    const vanished: number[] = []
    for (const slot of batch.walk) {
      if (batch.points?.[slot] !== undefined && !batch.isStale(slot)) this.#shape(slot, batch, vanished)
      else this.#pass(slot, batch.layout.series[slot], batch.isStale(slot))
    }
    const layout = this.#table.commit()
    const columns = new ClassicColumns(batch, layout.series.length)
    for (const slot of batch.walk) this.#write(slot, batch, columns)
    const converted = columns.finish(layout, this.#exemplars(batch))
    // Slots that appeared and vanished in this call were in no layout before.
    const ended = vanished.filter((slot) => before.series[slot] !== undefined)
    return ended.length === 0
      ? [converted]
      : [staleBatch(before, Int32Array.from(ended).toSorted(), batch.time), converted]
  }

  /** Gives everything back, at the end of the source. */
  dispose(): void {
    this.#table.dispose()
    this.#wholes.length = 0
    this.#passed.length = 0
    this.#input = undefined
  }

  /** Takes out what belongs to series that went; what is new comes with its first sample. */
  #follow(layout: Layout): void {
    if (layout === this.#input) return
    for (const slot of layout.changedSince(this.#input)) {
      if (layout.series[slot] === this.#input?.series[slot]) continue
      this.#removeParts(this.#wholes[slot]?.parts ?? [])
      this.#wholes[slot] = undefined
      this.#unpass(slot)
    }
    this.#input = layout
  }

  /** Sees to it that the parts of a point have their slots; those that vanish are added to the list. */
  #shape(slot: number, batch: Batch, vanished: number[]): void {
    const point = batch.points?.[slot]
    const series = batch.layout.series[slot]
    if (point === undefined || series === undefined) return
    const passed = this.#unpass(slot)
    if (passed !== undefined) vanished.push(passed)
    const known = this.#wholes[slot]
    const wanted: { role: Role; bound: number }[] = []
    let index = 0
    let same = known !== undefined
    visitParts(point, (role, bound) => {
      const part = known?.parts[index++]
      same &&= part !== undefined && part.role === role && Object.is(part.bound, bound)
    })
    if (same && known !== undefined && index === this.#visitedParts(known)) return
    visitParts(point, (role, bound) => void wanted.push({ role, bound }))
    if (this.#options.created === true) wanted.push({ role: 'created', bound: Number.NaN })
    const before = new Map(known?.parts.map((part) => [`${part.role} ${part.bound}`, part]))
    const parts = wanted.map(({ role, bound }) => {
      const key = `${role} ${bound}`
      const kept = before.get(key)
      before.delete(key)
      return kept ?? { role, bound, slot: this.#table.add(this.#partOf(series, role, bound)) }
    })
    const gone = [...before.values()]
    this.#removeParts(gone)
    vanished.push(...gone.map((part) => part.slot))
    this.#wholes[slot] = { series, parts }
  }

  #visitedParts({ parts }: Whole): number {
    return this.#options.created === true ? parts.length - 1 : parts.length
  }

  #partOf({ metric, attributes }: Series, role: Role, bound: number): Series {
    const label = boundLabel[role]
    const set: AttributeSet =
      label === undefined
        ? retainAttributes(attributes)
        : internAttributes([...attributes.entries, label, this.#options.boundText(bound)])
    return new Series(metric, set, role)
  }

  #removeParts(parts: readonly Part[]): void {
    for (const { slot } of parts) this.#table.remove(slot)
  }

  #pass(slot: number, series: Series | undefined, ended: boolean): void {
    if (series === undefined || this.#wholes[slot] !== undefined || this.#passed[slot] !== undefined) return
    // The end of a histogram that never had a point is the end of no part.
    if (ended && pointKinds.has(series.metric.descriptor.kind)) return
    retainAttributes(series.attributes)
    this.#passed[slot] = this.#table.add(series)
  }

  #unpass(slot: number): number | undefined {
    const output = this.#passed[slot]
    if (output === undefined) return undefined
    this.#passed[slot] = undefined
    this.#table.remove(output)
    return output
  }

  #write(slot: number, batch: Batch, columns: ClassicColumns): void {
    const passed = this.#passed[slot]
    if (passed !== undefined) columns.copy(slot, passed)
    const parts = this.#wholes[slot]?.parts
    if (parts === undefined) return
    const point = batch.points?.[slot]
    if (batch.isStale(slot)) {
      for (const part of parts) {
        columns.copyTimes(slot, part.slot)
        columns.setStale(part.slot)
      }
      return
    }
    if (point === undefined) return
    let index = 0
    visitParts(point, (_role, _bound, value) => {
      const part = parts[index++]
      if (part === undefined) return
      columns.copyTimes(slot, part.slot)
      columns.setValue(part.slot, value)
    })
    const last = parts.at(-1)
    const start = batch.startTimeAt(slot)
    if (last?.role !== 'created' || start === undefined) return
    columns.copyTimes(slot, last.slot)
    columns.setValue(last.slot, start / 1000)
  }

  /** An exemplar of a histogram belongs to the first bucket that counts its value. */
  #exemplars({ exemplars }: Batch): Exemplar[] | undefined {
    return exemplars?.flatMap((exemplar) => {
      const passed = this.#passed[exemplar.slot]
      if (passed !== undefined) return [{ ...exemplar, slot: passed }]
      const bucket = this.#wholes[exemplar.slot]?.parts.find(
        ({ role, bound }) => role === 'bucket' && bound >= Number(exemplar.value),
      )
      return bucket === undefined ? [] : [{ ...exemplar, slot: bucket.slot }]
    })
  }
}
