import type { BufferPool } from './buffer-pool.ts'
import { writeValue, type SeriesWriter } from './series-writer.ts'
import { varintLength, writeVarint } from './label-table.ts'

/** How many series are encoded together: with 1 % of series replaced at random, nearly all units of 512 change, of 256 too. */
export const unitSeries = 512
/** Bytes of labels after which a unit is full all the same, so that requests can be bounded. */
const unitBytes = 1 << 18
/** A unit with less than this is dissolved into others. */
const leastSeries = 64

/** Series of one source that are encoded together, and what they became when they were last. */
export class Unit {
  readonly shard: number
  /** In the order in which they are written. */
  slots: Int32Array = new Int32Array(unitSeries)
  count = 0
  /** Whether series came or went since the template was made. */
  changed = true
  #bytes = 0
  #template: Template | undefined

  constructor(shard: number) {
    this.shard = shard
  }

  /** Whether a series whose labels have so many bytes still fits. */
  hasRoom(bytes: number): boolean {
    return this.count === 0 || (this.count < unitSeries && this.#bytes + bytes <= unitBytes)
  }

  /** Whether so few series are left that they had better be elsewhere. */
  get isSparse(): boolean {
    return this.count < leastSeries
  }

  add(slot: number, bytes: number): void {
    this.slots[this.count++] = slot
    this.#bytes += bytes
    this.changed = true
  }

  remove(slot: number, bytes: number): void {
    const index = this.slots.subarray(0, this.count).indexOf(slot)
    if (index < 0) return
    this.slots.copyWithin(index, index + 1, this.count)
    this.count--
    this.#bytes -= bytes
    this.changed = true
  }

  /** The template with these values and this time; undefined where there is none that fits. */
  patched(values: Float64Array, time: number): Template | undefined {
    const template = this.#template
    if (template === undefined || this.changed || time < 0 || varintLength(time) !== template.timeLength)
      return undefined
    const { view, holes, bytes } = template
    const { slots } = this
    for (let index = 0; index < holes.length; index++)
      writeValue(view, holes[index] ?? 0, values[slots[index] ?? 0] ?? 0)
    writeVarint(bytes, time, template.timestampAt)
    return template
  }

  /** Keeps what was just written of all series, at one time. */
  keep(writer: SeriesWriter, time: number, pool: BufferPool): void {
    const before = this.#template
    let bytes = before?.bytes
    if (bytes === undefined || bytes.length < writer.end) {
      if (bytes !== undefined) pool.give(bytes)
      bytes = pool.take(writer.end)
    }
    writer.bytes.copy(bytes, 0, 0, writer.end)
    this.#template = {
      bytes,
      view: bytes === before?.bytes ? before.view : new DataView(bytes.buffer),
      length: writer.end,
      raw: writer.raw,
      holes: writer.holes.slice(0, writer.series),
      timestampAt: writer.timestampAt,
      timeLength: varintLength(time),
    }
    this.changed = false
  }

  /** Gives the template's memory back. */
  dispose(pool: BufferPool): void {
    if (this.#template !== undefined) pool.give(this.#template.bytes)
    this.#template = undefined
  }
}

/** Encoded series with holes for their values and one timestamp. */
export interface Template {
  readonly bytes: Buffer
  readonly view: DataView
  readonly length: number
  /** Its length decompressed. */
  readonly raw: number
  readonly holes: Int32Array
  readonly timestampAt: number
  readonly timeLength: number
}
