import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatBound } from '#src/text/number-text.ts'
import { batchOf, layoutOf, series } from '#src/testing/series.ts'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { internAttributes, internedSets, releaseAttributes } from './attribute-set.ts'
import { Batch, flag, staleBatch } from './batch.ts'
import { ClassicToPoints, type Converted } from './classic-to-points.ts'
import type { HistogramPoint, Point, SummaryPoint } from './point.ts'
import { PointsToClassic } from './points-to-classic.ts'
import { releaseSeries, Series, type Kind, type Role } from './series.ts'
import { SlotTable } from './slot-table.ts'
import { Source } from './source.ts'

const source = new Source('test', '')
let sets = 0

beforeEach(() => {
  sets = internedSets()
})

afterEach(() => {
  if (internedSets() !== sets) throw new Error('the test left interned sets behind')
})

type Row = readonly [role: Role, value: number, bound?: string]

function part(name: string, kind: Kind, role: Role, bound?: string, attributes = {}): Series {
  const label = role === 'bucket' ? 'le' : 'quantile'
  return series(name, { ...attributes, ...(bound === undefined ? {} : { [label]: bound }) }, { kind, role })
}

/** The parts of one histogram `h`, or of another kind. */
function partsOf(rows: readonly Row[], kind: Kind = 'histogram', columns = {}): Batch {
  return batchOf(
    rows.map(([role, value, bound]) => [part('h', kind, role, bound), value] as const),
    { source, ...columns },
  )
}

function release(...batches: readonly Batch[]): void {
  for (const { layout } of batches)
    for (const each of layout.series) if (each !== undefined) releaseSeries(each)
}

/** Converts batches in order, and gives back what was taken. */
function toPoints(...batches: readonly Batch[]) {
  const converter = new ClassicToPoints(source)
  const converted = batches.map((batch) => converter.convert(batch))
  converter.dispose()
  expect(converted.map(settled)).toEqual(batches.map(({ size }) => size))
  return converted
}

/** How many data points of the input a conversion accounts for. */
function settled({ weights, malformed, absorbed }: Converted): number {
  return weights.reduce((sum, weight) => sum + weight, malformed + absorbed)
}

function byName(batch: Batch | undefined) {
  return new Map(batch && samplesOf(batch).map((sample) => [JSON.stringify(sample), sample]))
}

function pointsOf(batch: Batch | undefined): (Point | 'stale' | undefined)[] {
  if (batch === undefined) return []
  return [...batch.walk].map((slot) => (batch.isStale(slot) ? 'stale' : batch.points?.[slot]))
}

const whole: readonly Row[] = [
  ['bucket', 1, '0.5'],
  ['bucket', 1, '1'],
  ['bucket', 4, '+Inf'],
  ['sum', 7.5],
  ['count', 4],
]

const wholePoint: HistogramPoint = {
  kind: 'histogram',
  count: 4,
  sum: 7.5,
  min: undefined,
  max: undefined,
  bounds: [0.5, 1],
  counts: [1, 0, 3],
}

test('buckets, sum and count become one point of the family', () => {
  const batch = partsOf(whole)
  const [converted] = toPoints(batch)
  expect(pointsOf(converted?.batch)).toEqual([wholePoint])
  expect(converted?.batch.layout.series.map((each) => [each?.name, each?.role])).toEqual([['h', 'none']])
  expect([...(converted?.weights ?? [])]).toEqual([5])
  release(batch)
})

test('buckets may come in any order', () => {
  const batch = partsOf(whole.toReversed())
  expect(pointsOf(toPoints(batch)[0]?.batch)).toEqual([wholePoint])
  release(batch)
})

test('quantiles, sum and count become one point of a summary', () => {
  const batch = partsOf(
    [
      ['quantile', 5, '0.99'],
      ['quantile', 2, '0.5'],
      ['sum', 9],
      ['count', 3],
    ],
    'summary',
  )
  expect(pointsOf(toPoints(batch)[0]?.batch)).toEqual([
    {
      kind: 'summary',
      count: 3,
      sum: 9,
      quantiles: [
        { quantile: 0.5, value: 2 },
        { quantile: 0.99, value: 5 },
      ],
    },
  ])
  release(batch)
})

test.each([
  ['no +Inf', whole.filter(([, , bound]) => bound !== '+Inf')],
  ['no count', whole.filter(([role]) => role !== 'count')],
])('%s: the other stands for it', (_, rows) => {
  const batch = partsOf(rows)
  expect(pointsOf(toPoints(batch)[0]?.batch)).toEqual([wholePoint])
  release(batch)
})

test('parts that make no whole stay as they are', () => {
  const rows: Row[] = [
    ['bucket', 1, '0.5'],
    ['sum', 7],
    ['bucket', 2, 'abc'],
  ]
  const batch = partsOf(rows)
  const [converted] = toPoints(batch)
  expect(byName(converted?.batch)).toEqual(byName(batch))
  const summary = partsOf(
    [
      ['quantile', 1, '0.5'],
      ['count', 2],
    ],
    'summary',
  )
  const [second] = toPoints(summary)
  expect(byName(second?.batch)).toEqual(byName(summary))
  release(batch, summary)
})

test.each([
  [
    'buckets that fall',
    [
      ['bucket', 3, '1'],
      ['bucket', 2, '2'],
      ['count', 4],
    ],
  ],
  [
    'a count below its buckets',
    [
      ['bucket', 3, '1'],
      ['count', 2],
    ],
  ],
  [
    'a count that is none',
    [
      ['bucket', 0.5, '1'],
      ['count', 2],
    ],
  ],
  [
    'a count that is negative',
    [
      ['bucket', -1, '1'],
      ['count', 2],
    ],
  ],
  [
    'a count that is not a number',
    [
      ['bucket', 1, '1'],
      ['count', Number.NaN],
    ],
  ],
] satisfies [string, Row[]][])('%s: the sample is left out and counted', (_, rows) => {
  const batch = partsOf(rows)
  const [converted] = toPoints(batch)
  expect(converted?.batch.size).toBe(0)
  expect(converted?.malformed).toBe(rows.length)
  release(batch)
})

test('of two buckets with the same bound the first counts, the other is counted', () => {
  const batch = partsOf([
    ['bucket', 1, '1'],
    ['bucket', 2, '1.0'],
    ['count', 4],
  ])
  const [converted] = toPoints(batch)
  expect(pointsOf(converted?.batch)).toMatchObject([{ counts: [1, 3] }])
  expect(converted?.malformed).toBe(1)
  release(batch)
})

test('counts beyond 2^53 are exact', () => {
  const integers = BigInt64Array.of(2n ** 53n + 1n, 2n ** 60n + 1n)
  const batch = partsOf(
    [
      ['bucket', 2 ** 53, '1'],
      ['count', 2 ** 60],
    ],
    'histogram',
    {
      integers,
      flags: Uint8Array.of(flag.integer, flag.integer),
    },
  )
  const expected = { count: 2n ** 60n + 1n, counts: [2n ** 53n + 1n, 2n ** 60n - 2n ** 53n] }
  expect(pointsOf(toPoints(batch)[0]?.batch)).toMatchObject([expected])
  release(batch)
})

test('created becomes the start time, of counters too', () => {
  const histogram = partsOf([...whole, ['created', 1_600_000_000.25]])
  const [converted] = toPoints(histogram)
  expect(converted?.batch.startTimeAt(0)).toBe(1_600_000_000_250)
  const counter = partsOf(
    [
      ['total', 5],
      ['created', 1_600_000_000],
    ],
    'sum',
    {
      startTimesNano: BigInt64Array.of(0n, 0n),
    },
  )
  const [second] = toPoints(counter)
  expect(second && samplesOf(second.batch)).toMatchObject([{ name: 'h_total', value: 5 }])
  expect(second?.batch.startTimesNano?.[0]).toBe(1_600_000_000_000_000_000n)
  expect([...(second?.weights ?? [])]).toEqual([2])
  release(histogram, counter)
})

test('a whole ends when all its parts do; a part that ends alone leaves it', () => {
  const batch = partsOf(whole)
  const [, one, all, again] = toPoints(
    batch,
    staleBatch(batch.layout, Int32Array.of(1), 5),
    staleBatch(batch.layout, Int32Array.of(0, 1, 2, 3, 4), 6),
    batch,
  )
  expect(one?.batch.size).toBe(0)
  expect(one?.absorbed).toBe(1)
  expect(pointsOf(all?.batch)).toEqual(['stale'])
  expect(all?.batch.timeAt(0)).toBe(6)
  expect(pointsOf(again?.batch)).toEqual([wholePoint])
  release(batch)
})

test('a sparse batch with some buckets makes a point of those', () => {
  const batch = partsOf(whole)
  const [some, none] = toPoints(batch.withSlots(Int32Array.of(1, 4)), batch.withSlots(Int32Array.of(0, 3)))
  expect(pointsOf(some?.batch)).toEqual([{ ...wholePoint, sum: undefined, bounds: [1], counts: [1, 3] }])
  expect(none?.malformed).toBe(2)
  release(batch)
})

test('times and exemplars go with the parts, and other series pass', () => {
  const attributes = internAttributes(['trace_id', 'a'])
  const rows = [
    [series('plain'), 3],
    ...whole.map(([role, value, bound]) => [part('h', 'histogram', role, bound), value] as const),
  ] as const
  const times = Float64Array.of(11, 12, 12, 12, 12, 13)
  const batch = batchOf(rows, { source, times, exemplars: [{ slot: 2, value: 1, time: 1, attributes }] })
  const [converted] = toPoints(batch)
  const slots = Object.fromEntries(
    [...(converted?.batch.walk ?? [])].map((slot) => [converted?.batch.layout.series[slot]?.name, slot]),
  )
  expect(converted?.batch.timeAt(slots['plain'] ?? -1)).toBe(11)
  expect(converted?.batch.timeAt(slots['h'] ?? -1)).toBe(13)
  expect(converted?.batch.values[slots['plain'] ?? -1]).toBe(3)
  expect(converted?.batch.exemplars).toEqual([{ slot: slots['h'], value: 1, time: 1, attributes }])
  releaseAttributes(attributes)
  release(batch)
})

test('kinds that are not asked for keep their parts', () => {
  const batch = partsOf(whole, 'gauge_histogram')
  const converter = new ClassicToPoints(source, new Set<Kind>(['histogram']))
  expect(samplesOf(converter.convert(batch).batch)).toEqual(samplesOf(batch))
  converter.dispose()
  expect(pointsOf(toPoints(batch)[0]?.batch)).toEqual([wholePoint])
  release(batch)
})

test('a steady layout stays one, and a bucket that comes or goes changes no slot of the family', () => {
  const converter = new ClassicToPoints(source)
  const table = new SlotTable(source)
  const { metric } = part('h', 'histogram', 'count')
  const add = (role: Role, ...attributes: string[]): number =>
    table.add(new Series(metric, internAttributes(attributes), role))
  const convert = (...values: number[]): Batch =>
    converter.convert(new Batch(table.commit(), { time: 1, values: Float64Array.from(values) })).batch
  const bucket = add('bucket', 'le', '1')
  const count = add('count')
  const first = convert(3, 4)
  expect(convert(3, 5).layout).toBe(first.layout)
  add('bucket', 'le', '2')
  const more = convert(3, 9, 5)
  expect(more.layout).toBe(first.layout)
  expect(pointsOf(more)).toMatchObject([{ counts: [3, 2, 4] }])
  table.remove(bucket)
  expect(pointsOf(convert(0, 9, 5))).toMatchObject([{ counts: [5, 4] }])
  table.remove(count)
  const { layout } = convert(0, 0, 5)
  expect([...layout.live].map((slot) => layout.series[slot]?.name)).toEqual(['h_bucket'])
  converter.dispose()
  table.dispose()
})

const count = fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.bigInt({ min: 0n, max: 2n ** 58n }))
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)

const anyHistogram = fc
  .tuple(
    fc.uniqueArray(finite, { maxLength: 6 }),
    fc.array(count, { minLength: 7, maxLength: 7 }),
    fc.option(fc.double(), { nil: undefined }),
  )
  .map(([bounds, some, sum]): HistogramPoint => {
    const counts = some.slice(0, bounds.length + 1).map(narrow)
    const total = counts.reduce<bigint>((all, each) => all + BigInt(each), 0n)
    return {
      kind: 'histogram',
      count: narrow(total),
      sum,
      min: undefined,
      max: undefined,
      bounds: bounds.toSorted((a, b) => a - b),
      counts,
    }
  })

const anySummary = fc
  .tuple(fc.uniqueArray(finite, { maxLength: 4 }), count, fc.double())
  .map(([quantiles, all, sum]): SummaryPoint => ({
    kind: 'summary',
    count: narrow(BigInt(all)),
    sum,
    quantiles: quantiles.toSorted((a, b) => a - b).map((quantile) => ({ quantile, value: quantile * 2 })),
  }))

function narrow(value: number | bigint): number | bigint {
  return BigInt(value) <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : BigInt(value)
}

test('points that become parts and points again are the same, whatever their bounds do', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyHistogram, anySummary, fc.boolean(), fc.boolean()), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.boolean(),
      (cycles, created) => {
        const layout = layoutOf(
          [
            series('h', { a: '1' }, { kind: 'histogram' }),
            series('s', { a: '1' }, { kind: 'summary' }),
            series('g', { a: '1' }),
          ],
          source,
        )
        const classic = new PointsToClassic(source, { boundText: formatBound, created })
        const back = new ClassicToPoints(source)
        for (const [index, [histogram, summary, stale, sparse]] of cycles.entries()) {
          const flags = Uint8Array.of(stale ? flag.stale : 0, 0, 0)
          const startTimes = Float64Array.of(Number.NaN, 250 * (index + 1), Number.NaN)
          const batch = new Batch(layout, {
            time: index,
            values: Float64Array.of(0, 0, index),
            points: [stale ? undefined : histogram, summary, undefined],
            startTimes,
            flags,
            slots: sparse ? Int32Array.of(0, 2) : undefined,
          })
          const results = classic.convert(batch).map((each) => back.convert(each))
          expect(results.every(({ malformed }) => malformed === 0)).toBe(true)
          const last = results.at(-1)?.batch
          const found = new Map(
            [...(last?.walk ?? [])].map((slot) => {
              const value =
                last?.isStale(slot) === true ? 'stale' : (last?.points?.[slot] ?? last?.values[slot])
              return [last?.layout.series[slot]?.name, [value, last?.timeAt(slot), last?.startTimeAt(slot)]]
            }),
          )
          expect(found.get('g')).toEqual([index, index, undefined])
          expect(found.get('s')).toEqual(sparse ? undefined : [summary, index, 250 * (index + 1)])
          // The end of a histogram that was never there is the end of nothing.
          const known = cycles.slice(0, index).some(([, , ended]) => !ended)
          const expected = stale ? 'stale' : histogram
          expect(found.get('h')?.[0]).toEqual(stale && !known ? undefined : expected)
        }
        classic.dispose()
        back.dispose()
        for (const each of layout.series) if (each !== undefined) releaseSeries(each)
      },
    ),
  )
})

test('every data point of any batch is settled once, and no table grows with churn', () => {
  const roles: Role[] = ['bucket', 'sum', 'count', 'created', 'quantile', 'total', 'none']
  const anyPart = fc.record({
    name: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom<Kind>('histogram', 'summary', 'sum', 'gauge'),
    role: fc.constantFrom(...roles),
    bound: fc.constantFrom('1', '1.0', '2', '+Inf', 'NaN', 'x', '-inf'),
    value: fc.oneof(fc.integer({ min: -1, max: 9 }), fc.double()),
    stale: fc.boolean(),
    present: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(fc.array(anyPart, { maxLength: 12 }), { maxLength: 6 }), (cycles) => {
      const batches = cycles.map((rows) => {
        const batch = batchOf(
          rows.map(({ name, kind, role, bound, value }) => [part(name, kind, role, bound), value] as const),
          { source, flags: Uint8Array.from(rows, ({ stale }) => (stale ? flag.stale : 0)) },
        )
        const slots = [...batch.layout.live].filter((slot) => rows[slot]?.present)
        return batch.withSlots(Int32Array.from(slots))
      })
      const before = internedSets()
      expect(toPoints(...batches).length).toBe(batches.length)
      expect(internedSets()).toEqual(before)
      release(...batches)
    }),
  )
})

test('bounds that change end the parts that went, with stale markers on the layout before', () => {
  const layout = layoutOf([series('h', {}, { kind: 'exponential_histogram' })], source)
  const classic = new PointsToClassic(source, { boundText: formatBound })
  const exponential = (offset: number): Batch =>
    new Batch(layout, {
      time: offset,
      values: new Float64Array(1),
      points: [
        {
          kind: 'exponential_histogram',
          count: 3,
          sum: 5,
          min: 1,
          max: 2,
          scale: 0,
          zeroCount: 1,
          zeroThreshold: 0,
          positive: { offset, counts: [2] },
          negative: { offset: 0, counts: [] },
        },
      ],
    })
  expect(classic.convert(exponential(0)).flatMap(samplesOf)).toMatchObject([
    { name: 'h_bucket', attributes: { le: '0' }, value: 1 },
    { name: 'h_bucket', attributes: { le: '2' }, value: 3 },
    { name: 'h_bucket', attributes: { le: '+Inf' }, value: 3 },
    { name: 'h_sum', value: 5 },
    { name: 'h_count', value: 3 },
  ])
  const batches = classic.convert(exponential(1))
  expect(batches.length).toBe(2)
  expect(batches[0] && samplesOf(batches[0])).toEqual([
    { name: 'h_bucket', attributes: { le: '2' }, value: 'stale', time: 1 },
  ])
  expect(classic.convert(exponential(1)).length).toBe(1)
  classic.dispose()
  for (const each of layout.series) if (each !== undefined) releaseSeries(each)
})

test('an exemplar of a histogram goes to the first bucket that counts it', () => {
  const layout = layoutOf([series('h', {}, { kind: 'histogram' }), series('g')], source)
  const attributes = internAttributes(['trace_id', 'a'])
  const exemplars = [0.5, 0.7, 9].map((value) => ({ slot: 0, value, time: 1, attributes }))
  const classic = new PointsToClassic(source, { boundText: formatBound })
  const batch = new Batch(layout, {
    time: 1,
    values: new Float64Array(2),
    points: [wholePoint],
    exemplars: [...exemplars, { slot: 1, value: 1, time: 1, attributes }],
  })
  const [converted] = classic.convert(batch)
  const bounds = converted?.exemplars?.map(({ slot }) => converted.layout.series[slot]?.attributes.get('le'))
  expect(bounds).toEqual(['0.5', '1', '+Inf', undefined])
  classic.dispose()
  releaseAttributes(attributes)
  for (const each of layout.series) if (each !== undefined) releaseSeries(each)
})
