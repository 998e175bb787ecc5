import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Batch, flag, staleBatch } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { pointArbitrary } from '#src/testing/points.ts'
import { batchOf, layoutOf, series } from '#src/testing/series.ts'
import { LinesEncoding } from './lines-encoding.ts'

function linesOf(batches: readonly Batch[], encoding = new LinesEncoding()): string[] {
  const slices = [...encoding.encode(batches)]
  const text = Buffer.concat(slices.map(({ bytes }) => bytes)).toString()
  const lines = text.split('\n')
  expect(lines.pop()).toBe('')
  expect(slices.reduce((sum, { points }) => sum + points, 0)).toBe(lines.length)
  return lines
}

test('labels of every type, a real resource, special values and names with quotes are plain JSON', () => {
  const scope = makeScope(makeResource(['host.name', 'a"b']))
  const derived = makeScope(makeResource(['job', 'j'], { derived: true }))
  const lines = linesOf([
    batchOf([
      [
        series('a\n"', { s: 'ü', b: true, i: 9_007_199_254_740_993n, d: 1.5, n: Number.NaN }, { scope }),
        Infinity,
      ],
      [series('b', { x: Uint8Array.of(1, 2), l: ['p', 1], m: new Map([['k', 'v']]) }), -0],
      [
        series(
          'h',
          Object.fromEntries([
            ['le', '1'],
            ['__proto__', 'kept'],
          ]),
          { scope: derived, kind: 'histogram', role: 'bucket' },
        ),
        3,
      ],
    ]),
  ])
  expect(lines).toEqual([
    '{"name":"a\\n\\"","labels":{"b":true,"d":1.5,"i":9007199254740993,"n":"NaN","s":"ü"},"resource":{"host.name":"a\\"b"},"value":"Infinity","time":1700000000000}',
    '{"name":"b","labels":{"l":["p",1],"m":{"k":"v"},"x":"AQI="},"value":-0,"time":1700000000000}',
    '{"name":"h_bucket","labels":{"__proto__":"kept","le":"1"},"value":3,"time":1700000000000}',
  ])
})

test('integers, times in nanoseconds and times of their own are exact', () => {
  const exact = batchOf(
    [
      [series('a'), 2 ** 60],
      [series('b'), 2],
      [series('c'), 3],
    ],
    {
      integers: BigInt64Array.of(1_152_921_504_606_846_977n, 2n, 0n),
      flags: Uint8Array.of(flag.integer, flag.integer, 0),
      timesNano: BigInt64Array.of(1_700_000_000_123_456_789n, -1n, 5_000_000n),
    },
  )
  const own = batchOf(
    [
      [series('d'), 1],
      [series('e'), 1],
    ],
    { times: Float64Array.of(5, Number.NaN) },
  )
  expect(linesOf([exact, own]).map((line) => line.slice(line.indexOf('"value"')))).toEqual([
    '"value":1152921504606846977,"time":1700000000123.456789}',
    '"value":2,"time":-0.000001}',
    '"value":3,"time":5}',
    '"value":1,"time":5}',
    '"value":1,"time":1700000000000}',
  ])
})

test('a series that ended has no value and says so', () => {
  const layout = layoutOf([series('a'), series('b')])
  expect(linesOf([staleBatch(layout, Int32Array.of(1), 5)])).toEqual([
    '{"name":"b","labels":{},"value":null,"stale":true,"time":5}',
  ])
})

/** What JSON has for a part of a point: names with underscores, texts for NaN and the infinities, pairs for quantiles. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value !== 'object' || value === null) return value
  if ('quantile' in value && 'value' in value) return [plain(value.quantile), plain(value.value)]
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`), plain(inner)]),
  )
}

test('points are an object named after their kind', () => {
  fc.assert(
    fc.property(pointArbitrary, (point) => {
      const [line = ''] = linesOf([
        batchOf([[series('h', {}, { kind: point.kind }), 0]], { points: [point] }),
      ])
      const read = JSON.parse(line) as Record<string, unknown>
      const { kind, count, ...rest } = point
      expect(plain(read[kind])).toEqual(plain({ count, ...rest }))
    }),
  )
})

test('any sparse batches over changing layouts come out as the samples they hold', () => {
  const edit = fc.record({
    remove: fc.array(fc.nat(9)),
    add: fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }), { maxLength: 4 }),
    slots: fc.option(fc.uniqueArray(fc.nat(12)), { nil: undefined }),
    skip: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 8 }), (edits) => {
      const encoding = new LinesEncoding()
      const table = new SlotTable(new Source('test', ''))
      for (const { remove, add, slots, skip } of edits) {
        for (const slot of remove) table.remove(slot)
        for (const name of add) table.add(series(name, { [name]: name }))
        const layout = table.commit()
        if (skip) continue
        const values = Float64Array.from(layout.series, (_, slot) => slot + 0.5)
        const batch = new Batch(layout, {
          time: 7,
          values,
          slots: slots && Int32Array.from(slots).toSorted(),
        })
        const read = linesOf([batch], encoding).map((line) => JSON.parse(line) as Record<string, unknown>)
        expect(read).toEqual(
          samplesOf(batch).map(({ name, attributes, value, time }) => ({
            name,
            labels: attributes,
            value,
            time,
          })),
        )
      }
    }),
    { numRuns: 40 },
  )
})

test('what is remembered of a source goes with it', () => {
  const encoding = new LinesEncoding()
  const batch = batchOf([[series('a'), 1]])
  linesOf([batch], encoding)
  encoding.forget(batch.layout.source)
  expect(linesOf([batch], encoding).length).toBe(1)
})

test('a call that fails leaves nothing behind for the next', () => {
  const encoding = new LinesEncoding()
  const broken = batchOf(
    [
      [series('a'), 1],
      [series('b'), 1],
    ],
    {
      points: [
        undefined,
        {
          kind: 'summary',
          count: 1,
          sum: 1,
          get quantiles(): never {
            throw new Error('broken')
          },
        },
      ],
    },
  )
  expect(() => linesOf([broken], encoding)).toThrow('broken')
  expect(linesOf([batchOf([[series('c'), 1]])], encoding)).toEqual([
    '{"name":"c","labels":{},"value":1,"time":1700000000000}',
  ])
})
