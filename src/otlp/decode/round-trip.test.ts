import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arrivals } from '#src/arrivals/arrivals.ts'
import { Batch, columnsOf } from '#src/model/batch.ts'
import type { Point } from '#src/model/point.ts'
import { batchOverArbitrary, layoutArbitrary } from '#src/testing/otlp-batches.ts'
import { contentOf, requestsOf, type RequestJson } from '#src/testing/otlp-json.ts'
import { OtlpRequests } from '#src/testing/otlp-protobuf.ts'
import { JsonEncoding } from '../encode/json-encoding.ts'
import { ProtobufRequests } from '../protobuf-request.ts'
import type { Context } from './contexts.ts'
import { transcodeJson } from './json-transcoder.ts'
import { MetricsDecoder } from './metrics-decoder.ts'

function makeDecoder(): MetricsDecoder {
  return new MetricsDecoder(
    new Arrivals<Context>({ receiver: 'otlp', maxSeries: 1000, idleMs: 60_000, forget: () => undefined }),
  )
}

/** What a request is to those who get its batches: the same request, where nothing is lost. */
function through(decoder: MetricsDecoder, body: Buffer): RequestJson[] {
  const { batches, rejections } = decoder.decode(body, { monotonic: 0, unix: 0 })
  expect(rejections.message).toBe('')
  return requestsOf(batches, 1000)
}

/** A point as senders may send it: bounds and quantiles ascend. */
function sendable(point: Point | undefined): Point | undefined {
  if (point?.kind === 'summary')
    return { ...point, quantiles: point.quantiles.toSorted((a, b) => a.quantile - b.quantile) }
  if (point?.kind !== 'histogram') return point
  const bounds = [...new Set(point.bounds.map((bound) => bound + 0))].toSorted((a, b) => a - b)
  return { ...point, bounds, counts: point.counts.slice(0, bounds.length + 1) }
}

const batch = layoutArbitrary.chain(batchOverArbitrary).map((each) => {
  // One metric has one description.
  for (const series of each.layout.series) {
    if (series !== undefined) series.metric.descriptor.description = series.name === 'a' ? '' : series.name
  }
  return new Batch(each.layout, {
    ...columnsOf(each),
    points: each.points?.map(sendable),
    // One without a time gets that of its point.
    exemplars: each.exemplars?.map((exemplar) => ({ ...exemplar, time: exemplar.time || 1n })),
  })
})

test('any batch is the same after it was written in JSON or protobuf and read, again and again', () => {
  fc.assert(
    fc.property(batch, (each) => {
      const decoder = makeDecoder()
      const expected = contentOf(requestsOf([each]))
      const protobuf = bodiesOf(each, ProtobufRequests)
      const json = bodiesOf(each, JsonEncoding).map((body) => Buffer.from(transcodeJson(body)))
      for (const bodies of [protobuf, json, protobuf, json]) {
        expect(contentOf(bodies.flatMap((body) => through(decoder, body)))).toEqual(expected)
      }
    }),
    { numRuns: 200 },
  )
})

function bodiesOf(each: Batch, encoding: typeof ProtobufRequests | typeof JsonEncoding): Buffer[] {
  return new OtlpRequests(encoding).requests([each]).map(({ body }) => Buffer.from(body))
}
