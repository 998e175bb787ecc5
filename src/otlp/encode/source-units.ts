import type { Batch } from '#src/model/batch.ts'
import type { Layout } from '#src/model/layout.ts'
import type { Resource } from '#src/model/resource.ts'
import { sameResource, type Series } from '#src/model/series.ts'
import { formOf, formWithPoint, isNumeric, type Form } from '../metric-form.ts'
import type { MetricGroup, MetricGroups } from '../metric-groups.ts'
import { shardOf } from './resource-shard.ts'
import { Unit, type Frame } from './unit.ts'

/** Other work gets its turn after so many slots. */
const slotsPerTurn = 4096

/** The units of one resource. */
interface ResourceUnits {
  readonly resource: Resource
  readonly units: Unit[]
  /** Where new series go. */
  open: Unit
}

/** The series of one source, in units. */
export class SourceUnits {
  readonly #shards: number
  readonly #maxPoints: number
  /** By the hash of the resource; those that only share it stand side by side. */
  readonly #resources = new Map<number, ResourceUnits[]>()
  /** The frame of a metric in which its next series has a place, by metric. */
  readonly #homes = new Map<MetricGroup, Frame>()
  /** By slot. */
  readonly #frames: (Frame | undefined)[] = []
  #positions = new Int32Array(0)
  #layout: Layout | undefined
  /** Series whose form is that of points. */
  #pointed = 0

  /** @param maxPoints how many data points may be in a request */
  constructor(shards: number, maxPoints: number) {
    this.#shards = shards
    this.#maxPoints = maxPoints
  }

  /** By slot of the layout followed last: where the data point is in its unit's image, -1 where it is not. */
  get positions(): Int32Array {
    return this.#positions
  }

  /** Some slots of the layout followed last, by unit. Holes are left out. */
  byUnit(slots: Int32Array): Map<Unit, number[]> {
    const selected = new Map<Unit, number[]>()
    let last: Unit | undefined
    let list: number[] = []
    for (const slot of slots) {
      const unit = this.#frames[slot]?.unit
      if (unit === undefined) continue
      if (unit !== last) {
        last = unit
        list = selected.get(unit) ?? []
        selected.set(unit, list)
      }
      list.push(slot)
    }
    return selected
  }

  *units(): Generator<Unit> {
    for (const alike of this.#resources.values()) for (const { units } of alike) yield* units
  }

  /** Brings the units up to a layout, which the groups are of. It yields after some work. */
  *follow(layout: Layout, groups: MetricGroups): Generator<void, void> {
    const before = this.#layout
    if (layout === before) return
    this.#grow(layout.series.length)
    const touched = new Set<Unit>()
    let work = 0
    for (const slot of layout.changedSince(before)) {
      const series = layout.series[slot]
      const old = before?.series[slot]
      if (series === old) continue
      if (old !== undefined) this.#remove(slot, old, touched)
      const group = groups.at(slot)
      if (series !== undefined && group !== undefined)
        this.#add(slot, series, group, formOf(group.descriptor, group.lonePart))
      if (++work % slotsPerTurn === 0) yield
    }
    this.#layout = layout
    for (const unit of touched) this.#tidy(unit)
  }

  /** Sees what is said otherwise of the metrics of units than when they were encoded. */
  renew(units: Iterable<Unit>): void {
    for (const unit of units) {
      for (const frame of unit.frames.slice()) {
        if (frame.changed || frame.isDescribed) continue
        frame.changed = true
        unit.changed = true
        const { group, form } = frame
        const declared = formOf(group.descriptor, group.lonePart)
        if (!isNumeric(form) || declared === form) continue
        for (const slot of frame.slots.slice()) this.#reform(slot, declared)
      }
    }
  }

  /** Sees which data points of a batch have another form than before. */
  reform(batch: Batch): void {
    const { points } = batch
    if (points === undefined && this.#pointed === 0) return
    for (const slot of batch.walk) {
      const frame = this.#frames[slot]
      if (frame === undefined || batch.isStale(slot)) continue
      const point = points?.[slot]
      const form = point === undefined ? formWithoutPoint(frame) : formWithPoint(point)
      if (form !== frame.form) this.#reform(slot, form)
    }
  }

  /** Gives a series a place in a frame of another form. */
  #reform(slot: number, form: Form): void {
    const series = this.#layout?.series[slot]
    const group = this.#frames[slot]?.group
    if (series === undefined || group === undefined) return
    const touched = new Set<Unit>()
    this.#remove(slot, series, touched)
    this.#add(slot, series, group, form)
    for (const unit of touched) this.#tidy(unit)
  }

  #grow(length: number): void {
    if (length <= this.#positions.length) return
    const positions = new Int32Array(length).fill(-1)
    positions.set(this.#positions)
    this.#positions = positions
  }

  #add(slot: number, series: Series, group: MetricGroup, form: Form): void {
    const bytes = bytesOf(series)
    let frame = this.#homes.get(group)
    if (frame === undefined || frame.form !== form || !frame.unit.hasRoom(bytes)) {
      frame = this.#unitFor(group.scope.resource, bytes).frameOf(group, form)
      this.#homes.set(group, frame)
    }
    frame.unit.add(slot, frame, bytes)
    this.#frames[slot] = frame
    this.#positions[slot] = -1
    if (!isNumeric(form)) this.#pointed++
  }

  #remove(slot: number, series: Series, touched: Set<Unit>): void {
    const frame = this.#frames[slot]
    if (frame === undefined) return
    const { unit, group, form, slots } = frame
    unit.remove(slot, frame, bytesOf(series))
    if (slots.length === 0 && this.#homes.get(group) === frame) this.#homes.delete(group)
    this.#frames[slot] = undefined
    this.#positions[slot] = -1
    if (!isNumeric(form)) this.#pointed--
    touched.add(unit)
  }

  #unitFor(resource: Resource, bytes: number): Unit {
    const all = this.#unitsOf(resource)
    if (all.open.hasRoom(bytes)) return all.open
    let unit = all.units.find((each) => each.isSparse && each.hasRoom(bytes))
    if (unit === undefined) {
      unit = new Unit(resource, all.open.shard, this.#maxPoints)
      all.units.push(unit)
    }
    all.open = unit
    return unit
  }

  #unitsOf(resource: Resource): ResourceUnits {
    const { low } = resource.hash
    const alike = this.#resources.get(low) ?? []
    let all = alike.find((each) => isSame(each.resource, resource))
    if (all === undefined) {
      const open = new Unit(resource, shardOf(resource, this.#shards), this.#maxPoints)
      all = { resource, units: [open], open }
      alike.push(all)
      this.#resources.set(low, alike)
    }
    return all
  }

  /** Removes a unit without series, and brings those of one with few elsewhere, where there is room. */
  #tidy(unit: Unit): void {
    const { low } = unit.resource.hash
    const alike = this.#resources.get(low)
    const all = alike?.find(({ resource }) => isSame(resource, unit.resource))
    if (alike === undefined || all === undefined || !all.units.includes(unit)) return
    if (unit.count > 0) {
      const other = all.units.find((each) => each !== unit && each.isSparse)
      if (!unit.isSparse || other === undefined) return
      all.open = other
    }
    all.units.splice(all.units.indexOf(unit), 1)
    for (const { group, form, slots } of unit.frames.slice()) {
      if (this.#homes.get(group)?.unit === unit) this.#homes.delete(group)
      for (const slot of slots.slice()) this.#move(slot, group, form)
    }
    const [first] = all.units
    if (first === undefined) {
      alike.splice(alike.indexOf(all), 1)
      if (alike.length === 0) this.#resources.delete(low)
    } else if (all.open === unit) all.open = first
  }

  #move(slot: number, group: MetricGroup, form: Form): void {
    const series = this.#layout?.series[slot]
    if (series === undefined) return
    this.#remove(slot, series, new Set())
    this.#add(slot, series, group, form)
  }
}

/** A series of numbers has its metric's form; one of points keeps the form that it had. */
function formWithoutPoint({ group, form }: Frame): Form {
  const declared = formOf(group.descriptor, group.lonePart)
  return isNumeric(declared) ? declared : form
}

function isSame(first: Resource, second: Resource): boolean {
  return first === second || (first.derived === second.derived && sameResource(first, second))
}

/** About how many bytes the attributes of a series have. */
function bytesOf({ attributes }: Series): number {
  let bytes = 0
  for (const entry of attributes.entries) bytes += typeof entry === 'string' ? entry.length + 3 : 12
  return bytes
}
