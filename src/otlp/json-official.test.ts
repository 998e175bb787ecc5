import { JsonMetricsSerializer } from '@opentelemetry/otlp-transformer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Batch } from '#src/model/batch.ts'
import type { Point } from '#src/model/point.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import type { Kind } from '#src/model/series.ts'
import { requestsOf } from '#src/testing/otlp-json.ts'
import { officialData } from '#src/testing/otlp-official.ts'
import { pointArbitrary } from '#src/testing/points.ts'
import { batchOf, series } from '#src/testing/series.ts'

function officialJson(batch: Batch, kind: Kind): unknown {
  const data = officialData(batch, kind)
  return JSON.parse(Buffer.from(JsonMetricsSerializer.serializeRequest(data) ?? []).toString())
}

/** The one form of two JSON forms of a message: integers as texts, and no fields with default values. */
function canonical(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => canonical(item, key))
  if (typeof value !== 'object' || value === null) {
    return /^(count|zeroCount|bucketCounts)$/.test(key) ? String(value) : value
  }
  const entries = Object.entries(value)
    .map(([name, inner]) => [name, canonical(inner, name)] as const)
    .filter(([name, inner]) => name !== 'droppedAttributesCount' && inner !== undefined && inner !== '')
    .filter(([, inner]) => !(Array.isArray(inner) && inner.length === 0))
  return Object.fromEntries(entries)
}

test.each(['gauge', 'sum', 'histogram', 'exponential_histogram'] as const)(
  'the official serializer writes a %s the same way',
  (kind) => {
    const number = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((value) => !Object.is(value, -0))
    // JSON.stringify, which it uses, knows neither bigints nor NaN nor -0; and it leaves the zero threshold out.
    const plain = pointArbitrary
      .filter((point) => point.kind === kind)
      .map((point) => JSON.stringify(point, (_, value: unknown) => (typeof value === 'bigint' ? 7 : value)))
      .filter((written) => !written.includes('null'))
      .map((written) => ({ ...(JSON.parse(written) as Point), zeroThreshold: 0 }) as Point)
    const values: fc.Arbitrary<number | Point> = kind === 'gauge' || kind === 'sum' ? number : plain
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), (samples) => {
        const scope = makeScope(makeResource(['host.name', 'h']), { name: 'scope', version: '1.2' })
        const options = { scope, kind, unit: 'By', description: 'what it is', monotonic: true }
        const rows = samples.map((value, index) => {
          const number = typeof value === 'number' ? value : 0
          return [series('m', { n: `${index}` }, options), number] as const
        })
        const points = samples.map((value) => (typeof value === 'number' ? undefined : value))
        const batch = batchOf(rows, { points, startTime: 1_600_000_000_000 })
        expect(canonical(requestsOf([batch])[0])).toEqual(canonical(officialJson(batch, kind)))
      }),
      { numRuns: 60 },
    )
  },
)
