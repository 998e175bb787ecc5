import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Batch, flag, type Columns } from '#src/model/batch.ts'
import type { Layout } from '#src/model/layout.ts'
import type { Point } from '#src/model/point.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { batchOverArbitrary, layoutArbitrary, seriesArbitrary } from '#src/testing/otlp-batches.ts'
import { contentOf, metricsOf, OtlpJson, pointsOf, requestsOf } from '#src/testing/otlp-json.ts'
import { OtlpRequests, readProtobufRequest } from '#src/testing/otlp-protobuf.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { ProtobufRequests } from './protobuf-request.ts'

test('any batch becomes what its JSON says', () => {
  fc.assert(
    fc.property(layoutArbitrary.chain(batchOverArbitrary), (batch) => {
      const protobuf = new OtlpRequests(ProtobufRequests)
      expect(contentOf(protobuf.read([batch]))).toEqual(contentOf(requestsOf([batch])))
    }),
  )
})

test('what is patched, copied or written anew as series come and go is the same as what is written at once', () => {
  const cycle = fc.record({
    added: fc.array(seriesArbitrary, { maxLength: 6 }),
    removed: fc.array(fc.nat(30), { maxLength: 4 }),
    described: fc.option(fc.constantFrom('', 'Said later.'), { nil: undefined }),
  })
  const limits = fc.record({
    maxBytes: fc.constantFrom(200, 2000, 1 << 22),
    maxPoints: fc.integer({ min: 1, max: 20 }),
  })
  fc.assert(
    fc.property(fc.array(cycle, { minLength: 1, maxLength: 6 }), limits, fc.gen(), (cycles, limit, any) => {
      const table = new SlotTable(new Source('test', ''))
      const json = new OtlpJson()
      const protobuf = new OtlpRequests(ProtobufRequests, { limits: limit, shards: 2 })
      for (const { added, removed, described } of cycles) {
        const layout = turn(table, added, removed)
        for (const series of layout.series) {
          if (described !== undefined && series !== undefined)
            series.metric.descriptor.description = described
        }
        for (let times = 0; times < 2; times++) {
          const batch = any(() => batchOverArbitrary(layout))
          const requests = protobuf.requests([batch])
          for (const { body, samples } of requests) {
            expect(samples <= limit.maxPoints && (samples === 1 || body.length <= limit.maxBytes)).toBe(true)
          }
          expect(contentOf(protobuf.deliver(requests))).toEqual(contentOf(json.requests([batch])))
          expect(protobuf.ledger.queued).toBe(0)
        }
      }
    }),
    // To shrink what fails takes minutes; its seed is told.
    { numRuns: 50, endOnFailure: true },
  )
})

/** Removes and adds series. */
function turn(
  table: SlotTable,
  added: readonly NonNullable<Layout['series'][number]>[],
  removed: readonly number[],
): Layout {
  for (const slot of new Set(removed)) if (table.layout.series[slot] !== undefined) table.remove(slot)
  for (const series of added) table.add(series)
  return table.commit()
}

const histogram: Point = {
  kind: 'histogram',
  count: 3,
  sum: 4.5,
  min: 0.5,
  max: 3,
  bounds: [1, 2],
  counts: [1, 1, 1],
}
const exponential: Point = {
  kind: 'exponential_histogram',
  count: 2,
  sum: 3,
  min: undefined,
  max: undefined,
  scale: 3,
  zeroCount: 0,
  zeroThreshold: 0,
  positive: { offset: 1, counts: [1, 1] },
  negative: { offset: 0, counts: [] },
}

/** The layout of a batch with other columns. */
function next(batch: Batch, columns: Partial<Columns>): Batch {
  return new Batch(batch.layout, { time: batch.time + 15_000, values: batch.values, ...columns })
}

test('a histogram whose points change their kind becomes another metric, and ends as what it was last', () => {
  const protobuf = new OtlpRequests(ProtobufRequests)
  const first = batchOf([[series('h', {}, { kind: 'histogram' }), 0]], { points: [histogram] })
  const formsOf = (columns: Partial<Columns>): string[] =>
    pointsOf(protobuf.read([next(first, columns)])).map(({ form, flags }) =>
      flags === 1 ? `${form}, ended` : form,
    )
  expect(formsOf({ points: [histogram] })).toEqual(['histogram'])
  expect(formsOf({ points: [exponential] })).toEqual(['exponentialHistogram'])
  expect(formsOf({ points: [exponential] })).toEqual(['exponentialHistogram'])
  expect(formsOf({ flags: Uint8Array.of(flag.stale) })).toEqual(['exponentialHistogram, ended'])
  expect(formsOf({ points: [histogram] })).toEqual(['histogram'])
})

test('a histogram without a point is dropped as malformed, and what is beside it is sent', () => {
  const protobuf = new OtlpRequests(ProtobufRequests)
  const batch = batchOf(
    [
      [series('h', {}, { kind: 'histogram' }), 0],
      [series('g'), 1],
      [series('h', { n: '2' }, { kind: 'histogram' }), 0],
    ],
    { points: [histogram, undefined, histogram] },
  )
  expect(pointsOf(protobuf.read([batch])).length).toBe(3)
  expect(pointsOf(protobuf.read([next(batch, {})])).map(({ metric }) => metric)).toEqual(['g'])
  const some = next(batch, { points: [undefined, undefined, histogram], slots: Int32Array.of(0, 2) })
  expect(pointsOf(protobuf.read([some])).map(({ count }) => count)).toEqual(['3'])
  expect(protobuf.dropped).toEqual([
    { points: 2, reason: 'malformed' },
    { points: 1, reason: 'malformed' },
  ])
  expect(protobuf.ledger).toMatchObject({ queued: 0, delivered: 5 })
})

test('a type that arrives late makes a gauge a sum', () => {
  const protobuf = new OtlpRequests(ProtobufRequests)
  const late = series('n', {}, { kind: 'unknown' })
  const batch = batchOf([[late, 1]])
  expect(pointsOf(protobuf.read([batch])).map(({ form }) => form)).toEqual(['gauge'])
  Object.assign(late.metric.descriptor, { kind: 'sum', monotonic: true, temporality: 'cumulative' })
  const requests = protobuf.read([next(batch, {})])
  expect(metricsOf(requests)).toMatchObject([{ sum: { isMonotonic: true, aggregationTemporality: 2 } }])
})

test('values, counts and times are patched into the bytes that were there', () => {
  const protobuf = new OtlpRequests(ProtobufRequests)
  const batch = batchOf(
    [
      [series('g', { host: 'a' }), 1],
      [series('h', {}, { kind: 'histogram' }), 0],
    ],
    { points: [undefined, histogram], startTime: 1_600_000_000_000 },
  )
  const [before] = protobuf.requests([batch])
  const later: Point = { ...histogram, count: 2n ** 60n, sum: -1, min: -2, max: 9, counts: [5, 2n ** 59n, 7] }
  const [after] = protobuf.requests([
    next(batch, {
      values: Float64Array.of(-7, 0),
      flags: Uint8Array.of(flag.integer, 0),
      points: [undefined, later],
      startTime: 1_600_000_001_000,
    }),
  ])
  expect(after?.body.length).toBe(before?.body.length)
  expect(pointsOf(after === undefined ? [] : [readProtobufRequest(after.body)])).toMatchObject([
    { asInt: '-7', timeUnixNano: '1700000015000000000', startTimeUnixNano: '1600000001000000000' },
    { count: String(2n ** 60n), sum: -1, min: -2, max: 9, bucketCounts: ['5', String(2n ** 59n), '7'] },
  ])
})

test('the parts of a scraped histogram are one data point, whose share is all of them', () => {
  const protobuf = new OtlpRequests(ProtobufRequests)
  const options = { kind: 'histogram' as const }
  const rows = ['1', '+Inf'].map((le) => series('h', { le }, { ...options, role: 'bucket' }))
  const sum = series('h', {}, { ...options, role: 'sum' })
  const count = series('h', {}, { ...options, role: 'count' })
  const all = [...rows, sum, count].map((each, index) => [each, index + 1] as const)
  const [request] = protobuf.requests([batchOf(all)])
  expect(request).toMatchObject({ samples: 1, shares: [{ points: 4 }] })
  expect(protobuf.encoded).toBe(4)
})

test('what comes from several sources waits in one request, and sources are known anew when they were forgotten', () => {
  const protobuf = new OtlpRequests(ProtobufRequests)
  const batches = ['a', 'b'].map((part) => batchOf([[series(part), 1]], { source: new Source('test', part) }))
  const namesOf = (): string[][] =>
    protobuf.read(batches).map((request) => pointsOf([request]).map(({ metric }) => metric))
  expect(namesOf()).toEqual([['a', 'b']])
  for (const { layout } of batches) protobuf.forget(layout.source)
  expect(namesOf()).toEqual([['a', 'b']])
})

test('the data of a resource always goes through the same shard, that of a scraped one whatever else is said of it', () => {
  const protobuf = new OtlpRequests(ProtobufRequests, { shards: 8 })
  const shardsOf = (labels: readonly string[], derived: boolean): number[] =>
    Array.from({ length: 20 }, (_, n) => {
      const resource = makeResource(['job', 'j', 'instance', `i${n}`, ...labels], { derived })
      const batch = batchOf([[series('m', {}, { scope: makeScope(resource) }), 1]])
      return protobuf.requests([batch])[0]?.shard ?? -1
    })
  expect(new Set(shardsOf([], true)).size).toBeGreaterThan(2)
  expect(shardsOf(['version', '2'], true)).toEqual(shardsOf([], true))
  expect(new Set(shardsOf([], false)).size).toBeGreaterThan(2)
})

test('many series are encoded in slices', () => {
  const rows = Array.from({ length: 10_000 }, (_, n) => [series('m', { n: `${n}` }), n] as const)
  const protobuf = new OtlpRequests(ProtobufRequests, { limits: { maxBytes: 1 << 20, maxPoints: 8192 } })
  const batch = batchOf(rows)
  const requests = protobuf.requests([batch])
  expect(requests.reduce((sum, { samples }) => sum + samples, 0)).toBe(10_000)
  expect(requests.length).toBe(2)
  expect(protobuf.slices).toBeGreaterThan(10)
})

test('what is left of many series comes together', () => {
  const table = new SlotTable(new Source('test', ''))
  const slots = Array.from({ length: 4000 }, (_, n) => table.add(series('m', { n: `${n}` })))
  const protobuf = new OtlpRequests(ProtobufRequests, { limits: { maxBytes: 1 << 22, maxPoints: 8192 } })
  const resourcesOf = (): number[] => {
    const layout = table.commit()
    const batch = new Batch(layout, { time: 1, values: new Float64Array(layout.series.length) })
    return protobuf.read([batch]).map(({ resourceMetrics }) => resourceMetrics.length)
  }
  expect(resourcesOf()).toEqual([4])
  for (const slot of slots) if (slot % 40 !== 0) table.remove(slot)
  expect(resourcesOf()).toEqual([1])
})
