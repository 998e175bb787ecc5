import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Layout } from '#src/model/layout.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { batchOverArbitrary, layoutArbitrary, seriesArbitrary } from '#src/testing/otlp-batches.ts'
import { contentOf, OtlpJson, requestsOf } from '#src/testing/otlp-json.ts'
import { OtlpRequests } from '#src/testing/otlp-protobuf.ts'
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
