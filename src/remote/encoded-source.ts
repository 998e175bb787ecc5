import { stableHash } from '#src/model/attribute-set.ts'
import { hashTexts } from '#src/model/hash.ts'
import type { Layout } from '#src/model/layout.ts'
import type { Source } from '#src/model/source.ts'
import { PointSeries, type PointForms } from './point-series.ts'
import { pointCode, SourceSeries, type SeriesTables } from './source-series.ts'
import type { TargetInfo } from './target-infos.ts'
import type { TemplateMemory } from './template-memory.ts'
import { Unit } from './unit.ts'

/** What the series of all sources are encoded with. */
export interface SourceParts {
  readonly tables: SeriesTables
  readonly memory: TemplateMemory
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

const noInfos: ReadonlySet<TargetInfo> = new Set()

/** What is remembered of a source: its series, and the units that they are encoded in. A series keeps its shard for life. */
export class EncodedSource {
  readonly series: SourceSeries
  readonly partitions: readonly Partition[]
  infos: ReadonlySet<TargetInfo> = noInfos
  readonly #parts: SourceParts
  /** By number. */
  readonly #units: (Unit | undefined)[] = []
  /** The shards of slots that are written from points. */
  #pointShards: Map<number, number> | undefined
  #points: PointSeries | undefined

  /** @param size how many series it has at first */
  constructor(source: Source, size: number, parts: SourceParts) {
    const { tables, shards } = parts
    const spread = Math.min(shards, Math.max(1, Math.ceil(size / seriesPerShard)))
    const home = hashTexts([source.id]).low >>> 0
    this.#parts = parts
    this.series = new SourceSeries(source, tables)
    this.partitions = Array.from({ length: spread }, (_, index) => ({
      shard: (home + index) % shards,
      units: [],
    }))
  }

  /** Histograms and summaries, which most sources have as classic parts. */
  get points(): PointSeries {
    const { tables, forms } = this.#parts
    const { naming, dictionary, labelSets } = tables
    this.#points ??= new PointSeries(naming, dictionary, labelSets, forms)
    return this.#points
  }

  /** The shards of slots that are written from points; undefined where there are none. */
  get pointShards(): ReadonlyMap<number, number> | undefined {
    return this.#pointShards
  }

  /** The shard of a slot that is written as a sample; undefined for others. */
  sampleShard(slot: number): number | undefined {
    return this.#unitOf(slot)?.shard
  }

  /** All that is encoded is to be written anew. */
  outdate(): void {
    for (const { units } of this.partitions) for (const unit of units) unit.changed = true
  }

  /** Follows the source to another version of its layout. It yields after some work. */
  *follow(layout: Layout): Generator<void, void> {
    const { series } = this
    const touched = new Set<Unit>()
    const added = yield* series.follow(layout, (slot) => {
      const unit = this.#unitOf(slot)
      if (unit !== undefined) {
        series.setUnit(slot, -1)
        unit.remove(slot, this.bytesOf(slot))
        touched.add(unit)
      } else if (this.#pointShards?.delete(slot) === true) this.#points?.forget(slot)
    })
    if (touched.size > 0) this.#dissolve(touched, added)
    added.sort((a, b) => series.setOf(a) - series.setOf(b) || a - b)
    for (const slot of added) this.#place(slot)
  }

  /** Bytes of the labels of a slot. */
  bytesOf(slot: number): number {
    const { series } = this
    const { dictionary, labelSets } = this.#parts.tables
    return dictionary.sizeOf(series.nameOf(slot)) + labelSets.sizeOf(series.setOf(slot))
  }

  /** Gives everything back but the resources that it lists. */
  dispose(): void {
    this.#points?.dispose()
    this.series.dispose()
    for (const unit of this.#units) unit?.dispose(this.#parts.memory)
  }

  #unitOf(slot: number): Unit | undefined {
    return this.#units[this.series.unitOf(slot)]
  }

  /** Takes apart units that lost most of their series: the others are placed anew. */
  #dissolve(touched: ReadonlySet<Unit>, added: number[]): void {
    for (const partition of this.partitions) {
      const last = partition.units.at(-1)
      partition.units = partition.units.filter((unit) => {
        const stays = !touched.has(unit) || (unit.count > 0 && (unit === last || !unit.isSparse))
        if (!stays) {
          added.push(...unit.slots)
          unit.dispose(this.#parts.memory)
          this.#units[unit.number] = undefined
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
    if (series.stateOf(slot) === pointCode) {
      this.#pointShards ??= new Map()
      this.#pointShards.set(slot, partition.shard)
      return
    }
    const bytes = this.bytesOf(slot)
    let unit = partition.units.at(-1)
    if (unit === undefined || !unit.hasRoom(bytes)) {
      unit = this.#addUnit(partition)
    }
    unit.add(slot, bytes)
    series.setUnit(slot, unit.number)
  }

  #addUnit({ shard, units }: Partition): Unit {
    const free = this.#units.indexOf(undefined)
    const unit = new Unit(free < 0 ? this.#units.length : free, shard, this.#parts.partBytes)
    this.#units[unit.number] = unit
    units.push(unit)
    return unit
  }
}
