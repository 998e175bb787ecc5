import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Point } from '#src/model/point.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { contentOf } from '#src/testing/otlp-json.ts'
import { officialData } from '#src/testing/otlp-official.ts'
import { OtlpRequests, readProtobufRequest } from '#src/testing/otlp-protobuf.ts'
import { pointArbitraries } from '#src/testing/points.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { ProtobufRequests } from '../protobuf-request.ts'

/** The serializer takes counts as numbers, and leaves the zero threshold out. */
function plain(point: Point): Point {
  return JSON.parse(
    JSON.stringify({ ...point, zeroThreshold: 0 }, (_, value: unknown) =>
      typeof value === 'bigint' ? 7 : typeof value === 'number' && !Number.isFinite(value) ? 0.5 : value,
    ),
  ) as Point
}

const values: Record<'gauge' | 'sum' | Exclude<Point['kind'], 'summary'>, fc.Arbitrary<number | Point>> = {
  gauge: fc.double(),
  sum: fc.double(),
  histogram: pointArbitraries.histogram.map(plain),
  exponential_histogram: pointArbitraries.exponential_histogram.map(plain),
}

test.each(['gauge', 'sum', 'histogram', 'exponential_histogram'] as const)(
  'the official serializer writes a %s so that it says the same',
  (kind) => {
    fc.assert(
      fc.property(fc.array(values[kind], { minLength: 1, maxLength: 4 }), (samples) => {
        const scope = makeScope(makeResource(['host.name', 'h']), { name: 'scope', version: '1.2' })
        const options = { scope, kind, unit: 'By', description: 'what it is', monotonic: true }
        const rows = samples.map((value, index) => {
          const number = typeof value === 'number' ? value : 0
          return [series('m', { n: `${index}` }, options), number] as const
        })
        const points = samples.map((value) => (typeof value === 'number' ? undefined : value))
        const batch = batchOf(rows, { points, startTime: 1_600_000_000_000 })
        const official = Buffer.from(
          ProtobufMetricsSerializer.serializeRequest(officialData(batch, kind)) ?? [],
        )
        const [own] = new OtlpRequests(ProtobufRequests).requests([batch])
        const body = own?.body ?? Buffer.alloc(0)
        expect(contentOf([readProtobufRequest(body)])).toEqual(contentOf([readProtobufRequest(official)]))
      }),
      { numRuns: 60, endOnFailure: true },
    )
  },
)
