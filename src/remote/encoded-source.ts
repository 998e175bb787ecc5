import { stableHash } from '#src/model/attribute-set.ts'
import { hashTexts } from '#src/model/hash.ts'
import type { Layout } from '#src/model/layout.ts'
import type { Source } from '#src/model/source.ts'
import type { BufferPool } from '#src/queue/buffer-pool.ts'
import { PointSeries, type PointForms } from './point-series.ts'
import type { SeriesNaming } from './series-naming.ts'
import type { SeriesWriter } from './series-writer.ts'
import { pointCode, SourceSeries } from './source-series.ts'
import type { TargetInfo } from './target-infos.ts'
import { Unit } from './unit.ts'

/** What the series of a source are encoded with. */
export interface SourceParts {
  readonly naming: SeriesNaming
  readonly writer: SeriesWriter
  readonly pool: BufferPool
  readonly forms: PointForms
  /** The number of shards that there are. */
  readonly shards: number
  /** How many bytes of labels are encoded together at most. */
  readonly partBytes: number
}

/** The series of a source that go through one shard. */
interface Partition {
  readonly shard: number
  units: Unit[]
}

/** A source gets a shard more for each so many series, by the number that it has at first. */
const seriesPerShard = 20_000

/** What is remembered of a source: its series, and the units that they are encoded in. A series keeps its shard for life. */
export class EncodedSource {
  readonly series: SourceSeries
  readonly points: PointSeries
  readonly partitions: readonly Partition[]
  /** The shards of slots that are written from points. */
  readonly pointShards = new Map<number, number>()
  infos: ReadonlySet<TargetInfo> = new Set()
  readonly #parts: SourceParts
  /** By slot: the unit of a sample. */
  readonly #units: (Unit | undefined)[] = []

  /** @param size how many series it has at first */
  constructor(source: Source, size: number, parts: SourceParts) {
    const { naming, writer, forms, shards } = parts
    const { dictionary } = writer
    const spread = Math.min(shards, Math.max(1, Math.ceil(size / seriesPerShard)))
    const home = hashTexts([source.id]).low >>> 0
    this.#parts = parts
    this.series = new SourceSeries(source, {
      naming,
      dictionary,
      describe: (metric) => writer.describe(metric),
    })
    this.points = new PointSeries(naming, dictionary, this.series.labelSets, forms)
    this.partitions = Array.from({ length: spread }, (_, index) => ({
      shard: (home + index) % shards,
      units: [],
    }))
  }

  /** All units. */
  *units(): Generator<Unit> {
    for (const { units } of this.partitions) yield* units
  }

  /** The shard of a slot that is written as a sample; undefined for others. */
  sampleShard(slot: number): number | undefined {
    return this.#units[slot]?.shard
  }

  /** Follows the source to another version of its layout. It yields after some work. */
  *follow(layout: Layout): Generator<void, void> {
    const { series, points, pointShards } = this
    const touched = new Set<Unit>()
    const added = yield* series.follow(layout, (slot) => {
      const unit = this.#units[slot]
      this.#units[slot] = undefined
      if (unit !== undefined) {
        unit.remove(slot, this.bytesOf(slot))
        touched.add(unit)
      } else if (pointShards.delete(slot)) points.forget(slot)
    })
    if (touched.size > 0) this.#dissolve(touched, added)
    const { sets } = series
    added.sort((a, b) => (sets[a] ?? 0) - (sets[b] ?? 0) || a - b)
    for (const slot of added) this.#place(slot)
  }

  /** Bytes of the labels of a slot. */
  bytesOf(slot: number): number {
    const { labelSets, sets, names } = this.series
    const { dictionary } = this.#parts.writer
    const set = sets[slot] ?? 0
    const offset = labelSets.offsets[set] ?? 0
    const count = labelSets.counts[set] ?? 0
    let bytes = dictionary.sizeOf(names[slot] ?? 0)
    for (let index = 0; index < count; index++)
      bytes += dictionary.sizeOf(labelSets.labels[offset + index] ?? 0)
    return bytes
  }

  /** Gives everything back but the resources that it lists. */
  dispose(): void {
    this.points.dispose()
    this.series.dispose()
    for (const unit of this.units()) unit.dispose(this.#parts.pool)
  }

  /** Takes apart units that lost most of their series: the others are placed anew. */
  #dissolve(touched: ReadonlySet<Unit>, added: number[]): void {
    for (const partition of this.partitions) {
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
  #place(slot: number): void {
    const { series, partitions } = this
    const added = series.layout.series[slot]
    // By the label set, so that series with like labels stay together; and where they were before a restart.
    const hash = partitions.length === 1 || added === undefined ? 0 : stableHash(added.attributes)
    const partition = partitions[hash % partitions.length]
    if (partition === undefined) return
    if (series.states[slot] === pointCode) {
      this.pointShards.set(slot, partition.shard)
      return
    }
    const bytes = this.bytesOf(slot)
    let unit = partition.units.at(-1)
    if (unit === undefined || !unit.hasRoom(bytes)) {
      unit = new Unit(partition.shard, this.#parts.partBytes)
      partition.units.push(unit)
    }
    unit.add(slot, bytes)
    this.#units[slot] = unit
  }
}
