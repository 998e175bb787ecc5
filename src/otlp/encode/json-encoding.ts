import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { Encoding } from '#src/push/encoding.ts'
import { BufferPool } from '#src/queue/buffer-pool.ts'
import type { Intake } from '#src/queue/intake.ts'
import { JsonWriter } from '#src/text/json-writer.ts'
import { JsonRequests } from '../json-request.ts'
import { MetricsWalk } from '../metrics-walk.ts'
import type { Portion } from '../portion.ts'
import { jsonForm, RequestBuilder } from './request-builder.ts'
import type { RequestParts } from './request-parts.ts'
import { shardOf } from './resource-shard.ts'

/** How much memory of requests that were sent is kept for later ones. */
const maxIdleBytes = 1 << 25
/** Data points that are encoded between two turns of the event loop at most. */
const sliceSize = 512

/** Encodes batches as ExportMetricsServiceRequests in JSON. */
export class JsonEncoding implements Encoding {
  readonly format = jsonForm.format
  readonly #parts: RequestParts
  readonly #walk = new MetricsWalk()
  readonly #requests = new JsonRequests()
  readonly #writer = new JsonWriter()
  readonly #builders: readonly RequestBuilder[]

  constructor(parts: RequestParts) {
    this.#parts = parts
    const { shards, limits, now, events } = parts
    const pool = new BufferPool(maxIdleBytes)
    const done = events.done.bind(events)
    this.#builders = Array.from(
      { length: shards },
      (_, shard) => new RequestBuilder({ form: jsonForm, shard, limits, pool, now, done }),
    )
  }

  get bytes(): number {
    let bytes = 0
    for (const builder of this.#builders) bytes += builder.bytes
    return bytes
  }

  *encode(batches: readonly Batch[], intake: Intake): Generator<void, void> {
    const { limits, events, shards } = this.#parts
    const size = Math.min(sliceSize, limits.maxPoints)
    for (const { portions, points, malformed } of this.#walk.requests(batches, size)) {
      if (malformed > 0) events.dropped(intake, malformed, 'malformed')
      // A whole stands for all its parts, whichever shard it goes through: they are shared out by its data points.
      let left = points
      let portionsLeft = sizeOf(portions)
      for (const [shard, own] of byShard(portions, shards)) {
        const share = Math.round((left * sizeOf(own)) / portionsLeft)
        this.#put(this.#builders[shard], own, intake, share)
        left -= share
        portionsLeft -= sizeOf(own)
      }
      if (left > 0) {
        // What they say shows in others, or is that a part of a whole ended.
        events.encoded(left, 0)
        intake.deliver(left)
      }
      yield
    }
  }

  flush(): void {
    for (const builder of this.#builders) builder.flush()
  }

  forget(source: Source): void {
    this.#walk.forget(source)
    this.#requests.forget(source)
  }

  /** Puts portions into requests, cut in two where they are more than one may hold. */
  #put(
    builder: RequestBuilder | undefined,
    portions: readonly Portion[],
    intake: Intake,
    points: number,
  ): void {
    if (builder === undefined) return
    this.#writer.clear()
    this.#requests.writeResources(this.#writer, portions)
    const size = sizeOf(portions)
    const { length } = this.#writer
    if (size > 1 && !builder.holds(length)) {
      const [first, second] = halves(portions, size)
      const inFirst = Math.round((points * sizeOf(first)) / size)
      this.#put(builder, first, intake, inFirst)
      this.#put(builder, second, intake, points - inFirst)
      return
    }
    builder.makeRoom(size, length)
    builder.add(this.#writer.take(), size, intake, points)
    this.#parts.events.encoded(points, length)
  }
}

function byShard(
  portions: readonly Portion[],
  shards: number,
): Iterable<readonly [number, readonly Portion[]]> {
  if (portions.length === 0) return []
  if (shards === 1) return [[0, portions]]
  return Map.groupBy(portions, ({ group }) => shardOf(group.scope.resource, shards))
}

function sizeOf(portions: readonly Portion[]): number {
  return portions.reduce((sum, { slots }) => sum + slots.length, 0)
}

function halves(portions: readonly Portion[], size: number): [first: Portion[], second: Portion[]] {
  const first: Portion[] = []
  const second: Portion[] = []
  let left = size >> 1
  for (const portion of portions) {
    const { slots } = portion
    if (left > 0) first.push({ ...portion, slots: slots.subarray(0, left) })
    if (left < slots.length) second.push({ ...portion, slots: slots.subarray(Math.max(0, left)) })
    left -= slots.length
  }
  return [first, second]
}
