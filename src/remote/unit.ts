import type { Batch } from '#src/model/batch.ts'
import type { BufferPool } from '#src/queue/buffer-pool.ts'
import type { SeriesWriter } from './series-writer.ts'
import type { SymbolsAdded } from './v2/request-symbols.ts'
import { writeValue } from './value-bits.ts'
import { varintLength, writeVarint } from './varint.ts'

/** How many series are encoded together: few, so that few are written anew when some are replaced; each unit costs 800 bytes on the wire. */
export const unitSeries = 256
/** A unit with less than this is dissolved into others. */
const leastSeries = 64
/** What a series has beside its labels at most, in bytes: lengths, sample, start time, metadata. */
const seriesBytes = 72

/** Series of one source that are encoded together, and what they became when they were last. */
export class Unit {
  readonly shard: number
  /** In the order in which they are written. */
  readonly slots = new Int32Array(unitSeries)
  count = 0
  /** Whether it must be encoded anew. */
  changed = true
  readonly #limit: number
  #bytes = 0
  #template: Template | undefined

  /** @param limit bytes of labels after which it is full all the same */
  constructor(shard: number, limit: number) {
    this.shard = shard
    this.#limit = limit
  }

  /** Bytes of its message at most. */
  get maxBytes(): number {
    return this.#bytes + this.count * seriesBytes
  }

  /** Whether a series whose labels have so many bytes still fits. */
  hasRoom(bytes: number): boolean {
    return this.count === 0 || (this.count < unitSeries && this.#bytes + bytes <= this.#limit)
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

  /**
   * The template with the values and the time of a batch; undefined where there is none that fits.
   *
   * @param state of the table of symbols that it goes behind, for version 2.0
   */
  patched({ values, time, startTime, startTimes }: Batch, state: number | undefined): Template | undefined {
    const template = this.#template
    if (template === undefined || this.changed || time < 0) return undefined
    if (varintLength(time) !== template.timeLength || template.symbols?.before !== state) return undefined
    const { view, holes, bytes, starts } = template
    const { slots } = this
    if (state !== undefined) {
      if (template.startTime !== startTime || (starts === undefined) !== (startTimes === undefined))
        return undefined
      if (starts?.every((start, index) => Object.is(start, startTimes?.[slots[index] ?? 0])) === false)
        return undefined
    }
    for (let index = 0; index < holes.length; index++)
      writeValue(view, holes[index] ?? 0, values[slots[index] ?? 0] ?? 0)
    writeVarint(bytes, time, template.timestampAt)
    return template
  }

  /** Keeps what was just written of all its series, at one time. */
  keep(writer: SeriesWriter, batch: Batch, symbols: SymbolsAdded | undefined, pool: BufferPool): void {
    const before = this.#template
    let bytes = before?.bytes
    if (bytes === undefined || bytes.length < writer.end) {
      if (bytes !== undefined) pool.give(bytes)
      bytes = pool.take(writer.end)
    }
    writer.bytes.copy(bytes, 0, 0, writer.end)
    const { startTimes } = batch
    this.#template = {
      bytes,
      view: bytes === before?.bytes ? before.view : new DataView(bytes.buffer),
      length: writer.end,
      raw: writer.raw,
      holes: writer.holes.slice(0, writer.series),
      timestampAt: writer.timestampAt,
      timeLength: varintLength(batch.time),
      symbols,
      startTime: batch.startTime,
      starts:
        symbols === undefined || startTimes === undefined
          ? undefined
          : Float64Array.from(this.slots.subarray(0, this.count), (slot) => startTimes[slot] ?? Number.NaN),
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
  /** The symbols that it refers to first, in version 2.0. */
  readonly symbols: SymbolsAdded | undefined
  readonly startTime: number | undefined
  /** Start times in the order of the series, where each has its own. */
  readonly starts: Float64Array | undefined
}
