import { flag, type Batch, type Exemplar } from '#src/model/batch.ts'
import { hashTexts } from '#src/model/hash.ts'
import type { Scope } from '#src/model/resource.ts'
import type { Descriptor } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import type { Intake } from '#src/queue/intake.ts'
import type { BufferPool } from './buffer-pool.ts'
import { PointSeries, type PointForms } from './point-series.ts'
import type { RequestBuilder } from './request-builder.ts'
import type { SeriesNaming } from './series-naming.ts'
import type { SeriesExtras, SeriesWriter } from './series-writer.ts'
import { pointCode, slotStates, SourceSeries, type SlotDrop } from './source-series.ts'
import { TargetInfos, type TargetInfo } from './target-infos.ts'
import { Unit, unitSeries } from './unit.ts'
import type { SymbolsAdded } from './v2/request-symbols.ts'

/** Why points are left out. */
export type EncodingDrop = SlotDrop | 'no_point'

/** What an encoder works with. */
export interface EncoderParts {
  readonly naming: SeriesNaming
  readonly writer: SeriesWriter
  /** By shard. */
  readonly builders: readonly RequestBuilder[]
  readonly pool: BufferPool
  readonly forms: PointForms
  readonly sendExemplars: boolean
  /** Whether resources are listed by `target_info`. */
  readonly targetInfo: boolean
  /** Told of points that were put into a request, and how many bytes they took. */
  readonly encoded: (points: number, bytes: number) => void
  /** Told of points that are left out. */
  readonly dropped: (intake: Intake, points: number, reason: EncodingDrop) => void
}

/** What is remembered of a source. */
interface KnownSource {
  readonly series: SourceSeries
  readonly points: PointSeries
  /** The shards of its series, and their units. */
  readonly partitions: readonly Partition[]
  /** By slot: the unit of a sample. */
  readonly units: (Unit | undefined)[]
  /** The shards of slots that are written from points. */
  readonly pointShards: Map<number, number>
  infos: ReadonlySet<TargetInfo>
}

interface Partition {
  readonly shard: number
  units: Unit[]
}

/** A source gets a shard more for each so many series, by the number that it has at first. */
const seriesPerShard = 20_000

/** What a series of a point has beside its labels at most, in bytes: a bound, a sample, metadata. */
const partBytes = 128

/**
 * Encodes batches, mostly by patching what was encoded before. A series always goes through the same shard, so that its
 * samples keep their order.
 */
export class BatchEncoder {
  readonly #parts: EncoderParts
  readonly #sources = new Map<Source, KnownSource>()
  readonly #infos: TargetInfos | undefined
  readonly #extras: SeriesExtras = { startTime: 0, metadata: undefined, exemplars: undefined }
  #labels = new Int32Array(64)

  constructor(parts: EncoderParts) {
    const { naming, writer, builders, targetInfo } = parts
    this.#parts = parts
    this.#infos = targetInfo ? new TargetInfos(naming, writer.dictionary, builders.length) : undefined
  }

  /** The series of all sources. */
  *sources(): Generator<SourceSeries> {
    for (const { series } of this.#sources.values()) yield series
  }

  /** Encodes a batch into requests. It yields after some work, so that other work gets its turn. */
  *encode(batch: Batch, intake: Intake): Generator<void, void> {
    const known = this.#knownOf(batch)
    const { series } = known
    if (batch.layout !== series.layout) yield* this.#follow(known, batch, intake)
    if (series.renewMetadata())
      for (const { units } of known.partitions) for (const unit of units) unit.changed = true
    const exemplars = this.#parts.sendExemplars ? bySlot(batch.exemplars) : undefined
    const sample: BatchSample = { batch, exemplars, intake }
    if (batch.slots === undefined) yield* this.#encodeAll(known, sample)
    else yield* this.#encodeSlots(known, sample, batch.slots)
    this.#encodeInfos(known, batch, intake)
  }

  /** Forgets a source; what was encoded of it is not touched. */
  forget(source: Source): void {
    const known = this.#sources.get(source)
    if (known === undefined) return
    this.#sources.delete(source)
    known.points.dispose()
    known.series.dispose()
    for (const { units } of known.partitions) for (const unit of units) unit.dispose(this.#parts.pool)
    for (const info of known.infos) if (this.#infos?.release(info) === true) this.#infos.dispose(info)
  }

  #knownOf({ layout }: Batch): KnownSource {
    const { source } = layout
    let known = this.#sources.get(source)
    if (known === undefined) {
      const { naming, writer, builders, forms } = this.#parts
      const spread = Math.min(builders.length, Math.max(1, Math.ceil(layout.size / seriesPerShard)))
      const home = hashTexts([source.id]).low >>> 0
      const { dictionary } = writer
      const series = new SourceSeries(source, {
        naming,
        dictionary,
        describe: (metric) => writer.describe(metric),
      })
      known = {
        series,
        points: new PointSeries(naming, dictionary, series.labelSets, forms),
        partitions: Array.from({ length: spread }, (_, index) => ({
          shard: (home + index) % builders.length,
          units: [],
        })),
        units: [],
        pointShards: new Map(),
        infos: new Set(),
      }
      this.#sources.set(source, known)
    }
    return known
  }

  *#follow(known: KnownSource, { layout, time }: Batch, intake: Intake): Generator<void, void> {
    const { series, units, points, pointShards } = known
    const touched = new Set<Unit>()
    const added = yield* series.follow(layout, (slot) => {
      const unit = units[slot]
      units[slot] = undefined
      if (unit !== undefined) {
        unit.remove(slot, this.#bytesOf(series, slot))
        touched.add(unit)
      } else if (pointShards.delete(slot)) points.forget(slot)
    })
    if (touched.size > 0) this.#dissolve(known, touched, added)
    const { sets } = series
    added.sort((a, b) => (sets[a] ?? 0) - (sets[b] ?? 0) || a - b)
    for (const slot of added) this.#place(known, slot)
    if (this.#infos !== undefined) this.#followInfos(known, time, intake)
  }

  /** Takes apart units that lost most of their series: the others are placed anew. */
  #dissolve(known: KnownSource, touched: ReadonlySet<Unit>, added: number[]): void {
    for (const partition of known.partitions) {
      const last = partition.units.at(-1)
      partition.units = partition.units.filter((unit) => {
        const stays = !touched.has(unit) || (unit.count > 0 && (unit === last || !unit.isSparse))
        if (!stays) {
          added.push(...unit.slots.subarray(0, unit.count))
          unit.dispose(this.#parts.pool)
        }
        return stays
      })
    }
  }

  /** Puts a new series into the youngest unit of its shard. */
  #place({ series, partitions, units, pointShards }: KnownSource, slot: number): void {
    // By the label set, so that series with like labels stay together.
    const low = partitions.length === 1 ? 0 : (series.layout.series[slot]?.attributes.low ?? 0) >>> 0
    const partition = partitions[low % partitions.length]
    if (partition === undefined) return
    if (series.states[slot] === pointCode) {
      pointShards.set(slot, partition.shard)
      return
    }
    const bytes = this.#bytesOf(series, slot)
    let unit = partition.units.at(-1)
    if (unit === undefined || !unit.hasRoom(bytes)) {
      unit = new Unit(partition.shard, this.#parts.builders[partition.shard]?.partBytes ?? 0)
      partition.units.push(unit)
    }
    unit.add(slot, bytes)
    units[slot] = unit
  }

  /** Bytes of the labels of a slot. */
  #bytesOf(series: SourceSeries, slot: number): number {
    const { dictionary } = this.#parts.writer
    const count = this.#labelsOf(series, slot)
    let bytes = 0
    for (let index = 0; index < count; index++) bytes += dictionary.sizeOf(this.#labels[index] ?? 0)
    return bytes
  }

  #labelsOf({ labelSets, sets, names }: SourceSeries, slot: number): number {
    const set = sets[slot] ?? 0
    const needed = (labelSets.counts[set] ?? 0) + 1
    if (needed > this.#labels.length) this.#labels = new Int32Array(needed * 2)
    return labelSets.series(set, names[slot] ?? 0, this.#labels)
  }

  *#encodeAll(known: KnownSource, sample: BatchSample): Generator<void, void> {
    const { series, partitions, pointShards } = known
    for (const [code, state] of slotStates.entries()) {
      const count = code > pointCode ? (series.counts[code] ?? 0) : 0
      if (count > 0) this.#parts.dropped(sample.intake, count, state as SlotDrop)
    }
    for (const { units } of partitions) {
      for (const unit of units) {
        this.#encodeUnit(series, unit, sample)
        yield
      }
    }
    for (const [slot, shard] of pointShards) {
      this.#encodePoint(known, slot, shard, sample)
      yield
    }
  }

  #encodeUnit(series: SourceSeries, unit: Unit, sample: BatchSample): void {
    const { writer, builders, pool } = this.#parts
    const { batch, intake } = sample
    const { count, shard } = unit
    const builder = builders[shard]
    if (builder === undefined || count === 0) return
    const { symbols } = builder
    builder.makeRoom(count, unit.maxBytes)
    const plain = isPlain(sample, unit)
    const template = plain ? unit.patched(batch, symbols?.state) : undefined
    if (template !== undefined) {
      if (template.symbols !== undefined) symbols?.repeat(template.symbols)
      const { bytes, length, raw } = template
      builder.add({ bytes, length, raw, samples: count, intake, points: count })
      this.#parts.encoded(count, length)
      return
    }
    this.#begin(builder)
    for (let index = 0; index < count; index++) this.#writeSample(series, unit.slots[index] ?? 0, sample)
    const added = this.#end(builder, intake, count)
    if (plain && writer.timestampAt >= 0) unit.keep(writer, batch, added, pool)
  }

  #begin({ symbols }: RequestBuilder): void {
    symbols?.open()
    this.#parts.writer.begin(symbols)
  }

  /** Puts what was written into a request. */
  #end(builder: RequestBuilder, intake: Intake, points: number): SymbolsAdded | undefined {
    const { writer } = this.#parts
    writer.finish()
    const { bytes, end, raw, series } = writer
    const added = builder.symbols?.close()
    builder.add({ bytes, length: end, raw, samples: series, intake, points })
    this.#parts.encoded(points, end)
    return added
  }

  #writeSample(series: SourceSeries, slot: number, { batch, exemplars }: BatchSample): void {
    const count = this.#labelsOf(series, slot)
    const value = batch.isStale(slot) ? undefined : (batch.values[slot] ?? 0)
    this.#describe(series, slot, batch)
    this.#extras.exemplars = exemplars?.get(slot)
    this.#parts.writer.sample(this.#labels, count, value, timeAt(batch, slot), this.#extras)
  }

  /** What version 2.0 says of a series more. */
  #describe(series: SourceSeries, slot: number, batch: Batch): void {
    const descriptor = series.layout.series[slot]?.metric.descriptor
    const counts = descriptor !== undefined && isCumulative(descriptor)
    this.#extras.startTime = counts && !batch.isStale(slot) ? (batch.startTimeAt(slot) ?? 0) : 0
    this.#extras.metadata = series.metadataOf(slot)
  }

  #encodePoint({ series, points }: KnownSource, slot: number, shard: number, sample: BatchSample): void {
    const { batch, intake, exemplars } = sample
    const builder = this.#parts.builders[shard]
    const identity = series.layout.series[slot]
    if (builder === undefined || identity === undefined) return
    const point = batch.isStale(slot) ? undefined : batch.points?.[slot]
    if (point === undefined && !batch.isStale(slot)) {
      this.#parts.dropped(intake, 1, 'no_point')
      return
    }
    const samples = points.countOf(slot, point)
    builder.makeRoom(samples, samples * (this.#bytesOf(series, slot) + partBytes))
    this.#describe(series, slot, batch)
    this.#extras.exemplars = exemplars?.get(slot)
    this.#begin(builder)
    const written = points.write(
      slot,
      identity,
      { point, time: timeAt(batch, slot), extras: this.#extras },
      this.#parts.writer,
    )
    if (written) this.#end(builder, intake, 1)
    else this.#parts.dropped(intake, 1, point === undefined ? 'no_point' : 'relabel_dropped')
  }

  /** Encodes some slots anew, those of each shard together. */
  *#encodeSlots(known: KnownSource, sample: BatchSample, slots: Int32Array): Generator<void, void> {
    const { series, partitions, units, pointShards } = known
    for (const { shard } of partitions) {
      const limit = this.#parts.builders[shard]?.partBytes ?? 0
      let group: number[] = []
      let bytes = 0
      for (const slot of slots) {
        if (units[slot]?.shard !== shard) continue
        const own = this.#bytesOf(series, slot) + partBytes
        if (group.length === unitSeries || (group.length > 0 && bytes + own > limit)) {
          this.#encodeGroup(series, group, bytes, shard, sample)
          group = []
          bytes = 0
          yield
        }
        group.push(slot)
        bytes += own
      }
      if (group.length > 0) this.#encodeGroup(series, group, bytes, shard, sample)
    }
    for (const slot of slots) {
      const shard = pointShards.get(slot)
      const reason = series.dropReason(slot)
      if (reason !== undefined) this.#parts.dropped(sample.intake, 1, reason)
      if (shard === undefined) continue
      this.#encodePoint(known, slot, shard, sample)
      yield
    }
  }

  #encodeGroup(
    series: SourceSeries,
    slots: readonly number[],
    bytes: number,
    shard: number,
    sample: BatchSample,
  ): void {
    const builder = this.#parts.builders[shard]
    if (builder === undefined) return
    builder.makeRoom(slots.length, bytes)
    this.#begin(builder)
    for (const slot of slots) this.#writeSample(series, slot, sample)
    this.#end(builder, sample.intake, slots.length)
  }

  /** Finds the resources of a source again. One that no source has any more ends with a stale marker. */
  #followInfos(known: KnownSource, time: number, intake: Intake): void {
    const scopes = new Set<Scope>()
    for (const metric of known.series.metrics.keys()) scopes.add(metric.scope)
    const infos = new Set<TargetInfo>()
    for (const scope of scopes) {
      const info = this.#infos?.retain(scope)
      if (info === undefined) continue
      if (infos.has(info)) this.#infos?.release(info)
      else infos.add(info)
    }
    for (const info of known.infos) {
      if (this.#infos?.release(info) !== true) continue
      if (info.lastTime > -Infinity)
        this.#writeInfo(info, undefined, Math.max(time, info.lastTime + 1), intake)
      this.#infos.dispose(info)
    }
    known.infos = infos
  }

  #encodeInfos({ infos }: KnownSource, batch: Batch, intake: Intake): void {
    if (infos.size === 0 || isEnding(batch)) return
    for (const info of infos) {
      if (this.#infos?.isDue(info, batch.time) === true)
        this.#writeInfo(info, 1, Math.floor(batch.time), intake)
    }
  }

  #writeInfo(
    { shard, set, name }: TargetInfo,
    value: number | undefined,
    time: number,
    intake: Intake,
  ): void {
    const builder = this.#parts.builders[shard]
    const sets = this.#infos?.sets
    if (builder === undefined || sets === undefined) return
    const needed = (sets.counts[set] ?? 0) + 1
    if (needed > this.#labels.length) this.#labels = new Int32Array(needed * 2)
    const count = sets.series(set, name, this.#labels)
    let bytes = partBytes
    for (let index = 0; index < count; index++)
      bytes += this.#parts.writer.dictionary.sizeOf(this.#labels[index] ?? 0)
    builder.makeRoom(1, bytes)
    this.#begin(builder)
    this.#parts.writer.sample(this.#labels, count, value, time, {
      startTime: 0,
      metadata: undefined,
      exemplars: undefined,
    })
    this.#end(builder, intake, 0)
  }
}

/** A batch on its way into requests. */
interface BatchSample {
  readonly batch: Batch
  readonly exemplars: ReadonlyMap<number, readonly Exemplar[]> | undefined
  readonly intake: Intake
}

/** Whether all samples of a unit have the batch's time, a value and nothing more, so that a template fits. */
function isPlain({ batch, exemplars }: BatchSample, { slots, count }: Unit): boolean {
  const { times, timesNano, startTimesNano, flags, time } = batch
  if (timesNano !== undefined || startTimesNano !== undefined || !Number.isInteger(time)) return false
  if (times === undefined && flags === undefined && exemplars === undefined) return true
  for (let index = 0; index < count; index++) {
    const slot = slots[index] ?? 0
    if (times !== undefined && !Number.isNaN(times[slot])) return false
    if (flags !== undefined && ((flags[slot] ?? 0) & flag.stale) !== 0) return false
    if (exemplars?.has(slot) === true) return false
  }
  return true
}

function timeAt(batch: Batch, slot: number): number {
  return Math.floor(batch.timeAt(slot))
}

/** Whether a value counts since some time; a sum that may fall is a gauge to Prometheus. */
function isCumulative({ kind, monotonic, temporality }: Descriptor): boolean {
  return kind === 'sum' ? monotonic : temporality === 'cumulative' || kind === 'summary'
}

/** Whether all that a batch says is that series ended. */
function isEnding(batch: Batch): boolean {
  return batch.flags !== undefined && batch.walk.every((slot) => batch.isStale(slot))
}

function bySlot(exemplars: readonly Exemplar[] | undefined): Map<number, Exemplar[]> | undefined {
  if (exemplars === undefined || exemplars.length === 0) return undefined
  const slots = new Map<number, Exemplar[]>()
  for (const exemplar of exemplars) {
    const own = slots.get(exemplar.slot)
    if (own === undefined) slots.set(exemplar.slot, [exemplar])
    else own.push(exemplar)
  }
  return slots
}
