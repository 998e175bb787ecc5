import type { Resource } from '#src/model/resource.ts'
import { sameScope, type Descriptor } from '#src/model/series.ts'
import type { Form } from '../metric-form.ts'
import type { MetricGroup } from '../metric-groups.ts'
import { emptyImage, type Image } from './image.ts'

/** The most data points of a unit. */
const unitPoints = 1024
/** A unit with less than this share of them is dissolved into others. */
const leastShare = 1 / 4
/** About how many bytes of attributes a unit has at most. */
const unitBytes = 1 << 19

/** The data points of one metric in a unit. */
export class Frame {
  readonly unit: Unit
  readonly group: MetricGroup
  readonly form: Form
  /** In the order in which they are written. */
  slots: number[] = []
  /** Whether it must be written anew: it has others than the image. */
  changed = true
  /** The position of its first data point in the image. */
  first = 0
  /** Where it is in the image: the metric with its tag; what is in it in front of its data. */
  from = 0
  nameFrom = 0
  nameTo = 0
  /** Where its data points end, what its data says behind them, and the metric as a whole. */
  pointsTo = 0
  dataTo = 0
  to = 0
  #described: Descriptor | undefined

  constructor(unit: Unit, group: MetricGroup, form: Form) {
    this.unit = unit
    this.group = group
    this.form = form
  }

  /** Remembers what the metric's descriptor says: it may change. */
  describe(): void {
    this.#described = { ...this.group.descriptor }
  }

  /** Whether the image says of the metric what is to be said. */
  get isDescribed(): boolean {
    const { descriptor } = this.group
    const described = this.#described
    return (
      described !== undefined &&
      described.description === descriptor.description &&
      described.unit === descriptor.unit &&
      described.kind === descriptor.kind &&
      described.temporality === descriptor.temporality &&
      described.monotonic === descriptor.monotonic
    )
  }
}

/** Data points of one resource of a source that are encoded together, and what they became when they were last. */
export class Unit {
  readonly resource: Resource
  readonly shard: number
  /** In the order in which they are written: those of a scope together. */
  readonly frames: Frame[] = []
  /** Data points. */
  count = 0
  /** Whether its frames are others than the image's, or have others. */
  changed = true
  image: Image = emptyImage
  readonly #maxPoints: number
  #bytes = 0

  /** @param maxPoints how many data points may be in a request */
  constructor(resource: Resource, shard: number, maxPoints: number) {
    this.resource = resource
    this.shard = shard
    this.#maxPoints = Math.min(unitPoints, maxPoints)
  }

  /** Whether a series whose attributes have about so many bytes still fits. */
  hasRoom(bytes: number): boolean {
    return this.count === 0 || (this.count < this.#maxPoints && this.#bytes + bytes <= unitBytes)
  }

  /** Whether so few series are left that they had better be elsewhere. */
  get isSparse(): boolean {
    return this.count < this.#maxPoints * leastShare && this.#bytes < unitBytes * leastShare
  }

  add(slot: number, frame: Frame, bytes: number): void {
    // A list that begins with one has room for one: most have no more.
    if (frame.slots.length === 0) frame.slots = [slot]
    else frame.slots.push(slot)
    frame.changed = true
    this.count++
    this.#bytes += bytes
    this.changed = true
  }

  remove(slot: number, frame: Frame, bytes: number): void {
    frame.slots.splice(frame.slots.indexOf(slot), 1)
    frame.changed = true
    this.count--
    this.#bytes -= bytes
    this.changed = true
    if (frame.slots.length === 0) this.frames.splice(this.frames.indexOf(frame), 1)
  }

  /** The frame for a metric, made where there is none. */
  frameOf(group: MetricGroup, form: Form): Frame {
    const known = this.frames.find((each) => each.group === group && each.form === form)
    if (known !== undefined) return known
    const frame = new Frame(this, group, form)
    const before = this.frames.findLastIndex((each) => sameScope(each.group.scope, group.scope))
    this.frames.splice(before < 0 ? this.frames.length : before + 1, 0, frame)
    return frame
  }
}
