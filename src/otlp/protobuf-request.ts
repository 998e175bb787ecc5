import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { Encoding } from '#src/push/encoding.ts'
import { BufferPool } from '#src/queue/buffer-pool.ts'
import type { Intake } from '#src/queue/intake.ts'
import { protobufForm, RequestBuilder } from './encode/request-builder.ts'
import type { RequestParts } from './encode/request-parts.ts'
import { ReverseWriter } from './encode/reverse-writer.ts'
import { SourceUnits } from './encode/source-units.ts'
import { stampOf, type Stamp } from './encode/stamp.ts'
import { encodeUnit } from './encode/unit-encoder.ts'
import { writeSelected } from './encode/unit-image.ts'
import type { Unit } from './encode/unit.ts'
import { SourceTrack, type ConvertedBatch } from './source-track.ts'

/** How much memory of requests that were sent is kept for later ones. */
const maxIdleBytes = 1 << 25

/** What is known of a source. */
interface Known {
  readonly track: SourceTrack
  readonly units: SourceUnits
}

/** A batch on its way into requests. */
interface Sample {
  readonly converted: ConvertedBatch
  readonly stamp: Stamp
  readonly known: Known
  readonly intake: Intake
}

/**
 * Encodes batches as ExportMetricsServiceRequests of protobuf, mostly by patching what was encoded before: times and values
 * have the same place and length each time. The data of a resource always goes through the same shard.
 */
export class ProtobufRequests implements Encoding {
  readonly format = protobufForm.format
  readonly #parts: RequestParts
  readonly #sources = new Map<Source, Known>()
  readonly #writer = new ReverseWriter()
  readonly #builders: readonly RequestBuilder[]

  constructor(parts: RequestParts) {
    this.#parts = parts
    const { shards, limits, now, events } = parts
    const pool = new BufferPool(maxIdleBytes)
    const done = events.done.bind(events)
    this.#builders = Array.from(
      { length: shards },
      (_, shard) => new RequestBuilder({ form: protobufForm, shard, limits, pool, now, done }),
    )
  }

  get bytes(): number {
    let bytes = 0
    for (const builder of this.#builders) bytes += builder.bytes
    return bytes
  }

  *encode(batches: readonly Batch[], intake: Intake): Generator<void, void> {
    for (const batch of batches) yield* this.#encode(batch, intake)
  }

  flush(): void {
    for (const builder of this.#builders) builder.flush()
  }

  forget(source: Source): void {
    this.#sources.get(source)?.track.dispose()
    this.#sources.delete(source)
  }

  *#encode(original: Batch, intake: Intake): Generator<void, void> {
    const known = this.#knownOf(original.layout.source)
    const { track, units } = known
    const converted = track.convert(original)
    const { batch, malformed, absorbed } = converted
    yield* units.follow(batch.layout, track.group(batch.layout))
    this.#drop(intake, malformed)
    if (absorbed > 0) {
      // What they say shows in others, or is that a part of a whole ended.
      this.#parts.events.encoded(absorbed, 0)
      intake.deliver(absorbed)
    }
    const sample: Sample = { converted, stamp: stampOf(batch), known, intake }
    // Both may bring series into other units: only then it is known which units there are.
    units.renew(batch.slots === undefined ? [...units.units()] : [...units.byUnit(batch.slots).keys()])
    units.reform(batch)
    if (batch.slots === undefined) {
      for (const unit of units.units()) {
        this.#encodeUnit(unit, undefined, sample)
        yield
      }
      return
    }
    for (const [unit, slots] of units.byUnit(batch.slots)) {
      this.#encodeUnit(unit, slots, sample)
      yield
    }
  }

  #knownOf(source: Source): Known {
    let known = this.#sources.get(source)
    if (known === undefined) {
      const { shards, limits } = this.#parts
      known = { track: new SourceTrack(source), units: new SourceUnits(shards, limits.maxPoints) }
      this.#sources.set(source, known)
    }
    return known
  }

  #encodeUnit(unit: Unit, slots: readonly number[] | undefined, sample: Sample): void {
    const { stamp, known, intake } = sample
    const { series } = stamp.batch.layout
    const { positions } = known.units
    const sent = encodeUnit(unit, slots, stamp, { writer: this.#writer, series, positions })
    const all = slots === undefined ? this.#weigh(unit.image.slots, sample) : this.#weigh(slots, sample)
    const points = sent === undefined ? all : this.#weighAt(unit, sent, sample)
    this.#drop(intake, all - points)
    this.#put(unit, sent, points, sample)
  }

  /** Puts data points of a unit into requests, cut in two where they are more than one may hold. */
  #put(unit: Unit, sent: Int32Array | undefined, points: number, sample: Sample): void {
    const { intake } = sample
    const builder = this.#builders[unit.shard]
    const size = sent?.length ?? unit.count
    if (builder === undefined || size === 0) return
    let { bytes, length } = unit.image
    if (sent !== undefined) {
      writeSelected(unit, sent, this.#writer)
      bytes = this.#writer.written
      length = bytes.length
    }
    if (size > 1 && !builder.holds(length)) {
      const cut = sent ?? Int32Array.from({ length: size }, (_, position) => position)
      const first = cut.subarray(0, size >> 1)
      const inFirst = this.#weighAt(unit, first, sample)
      this.#put(unit, first, inFirst, sample)
      this.#put(unit, cut.subarray(size >> 1), points - inFirst, sample)
      return
    }
    builder.makeRoom(size, length)
    builder.add(bytes.subarray(0, length), size, intake, points)
    this.#parts.events.encoded(points, length)
  }

  #drop(intake: Intake, points: number): void {
    if (points > 0) this.#parts.events.dropped(intake, points, 'malformed')
  }

  /** The data points that some slots stand for. */
  #weigh(slots: Int32Array | readonly number[], { converted: { weights } }: Sample): number {
    if (weights === undefined) return slots.length
    let points = 0
    for (const slot of slots) points += weights[slot] ?? 0
    return points
  }

  #weighAt({ image }: Unit, positions: Int32Array, sample: Sample): number {
    if (sample.converted.weights === undefined) return positions.length
    return this.#weigh(
      positions.map((position) => image.slots[position] ?? 0),
      sample,
    )
  }
}
