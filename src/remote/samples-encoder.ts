import { flag, type Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { Intake } from '#src/queue/intake.ts'
import type { BufferPool } from './buffer-pool.ts'
import type { LabelTable } from './label-table.ts'
import type { EncodedSeries } from './request-builder.ts'
import type { SeriesNaming } from './series-naming.ts'
import { SeriesWriter } from './series-writer.ts'
import { slotStates, SourceSeries, type SlotDrop } from './source-series.ts'
import { Unit, unitSeries } from './unit.ts'

/** Series of a source that go through one shard. */
interface Partition {
  readonly shard: number
  units: Unit[]
}

/** What is remembered of a source. */
interface KnownSource {
  readonly series: SourceSeries
  readonly partitions: readonly Partition[]
  /** By slot: the unit that it is in. */
  readonly units: (Unit | undefined)[]
}

/** A source gets a shard more for each so many series, by the number that it has at first. */
const seriesPerShard = 20_000

/** Where encoded series go, and dropped points. */
export interface EncoderOutput {
  add(shard: number, series: EncodedSeries): void
  drop(intake: Intake, points: number, reason: SlotDrop | 'no_point'): void
}

/** Encodes batches as remote write 1.0, mostly by patching what was encoded before. */
export class SamplesEncoder {
  readonly #labels: LabelTable
  readonly #naming: SeriesNaming
  readonly #shards: number
  readonly #pool: BufferPool
  readonly #output: EncoderOutput
  readonly #writer: SeriesWriter
  readonly #sources = new Map<Source, KnownSource>()
  #scratch = new Int32Array(64)

  constructor(
    labels: LabelTable,
    naming: SeriesNaming,
    shards: number,
    pool: BufferPool,
    output: EncoderOutput,
  ) {
    this.#labels = labels
    this.#naming = naming
    this.#shards = shards
    this.#pool = pool
    this.#output = output
    this.#writer = new SeriesWriter(labels)
  }

  /** Encodes a batch. It yields after some work, so that other work gets its turn. */
  *encode(batch: Batch, intake: Intake): Generator<void, void> {
    const known = this.#knownOf(batch)
    const { series } = known
    if (batch.layout !== series.layout) yield* this.#follow(known, batch)
    if (batch.slots !== undefined) {
      yield* this.#encodeSlots(known, batch, batch.slots, intake)
      return
    }
    for (const [code, state] of slotStates.entries()) {
      const count = series.counts[code] ?? 0
      if (code > 2 && count > 0) this.#output.drop(intake, count, state as SlotDrop)
    }
    for (const { shard, units } of known.partitions) {
      for (const unit of units) {
        this.#encodeUnit(known, unit, shard, batch, intake)
        yield
      }
    }
  }

  /** Forgets a source; what was encoded of it is not touched. */
  forget(source: Source): void {
    const known = this.#sources.get(source)
    if (known === undefined) return
    this.#sources.delete(source)
    known.series.dispose()
    for (const { units } of known.partitions) for (const unit of units) unit.dispose(this.#pool)
  }

  #knownOf({ layout }: Batch): KnownSource {
    const { source } = layout
    let known = this.#sources.get(source)
    if (known === undefined) {
      const spread = Math.min(this.#shards, Math.max(1, Math.ceil(layout.size / seriesPerShard)))
      const home = hashText(source.id)
      known = {
        series: new SourceSeries(source, this.#naming, this.#labels),
        partitions: Array.from({ length: spread }, (_, index) => ({
          shard: (home + index) % this.#shards,
          units: [],
        })),
        units: [],
      }
      this.#sources.set(source, known)
    }
    return known
  }

  *#follow(known: KnownSource, { layout }: Batch): Generator<void, void> {
    const { series, units } = known
    const touched = new Set<Unit>()
    const added = yield* series.follow(layout, {
      left: (slot) => {
        const unit = units[slot]
        units[slot] = undefined
        if (unit === undefined) return
        unit.remove(slot, this.#bytesOf(series, slot))
        touched.add(unit)
      },
    })
    if (touched.size > 0) this.#dissolve(known, touched, added)
    const { sets } = series
    added.sort((a, b) => (sets[a] ?? 0) - (sets[b] ?? 0) || a - b)
    for (const slot of added) this.#place(known, slot)
  }

  /** Takes apart units that lost most of their series: the others are placed anew. */
  #dissolve(known: KnownSource, touched: ReadonlySet<Unit>, added: number[]): void {
    for (const partition of known.partitions) {
      const last = partition.units.at(-1)
      partition.units = partition.units.filter((unit) => {
        const stays = !touched.has(unit) || (unit.count > 0 && (unit === last || !unit.isSparse))
        if (!stays) {
          added.push(...unit.slots.subarray(0, unit.count))
          unit.dispose(this.#pool)
        }
        return stays
      })
    }
  }

  /** Puts a new series into the youngest unit of its shard. */
  #place({ series, partitions, units }: KnownSource, slot: number): void {
    const low = partitions.length === 1 ? 0 : (series.layout.series[slot]?.attributes.low ?? 0) >>> 0
    const partition = partitions[low % partitions.length]
    if (partition === undefined) return
    const bytes = this.#bytesOf(series, slot)
    let unit = partition.units.at(-1)
    if (unit === undefined || !unit.hasRoom(bytes)) {
      unit = new Unit(partition.shard)
      partition.units.push(unit)
    }
    unit.add(slot, bytes)
    units[slot] = unit
  }

  /** Bytes of the labels of a slot. */
  #bytesOf(series: SourceSeries, slot: number): number {
    const count = this.#labelsOf(series, slot)
    const { lengths } = this.#labels
    let bytes = 0
    for (let index = 0; index < count; index++) bytes += lengths[this.#scratch[index] ?? 0] ?? 0
    return bytes
  }

  #labelsOf({ labelSets, sets, names }: SourceSeries, slot: number): number {
    const set = sets[slot] ?? 0
    const needed = (labelSets.counts[set] ?? 0) + 1
    if (needed > this.#scratch.length) this.#scratch = new Int32Array(needed * 2)
    return labelSets.series(set, names[slot] ?? 0, this.#scratch)
  }

  #encodeUnit({ series }: KnownSource, unit: Unit, shard: number, batch: Batch, intake: Intake): void {
    const { values, time } = batch
    const samples = unit.count
    const plain = isPlain(batch, unit)
    const template = plain ? unit.patched(values, time) : undefined
    if (template !== undefined) {
      const { bytes, length, raw } = template
      this.#output.add(shard, { bytes, length, raw, samples, intake, points: samples })
      return
    }
    const writer = this.#writer
    writer.begin()
    for (let index = 0; index < samples; index++) this.#write(series, unit.slots[index] ?? 0, batch)
    if (plain && writer.timestampAt >= 0) unit.keep(writer, time, this.#pool)
    this.#flushWriter(shard, intake, samples)
  }

  #write(series: SourceSeries, slot: number, batch: Batch): void {
    const count = this.#labelsOf(series, slot)
    const value = batch.isStale(slot) ? undefined : (batch.values[slot] ?? 0)
    this.#writer.sample(this.#scratch, count, value, Math.floor(batch.timeAt(slot)))
  }

  #flushWriter(shard: number, intake: Intake, points: number): void {
    const { bytes, end, raw, series } = this.#writer
    this.#output.add(shard, { bytes, length: end, raw, samples: series, intake, points })
  }

  /** Encodes some slots anew, those of each shard together. */
  *#encodeSlots(
    { series, partitions, units }: KnownSource,
    batch: Batch,
    slots: Int32Array,
    intake: Intake,
  ): Generator<void, void> {
    for (const { shard } of partitions) {
      let points = 0
      for (const slot of slots) {
        if (units[slot]?.shard !== shard) continue
        if (points === 0) this.#writer.begin()
        this.#write(series, slot, batch)
        if (++points < unitSeries) continue
        this.#flushWriter(shard, intake, points)
        points = 0
        yield
      }
      if (points > 0) this.#flushWriter(shard, intake, points)
    }
    for (const slot of slots) {
      const reason = series.dropReason(slot)
      if (reason !== undefined) this.#output.drop(intake, 1, reason)
    }
  }
}

/** Whether all samples of a unit have the batch's time, a value and nothing more, so that a template fits. */
function isPlain({ times, timesNano, flags, exemplars, time }: Batch, { slots, count }: Unit): boolean {
  if (timesNano !== undefined || exemplars !== undefined || !Number.isInteger(time)) return false
  if (times === undefined && flags === undefined) return true
  for (let index = 0; index < count; index++) {
    const slot = slots[index] ?? 0
    if (times !== undefined && !Number.isNaN(times[slot])) return false
    if (flags !== undefined && ((flags[slot] ?? 0) & flag.stale) !== 0) return false
  }
  return true
}

/** FNV-1a of a text, so that a source keeps its shard from one run to the next. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
