import type { Batch } from '#src/model/batch.ts'
import type { SeriesWriter } from './series-writer.ts'
import type { Block, TemplateMemory } from './template-memory.ts'
import type { SymbolPlan } from './v2/symbol-plan.ts'
import { writeValue } from './value-bits.ts'
import { varintLength, writeVarint } from './varint.ts'

/** How many series are encoded together: few, so that few are written anew when some are replaced; each unit costs 800 bytes on the wire. */
export const unitSeries = 256
/** A unit with less than this is dissolved into others. */
const leastSeries = 64
/** What a series has beside its labels at most, in bytes: lengths, sample, start time, metadata. */
const seriesBytes = 72
/** Bytes of the place of a value, which are kept behind the template. */
const holeBytes = 4

/** Series of one source that are encoded together, and what they became when they were last. */
export class Unit {
  /** Its number among those of its source. */
  readonly number: number
  readonly shard: number
  /** In the order in which they are written. */
  slots: number[] = []
  /** Whether it must be encoded anew. */
  changed = true
  /** The number of the request of version 2.0 that it was put into last. */
  request = 0
  readonly #limit: number
  #bytes = 0
  #template: Template | undefined

  /** @param limit bytes of labels after which it is full all the same */
  constructor(number: number, shard: number, limit: number) {
    this.number = number
    this.shard = shard
    this.#limit = limit
  }

  /** The number of series. */
  get count(): number {
    return this.slots.length
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
    this.slots.push(slot)
    this.#bytes += bytes
    this.changed = true
  }

  remove(slot: number, bytes: number): void {
    const index = this.slots.indexOf(slot)
    if (index < 0) return
    this.slots.splice(index, 1)
    this.#bytes -= bytes
    this.changed = true
  }

  /**
   * The table of symbols that its template refers to, to begin another request with; undefined where a request without this unit
   * had it since.
   */
  get plan(): SymbolPlan | undefined {
    const plan = this.#template?.plan
    return plan?.isOutgrown === false && plan.lastRequest === this.request ? plan : undefined
  }

  /**
   * The template with the values and the time of a batch; undefined where there is none that fits.
   *
   * @param plan the table of symbols of the request that it goes into, for version 2.0
   */
  patched(
    { values, time, startTime, startTimes }: Batch,
    plan: SymbolPlan | undefined,
  ): Template | undefined {
    const template = this.#template
    if (template === undefined || this.changed || time < 0) return undefined
    if (varintLength(time) !== template.timeLength || template.plan !== plan) return undefined
    const { slots } = this
    if (plan !== undefined) {
      const { starts } = template
      if (template.startTime !== startTime || (starts === undefined) !== (startTimes === undefined))
        return undefined
      if (starts?.every((start, index) => Object.is(start, startTimes?.[slots[index] ?? 0])) === false)
        return undefined
    }
    const { slab, offset } = template.block
    const { view, bytes } = slab
    let hole = offset + template.holesAt
    for (let index = 0; index < slots.length; index++) {
      writeValue(view, offset + view.getInt32(hole, true), values[slots[index] ?? 0] ?? 0)
      hole += holeBytes
    }
    writeVarint(bytes, time, offset + template.timestampAt)
    return template
  }

  /** Keeps what was just written of all its series, at one time. */
  keep(
    writer: SeriesWriter,
    { time, startTime, startTimes }: Batch,
    plan: SymbolPlan | undefined,
    memory: TemplateMemory,
  ): void {
    const { end, series, holes } = writer
    // What grew by pushes has room for more.
    if (this.changed) this.slots = this.slots.slice()
    // Before the template before leaves its own, which may be the same.
    plan?.join()
    this.#template?.plan?.leave()
    const block = this.#room(end + series * holeBytes, memory)
    const { slab, offset } = block
    writer.bytes.copy(slab.bytes, offset, 0, end)
    for (let index = 0; index < series; index++)
      slab.view.setInt32(offset + end + index * holeBytes, holes[index] ?? 0, true)
    this.#template = {
      block,
      length: end,
      raw: writer.raw,
      holesAt: end,
      timestampAt: writer.timestampAt,
      timeLength: varintLength(time),
      plan,
      startTime,
      starts:
        plan === undefined || startTimes === undefined
          ? undefined
          : Float64Array.from(this.slots, (slot) => startTimes[slot] ?? Number.NaN),
    }
    this.changed = false
  }

  /** Gives the template's memory back. */
  dispose(memory: TemplateMemory): void {
    this.#template?.plan?.leave()
    this.#giveBlock(memory)
    this.#template = undefined
  }

  /** The block of the template before where it is of the size that is needed, else another one. */
  #room(bytes: number, memory: TemplateMemory): Block {
    const before = this.#template?.block
    if (before !== undefined && bytes <= before.slab.size && bytes * 2 > before.slab.size) return before
    this.#giveBlock(memory)
    return memory.take(bytes)
  }

  #giveBlock(memory: TemplateMemory): void {
    if (this.#template !== undefined) memory.give(this.#template.block)
  }
}

/** Encoded series with holes for their values and one timestamp, in a block of memory. Places are from its beginning. */
export interface Template {
  readonly block: Block
  readonly length: number
  /** Its length decompressed. */
  readonly raw: number
  /** Where the places of the values are, four bytes each. */
  readonly holesAt: number
  readonly timestampAt: number
  readonly timeLength: number
  /** The table whose symbols it refers to, in version 2.0. */
  readonly plan: SymbolPlan | undefined
  readonly startTime: number | undefined
  /** Start times in the order of the series, where each has its own. */
  readonly starts: Float64Array | undefined
}
