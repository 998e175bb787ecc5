import { internAttributes, valueText, type AttributeList } from './attribute-set.ts'
import { Batch, flag, staleBatch } from './batch.ts'
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
  readonly #index = new Map<string, Row>()
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
        this.#index.delete(row.key)
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
    const key = keyOf(metric, attributes)
    const known = this.#index.get(key)
    if (known !== undefined) {
      const position = this.#order.indexOf(known, this.#position)
      if (position >= 0) this.#position = position + 1
      return known
    }
    const slot = this.#table.add(new Series(metric, internAttributes(attributes)))
    const row: Row = { slot, metric, attributes: attributes.slice(), key, cycle: 0 }
    this.#index.set(key, row)
    return row
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
  readonly attributes: AttributeList
  readonly key: string
  /** The last cycle in which it was recorded. */
  cycle: number
}

function isRow(row: Row, metric: Metric, attributes: AttributeList): boolean {
  if (row.metric !== metric || row.attributes.length !== attributes.length) return false
  for (let index = 0; index < attributes.length; index++) {
    if (row.attributes[index] !== attributes[index]) return false
  }
  return true
}

function keyOf(metric: Metric, attributes: AttributeList): string {
  // Lengths keep values that hold the separator apart.
  let key = `${metric.hash.high},${metric.hash.low},${metric.name}`
  for (const entry of attributes) {
    const text = typeof entry === 'string' ? entry : valueText(entry)
    key += `|${text.length}:${text}`
  }
  return key
}
