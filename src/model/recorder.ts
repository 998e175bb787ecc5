import { hashAttributes, internAttributes, sameValue, type AttributeList } from './attribute-set.ts'
import { Batch, flag, staleBatch } from './batch.ts'
import { combine } from './hash.ts'
import type { Layout } from './layout.ts'
import type { Point } from './point.ts'
import { Series, type Metric } from './series.ts'
import { SlotTable } from './slot-table.ts'
import type { Source } from './source.ts'

/** What a sample may say beside its value. */
export interface SampleOptions {
  /** The value is an OTLP `int`. */
  readonly integer?: boolean
  /** The exact value of an integer beyond 2^53. */
  readonly exact?: bigint
  /** A histogram, exponential histogram or summary; the value is then ignored. */
  readonly point?: Point
}

/**
 * Turns the measurements of one source into batches, cycle by cycle. The producer records what it sees; what it
 * recorded in the last cycle and not in this one has ended, and gets stale markers.
 *
 * Rows are found by prediction: nearly every cycle records the same series in the same order, so each call is first
 * compared with the row that came next in the cycle before; only a miss looks into the index.
 */
export class Recorder {
  readonly #table: SlotTable
  /** Rows by the low half of their hash; those that share it are chained by `next`. */
  readonly #index = new Map<number, Row>()
  #order: Row[] = []
  #nextOrder: Row[] = []
  #position = 0
  #cycle = 0
  #duplicates = 0
  #values = new Float64Array(0)
  #flags = new Uint8Array(0)
  #integers: Map<number, bigint> | undefined
  #points: (Point | undefined)[] | undefined

  constructor(source: Source) {
    this.#table = new SlotTable(source)
  }

  /** The layout of the last finished cycle. */
  get layout(): Layout {
    return this.#table.layout
  }

  /** Samples of the running or last cycle that came a second time, and were left out: the first wins. */
  get duplicates(): number {
    return this.#duplicates
  }

  /** Begins a cycle. */
  begin(): void {
    this.#cycle++
    this.#position = 0
    this.#duplicates = 0
    this.#nextOrder = []
    const length = Math.max(16, this.#table.layout.series.length)
    this.#values = new Float64Array(length)
    this.#flags = new Uint8Array(length)
    this.#integers = undefined
    this.#points = undefined
  }

  /**
   * Records one sample of this cycle. Attributes come as key, value, key, value, in the same order each time.
   * `metric` is compared by reference: a producer makes each of its metrics once.
   */
  record(metric: Metric, attributes: AttributeList, value: number, options?: SampleOptions): void {
    const row = this.#rowOf(metric, attributes)
    if (row.cycle === this.#cycle) {
      this.#duplicates++
      return
    }
    row.cycle = this.#cycle
    row.position = this.#nextOrder.length
    this.#nextOrder.push(row)
    const { slot } = row
    if (slot >= this.#values.length) this.#grow(slot + 1)
    this.#values[slot] = value
    if (options === undefined) return
    if (options.integer === true || options.exact !== undefined) this.#flags[slot] = flag.integer
    if (options.exact !== undefined) (this.#integers ??= new Map()).set(slot, options.exact)
    if (options.point !== undefined) (this.#points ??= [])[slot] = options.point
  }

  /**
   * Ends a cycle.
   *
   * @param time Unix time in milliseconds
   * @param startTime since when cumulative values count, in Unix milliseconds
   * @returns stale markers on the layout before, where series ended, and then the samples of this cycle
   */
  end(time: number, startTime?: number): Batch[] {
    const before = this.#table.layout
    const ended: number[] = []
    if (this.#order.length + this.#table.layout.size > 0) {
      for (const row of this.#order) {
        if (row.cycle === this.#cycle) continue
        ended.push(row.slot)
        this.#table.remove(row.slot)
        this.#unindex(row)
      }
    }
    this.#order = this.#nextOrder
    const layout = this.#table.commit()
    const batches: Batch[] = []
    if (ended.length > 0) batches.push(staleBatch(before, Int32Array.from(ended).toSorted(), time))
    if (layout.size > 0) batches.push(new Batch(layout, { ...this.#columns(layout), time, startTime }))
    return batches
  }

  /** Forgets everything, at the end of the source. */
  dispose(): void {
    this.#table.dispose()
    this.#index.clear()
    this.#order = []
    this.#nextOrder = []
  }

  #columns(layout: Layout): {
    values: Float64Array
    flags: Uint8Array
    integers: BigInt64Array | undefined
    points: (Point | undefined)[] | undefined
  } {
    const { length } = layout.series
    if (this.#values.length < length) this.#grow(length)
    let integers: BigInt64Array | undefined
    if (this.#integers !== undefined) {
      integers = BigInt64Array.from(this.#values, (value) => (Number.isInteger(value) ? BigInt(value) : 0n))
      for (const [slot, exact] of this.#integers) integers[slot] = exact
    }
    return { values: this.#values, flags: this.#flags, integers, points: this.#points }
  }

  #rowOf(metric: Metric, attributes: AttributeList): Row {
    const predicted = this.#order[this.#position]
    if (predicted !== undefined && isRow(predicted, metric, attributes)) {
      this.#position++
      return predicted
    }
    const { low } = combine(metric.hash, hashAttributes(attributes))
    const first = this.#index.get(low)
    for (let row = first; row !== undefined; row = row.next) {
      if (!isRow(row, metric, attributes)) continue
      // A row of this cycle has its place in the order to come, not in the one that is followed.
      if (row.cycle !== this.#cycle) this.#position = row.position + 1
      return row
    }
    const set = internAttributes(attributes)
    const slot = this.#table.add(new Series(metric, set))
    const kept = sameList(set.entries, attributes) ? set.entries : attributes.slice()
    const row: Row = { slot, metric, attributes: kept, low, cycle: 0, position: 0, next: first }
    this.#index.set(low, row)
    return row
  }

  #unindex(row: Row): void {
    const first = this.#index.get(row.low)
    if (first === row) {
      if (row.next === undefined) this.#index.delete(row.low)
      else this.#index.set(row.low, row.next)
      return
    }
    let before = first
    while (before !== undefined && before.next !== row) before = before.next
    if (before !== undefined) before.next = row.next
  }

  #grow(needed: number): void {
    const length = Math.max(needed, this.#values.length * 2)
    const values = new Float64Array(length)
    values.set(this.#values)
    this.#values = values
    const flags = new Uint8Array(length)
    flags.set(this.#flags)
    this.#flags = flags
  }
}

interface Row {
  readonly slot: number
  readonly metric: Metric
  /** As they were given; the entries of the interned set where those came sorted. */
  readonly attributes: AttributeList
  readonly low: number
  /** The last cycle in which it was recorded. */
  cycle: number
  /** Its place in the order of that cycle. */
  position: number
  next: Row | undefined
}

function isRow(row: Row, metric: Metric, attributes: AttributeList): boolean {
  return row.metric === metric && sameList(row.attributes, attributes)
}

function sameList(first: AttributeList, second: AttributeList): boolean {
  if (first.length !== second.length) return false
  for (let index = 0; index < first.length; index++) {
    const one = first[index]
    const other = second[index]
    if (one === other) continue
    if (one === undefined || other === undefined || !sameValue(one, other)) return false
  }
  return true
}
