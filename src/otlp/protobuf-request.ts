import type { Batch, Exemplar } from '#src/model/batch.ts'
import { sameResource, sameScope } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import type { Intake } from '#src/queue/intake.ts'
import type { Encoding } from '#src/push/encoding.ts'
import { BufferPool } from '#src/queue/buffer-pool.ts'
import { pointAttributes } from './derived-resource.ts'
import { writeAttributes } from './encode/attributes.ts'
import { pointFields, writeDataPoint } from './encode/data-point.ts'
import {
  dataFields,
  metricFields,
  requestFields,
  resourceMetricsFields,
  scopeMetricsFields,
} from './encode/fields.ts'
import {
  writeDataEnd,
  writeMetricBeginning,
  writeMetricEnd,
  writeResource,
  writeResourceEnd,
  writeScope,
  writeScopeEnd,
} from './encode/frames.ts'
import { protobufForm, RequestBuilder } from './encode/request-builder.ts'
import type { RequestParts } from './encode/request-parts.ts'
import { shardOf } from './encode/resource-shard.ts'
import { ReverseWriter } from './encode/reverse-writer.ts'
import { MetricsWalk } from './metrics-walk.ts'
import type { Portion } from './portion.ts'

/** How much memory of requests that were sent is kept for later ones. */
const maxIdleBytes = 1 << 25

/** Data points that are encoded between two turns of the event loop at least. */
const sliceSize = 512

/** Encodes batches as ExportMetricsServiceRequests of protobuf. */
export class ProtobufRequests implements Encoding {
  readonly format = protobufForm.format
  readonly #parts: RequestParts
  readonly #walk = new MetricsWalk()
  readonly #writer = new ReverseWriter()
  readonly #builders: readonly RequestBuilder[]

  constructor(parts: RequestParts) {
    this.#parts = parts
    const { shards, limits, now, events } = parts
    const pool = new BufferPool(maxIdleBytes)
    this.#builders = Array.from(
      { length: shards },
      (_, shard) =>
        new RequestBuilder({
          form: protobufForm,
          shard,
          limits,
          pool,
          now,
          done: (request) => events.done(request),
        }),
    )
  }

  /** Bytes that wait in requests that are not full. */
  get bytes(): number {
    let bytes = 0
    for (const builder of this.#builders) bytes += builder.bytes
    return bytes
  }

  /** Encodes batches into requests. It yields after some work, so that other work gets its turn. */
  *encode(batches: readonly Batch[], intake: Intake): Generator<void, void> {
    for (const { portions, points, malformed } of this.#walk.requests(batches, sliceSize)) {
      if (malformed > 0) this.#parts.events.dropped(intake, malformed, 'malformed')
      let left = points
      for (const [shard, own] of Map.groupBy(portions, ({ group }) =>
        shardOf(group.scope.resource, this.#builders.length),
      )) {
        const size = own.reduce((sum, { slots }) => sum + slots.length, 0)
        left -= size
        this.#add(own, size, intake, this.#builders[shard])
      }
      if (left > 0) {
        this.#parts.events.encoded(left, 0)
        intake.deliver(left)
      }
      yield
    }
  }

  /** Finishes all requests. */
  flush(): void {
    for (const builder of this.#builders) builder.flush()
  }

  /** Forgets a source; what was encoded of it is not touched. */
  forget(source: Source): void {
    this.#walk.forget(source)
  }

  #add(
    portions: readonly Portion[],
    size: number,
    intake: Intake,
    builder: RequestBuilder | undefined,
  ): void {
    if (builder === undefined) return
    const writer = this.#writer
    writer.clear()
    writePortions(writer, portions)
    const bytes = writer.position
    builder.makeRoom(size, bytes)
    builder.add(writer.written, size, intake, size)
    this.#parts.events.encoded(size, bytes)
  }
}

/** Writes whole `ResourceMetrics`. */
function writePortions(writer: ReverseWriter, portions: readonly Portion[]): void {
  const end = { resource: 0, scope: 0, metric: 0, data: 0 }
  const exemplars = new Map<Batch, ReadonlyMap<number, readonly Exemplar[]>>()
  for (let index = portions.length - 1; index >= 0; index--) {
    const portion = portions[index]
    if (portion === undefined) continue
    const after = portions[index + 1]
    const before = portions[index - 1]
    const { group, form, slots, batch } = portion
    const { scope } = group
    const { resource } = scope
    if (after === undefined || !sameResource(after.group.scope.resource, resource)) {
      end.resource = writer.position
      writeResourceEnd(writer, resource)
    }
    if (after === undefined || !sameScope(after.group.scope, scope)) {
      end.scope = writer.position
      writeScopeEnd(writer, scope)
    }
    end.metric = writer.position
    writeMetricEnd(writer, group)
    end.data = writer.position
    writeDataEnd(writer, form, group.descriptor)
    const own = exemplars.get(batch) ?? Map.groupBy(batch.exemplars ?? [], ({ slot }) => slot)
    exemplars.set(batch, own)
    for (const slot of slots.toReversed()) {
      const series = batch.layout.series[slot]
      if (series === undefined) continue
      const endPoint = writer.position
      writeDataPoint(writer, form, batch, slot, own.get(slot))
      writeAttributes(writer, pointFields[form].attributes, pointAttributes(series))
      writer.close(dataFields.dataPoints, endPoint)
    }
    writer.close(metricFields[form], end.data)
    writeMetricBeginning(writer, group)
    writer.close(scopeMetricsFields.metrics, end.metric)
    if (before === undefined || !sameScope(before.group.scope, scope)) {
      writeScope(writer, scope)
      writer.close(resourceMetricsFields.scopeMetrics, end.scope)
    }
    if (before === undefined || !sameResource(before.group.scope.resource, resource)) {
      writeResource(writer, resource)
      writer.close(requestFields.resourceMetrics, end.resource)
    }
  }
}
