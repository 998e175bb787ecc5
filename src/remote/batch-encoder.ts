import { flag, type Batch, type Exemplar } from '#src/model/batch.ts'
import type { Descriptor } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import type { Intake } from '#src/queue/intake.ts'
import { EncodedSource, type SourceParts } from './encoded-source.ts'
import { LabelSets } from './label-sets.ts'
import type { PointForms } from './point-series.ts'
import type { RequestBuilder } from './request-builder.ts'
import type { SeriesNaming } from './series-naming.ts'
import type { SeriesExtras, SeriesWriter } from './series-writer.ts'
import type { SlotDrop, SourceSeries } from './source-series.ts'
import { TargetInfos, type TargetInfo } from './target-infos.ts'
import { TemplateMemory } from './template-memory.ts'
import { unitSeries, type Unit } from './unit.ts'

/** Why points are left out. */
export type EncodingDrop = SlotDrop | 'no_point'

/** What an encoder works with. */
export interface EncoderParts {
  readonly naming: SeriesNaming
  readonly writer: SeriesWriter
  /** By shard. */
  readonly builders: readonly RequestBuilder[]
  readonly forms: PointForms
  readonly sendExemplars: boolean
  /** Whether resources are listed by `target_info`. */
  readonly targetInfo: boolean
  /** Told of points that were put into a request, and how many bytes they took. */
  readonly encoded: (points: number, bytes: number) => void
  /** Told of points that are left out. */
  readonly dropped: (intake: Intake, points: number, reason: EncodingDrop) => void
}

/** What a series of a point has beside its labels at most, in bytes: a bound, a sample, metadata. */
const partBytes = 128

/**
 * Encodes batches, mostly by patching what was encoded before. A series always goes through the same shard, so that its
 * samples keep their order.
 */
export class BatchEncoder {
  readonly #parts: EncoderParts
  readonly #sourceParts: SourceParts
  readonly #sources = new Map<Source, EncodedSource>()
  readonly #infos: TargetInfos | undefined
  readonly #extras: SeriesExtras = { startTime: 0, metadata: undefined, exemplars: undefined }

  constructor(parts: EncoderParts) {
    const { naming, writer, builders, forms, targetInfo } = parts
    const { dictionary, describe } = writer
    const labelSets = new LabelSets(dictionary)
    const shards = builders.length
    this.#parts = parts
    this.#sourceParts = {
      tables: { naming, dictionary, labelSets, describe },
      memory: new TemplateMemory(),
      forms,
      shards,
      partBytes: builders[0]?.partBytes ?? 0,
    }
    this.#infos = targetInfo ? new TargetInfos(naming, dictionary, labelSets, shards) : undefined
  }

  /** The series of all sources. */
  *sources(): Generator<SourceSeries> {
    for (const { series } of this.#sources.values()) yield series
  }

  /** Encodes a batch into requests. It yields after some work, so that other work gets its turn. */
  *encode(batch: Batch, intake: Intake): Generator<void, void> {
    const known = this.#knownOf(batch)
    const { series } = known
    if (batch.layout !== series.layout) {
      yield* known.follow(batch.layout)
      if (this.#infos !== undefined) this.#followInfos(known, batch.time, intake)
    }
    if (series.renewMetadata()) known.outdate()
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
    known.dispose()
    for (const info of known.infos) if (this.#infos?.release(info) === true) this.#infos.dispose(info)
  }

  #knownOf({ layout }: Batch): EncodedSource {
    const { source, size } = layout
    let known = this.#sources.get(source)
    if (known === undefined) {
      known = new EncodedSource(source, size, this.#sourceParts)
      this.#sources.set(source, known)
    }
    return known
  }

  *#encodeAll(known: EncodedSource, sample: BatchSample): Generator<void, void> {
    const { series, partitions, pointShards } = known
    series.eachDrop((slots, reason) => this.#parts.dropped(sample.intake, slots, reason))
    for (const { units } of partitions) {
      for (const [index, unit] of units.entries()) {
        this.#encodeUnit(series, unit, units[index + 1], sample)
        yield
      }
    }
    if (pointShards === undefined) return
    for (const [slot, shard] of pointShards) {
      this.#encodePoint(known, slot, shard, sample)
      yield
    }
  }

  /** @param next the unit behind it: where it does not fit the request before any more, it joins that one's */
  #encodeUnit(series: SourceSeries, unit: Unit, next: Unit | undefined, sample: BatchSample): void {
    const { writer, builders } = this.#parts
    const { batch, intake } = sample
    const { count, shard } = unit
    const builder = builders[shard]
    if (builder === undefined || count === 0) return
    const { symbols } = builder
    builder.makeRoom(count, unit.maxBytes)
    builder.adopt([unit.plan, next?.plan], unit.maxBytes)
    unit.request = symbols?.request ?? 0
    const plain = isPlain(sample, unit)
    const template = plain ? unit.patched(batch, symbols?.plan) : undefined
    if (template !== undefined) {
      const { block, length, raw } = template
      const { slab, offset } = block
      builder.add({ bytes: slab.bytes, from: offset, length, raw, samples: count, intake, points: count })
      this.#parts.encoded(count, length)
      return
    }
    this.#begin(builder)
    for (let index = 0; index < count; index++) this.#writeSample(series, unit.slots[index] ?? 0, sample)
    this.#end(builder, intake, count)
    if (plain && writer.timestampAt >= 0) unit.keep(writer, batch, symbols?.plan, this.#sourceParts.memory)
  }

  #begin({ symbols }: RequestBuilder): void {
    this.#parts.writer.begin(symbols)
  }

  /** Puts what was written into a request. */
  #end(builder: RequestBuilder, intake: Intake, points: number): void {
    const { writer } = this.#parts
    writer.finish()
    const { bytes, end, raw, series } = writer
    builder.add({ bytes, from: 0, length: end, raw, samples: series, intake, points })
    this.#parts.encoded(points, end)
  }

  #writeSample(series: SourceSeries, slot: number, { batch, exemplars }: BatchSample): void {
    const { writer } = this.#parts
    const count = this.#sourceParts.tables.labelSets.series(series.setOf(slot), series.nameOf(slot))
    const value = batch.isStale(slot) ? undefined : (batch.values[slot] ?? 0)
    this.#describe(series, slot, batch)
    this.#extras.exemplars = exemplars?.get(slot)
    writer.sample(writer.dictionary.scratch, count, value, timeAt(batch, slot), this.#extras)
  }

  /** What version 2.0 says of a series more. */
  #describe(series: SourceSeries, slot: number, batch: Batch): void {
    const descriptor = series.layout.series[slot]?.metric.descriptor
    const counts = descriptor !== undefined && isCumulative(descriptor)
    this.#extras.startTime = counts && !batch.isStale(slot) ? (batch.startTimeAt(slot) ?? 0) : 0
    this.#extras.metadata = series.metadataOf(slot)
  }

  #encodePoint(known: EncodedSource, slot: number, shard: number, sample: BatchSample): void {
    const { series, points } = known
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
    builder.makeRoom(samples, samples * (known.bytesOf(slot) + partBytes))
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
  *#encodeSlots(known: EncodedSource, sample: BatchSample, slots: Int32Array): Generator<void, void> {
    const { series, partitions, pointShards } = known
    for (const { shard } of partitions) {
      const limit = this.#parts.builders[shard]?.partBytes ?? 0
      let group: number[] = []
      let bytes = 0
      for (const slot of slots) {
        if (known.sampleShard(slot) !== shard) continue
        const own = known.bytesOf(slot) + partBytes
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
      const shard = pointShards?.get(slot)
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
  #followInfos(known: EncodedSource, time: number, intake: Intake): void {
    const { scopes } = known.series
    if (scopes === undefined && known.infos.size === 0) return
    const infos = new Set<TargetInfo>()
    for (const scope of scopes ?? []) {
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

  #encodeInfos({ infos }: EncodedSource, batch: Batch, intake: Intake): void {
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
    const { writer } = this.#parts
    const count = sets.series(set, name)
    const { scratch } = writer.dictionary
    let bytes = partBytes
    for (let index = 0; index < count; index++) bytes += writer.dictionary.sizeOf(scratch[index] ?? 0)
    builder.makeRoom(1, bytes)
    this.#begin(builder)
    writer.sample(scratch, count, value, time, {
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
