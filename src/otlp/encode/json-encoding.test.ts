import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { Source } from '#src/model/source.ts'
import { batchOverArbitrary, layoutArbitrary } from '#src/testing/otlp-batches.ts'
import { pointsOf, requestsOf } from '#src/testing/otlp-json.ts'
import { OtlpRequests } from '#src/testing/otlp-protobuf.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { JsonEncoding } from './json-encoding.ts'

test('what is encoded together shares requests, within the limits of points and bytes', () => {
  fc.assert(
    fc.property(
      layoutArbitrary.chain(batchOverArbitrary),
      fc.nat(2000),
      fc.integer({ min: 1, max: 5 }),
      (batch, maxBytes, maxPoints) => {
        const json = new OtlpRequests(JsonEncoding, { limits: { maxBytes, maxPoints } })
        const requests = json.requests([batch])
        for (const { body, samples } of requests) expect(samples === 1 || body.length <= maxBytes).toBe(true)
        const read = requests.map(({ body }) => JSON.parse(body.toString()))
        expect(pointsOf(read)).toEqual(pointsOf(requestsOf([batch])))
        expect(read.map((request) => pointsOf([request]).length)).toEqual(
          requests.map(({ samples }) => samples),
        )
      },
    ),
  )
})

test('batches of several calls wait for each other in one request', () => {
  const json = new OtlpRequests(JsonEncoding)
  const a = batchOf([[series('a'), 1]])
  const b = batchOf([[series('b'), 2]], { source: new Source('test', 'b') })
  expect(json.read([a, b]).map((request) => pointsOf([request]).map(({ metric }) => metric))).toEqual([
    ['a', 'b'],
  ])
})

test('the data of a resource always goes through the same shard', () => {
  const scopes = Array.from({ length: 20 }, (_, n) => makeScope(makeResource(['host.name', `h${n}`])))
  const json = new OtlpRequests(JsonEncoding, { shards: 4 })
  const shardsOf = (cycle: number): Map<string, number> => {
    const batch = batchOf(
      scopes.map((scope) => [series('m', {}, { scope }), cycle] as const),
      { source: new Source('test', `${cycle}`) },
    )
    return new Map(
      json.requests([batch]).flatMap(({ shard, body }) => {
        const { resourceMetrics } = JSON.parse(body.toString()) as ReturnType<typeof requestsOf>[number]
        return resourceMetrics.map(({ resource }) => [JSON.stringify(resource), shard] as const)
      }),
    )
  }
  const first = shardsOf(1)
  expect(first.size).toBe(20)
  expect(new Set(first.values()).size).toBeGreaterThan(1)
  expect(shardsOf(2)).toEqual(first)
})
