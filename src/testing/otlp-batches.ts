import fc from 'fast-check'
import { internAttributes, type AttributeValue } from '#src/model/attribute-set.ts'
import { Batch, flag, type Columns } from '#src/model/batch.ts'
import type { Layout } from '#src/model/layout.ts'
import { makeResource, makeScope, type Scope } from '#src/model/resource.ts'
import type { Point } from '#src/model/point.ts'
import type { Kind, Series } from '#src/model/series.ts'
import { pointArbitraries } from './points.ts'
import { layoutOf, series } from './series.ts'

const text = fc.string({ unit: 'binary', maxLength: 8 })
const int = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const nano = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })

/** Any value of an attribute. */
export const attributeArbitrary: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>(
  (tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.boolean(),
      fc.double(),
      int,
      fc.uint8Array({ maxLength: 5 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    ),
  }),
).value

const attributes = fc
  .array(fc.tuple(text, attributeArbitrary), { maxLength: 3 })
  .map((pairs) => Object.fromEntries(pairs))

/** Some scopes of two resources. */
const scopes: readonly Scope[] = [
  makeScope(makeResource(['host.name', 'a', 'cpus', 4n], { schemaUrl: 'https://example.com/1' })),
  makeScope(makeResource(['host.name', 'b'])),
].flatMap(({ resource }) => [
  makeScope(resource),
  makeScope(resource, {
    name: 'meter',
    version: '1.2',
    attributes: internAttributes(['short', true]),
    schemaUrl: 'https://example.com/2',
  }),
])

const numericKinds: readonly Kind[] = ['gauge', 'sum', 'unknown', 'info', 'stateset']

/** A series of any kind; the attribute `#` tells it from others. */
export const seriesArbitrary: fc.Arbitrary<Series> = fc
  .record({
    attributes,
    id: fc.bigInt({ min: 0n, max: 2n ** 48n }),
    name: fc.constantFrom('a', 'b', 'metric.with.a.longer.name'),
    scope: fc.constantFrom(...scopes),
    kind: fc.constantFrom<Kind>(...numericKinds, 'histogram', 'exponential_histogram', 'summary'),
    unit: fc.constantFrom('', 'By'),
    description: fc.constantFrom('', 'What it is.'),
    monotonic: fc.boolean(),
    temporality: fc.constantFrom('delta', 'cumulative'),
  })
  .map(({ attributes: own, id, name, ...options }) => series(name, { ...own, '#': id }, options))

/** A layout of series of any kind. */
export const layoutArbitrary: fc.Arbitrary<Layout> = fc
  .array(seriesArbitrary, { minLength: 1, maxLength: 12 })
  .map((all) => layoutOf(all))

const exemplarArbitrary = fc.record({
  value: fc.oneof(fc.double(), int),
  time: fc.oneof(nano, fc.nat()),
  attributes: fc.oneof(
    fc.constant(['trace_id', '0af7651916cd43dd8448eb211c80319c', 'span_id', '00f067aa0ba902b7']),
    fc.array(text, { maxLength: 1 }).map((keys) => keys.flatMap((key) => [key, 'x'])),
  ),
})

const sampleArbitrary = fc.record({
  number: fc.oneof(fc.double(), int),
  points: fc.record({
    ...pointArbitraries,
    // Mostly with bounds that others have: what is patched where it was.
    histogram: fc
      .tuple(pointArbitraries.histogram, fc.boolean())
      .map(([point, own]): Point => (own ? point : { ...point, bounds: [1], counts: [point.count, 5] })),
  }),
  stale: fc.nat(9).map((odds) => odds === 0),
  ownTime: fc.option(fc.nat(1_700_000_000_000), { nil: Number.NaN }),
  ownStart: fc.option(fc.nat(1_600_000_000_000), { nil: Number.NaN }),
  nano,
  startNano: nano,
  exemplars: fc.array(exemplarArbitrary, { maxLength: 2 }),
  selected: fc.boolean(),
})

const shapeArbitrary = fc.record({
  time: fc.nat(1_700_000_000_000),
  startTime: fc.option(fc.nat(1_600_000_000_000), { nil: undefined }),
  times: fc.boolean(),
  startTimes: fc.boolean(),
  nanos: fc.nat(3).map((odds) => odds === 0),
  exemplars: fc.boolean(),
  sparse: fc.boolean(),
  /** Numbers that are doubles, with one time and nothing else, as most data is. */
  plain: fc.boolean(),
})

/** A batch over a layout, with columns of any shape. */
export function batchOverArbitrary(layout: Layout): fc.Arbitrary<Batch> {
  const { length } = layout.series
  return fc
    .tuple(shapeArbitrary, fc.array(sampleArbitrary, { minLength: length, maxLength: length }))
    .map(([{ plain, ...any }, samples]) => {
      const shape = plain ? { ...any, times: false, startTimes: false, nanos: false, exemplars: false } : any
      const points = samples.map(({ points: any }, slot): Point | undefined => {
        const { kind } = layout.series[slot]?.metric.descriptor ?? { kind: 'gauge' }
        return kind in any ? any[kind as Point['kind']] : undefined
      })
      const columns: Columns = {
        time: shape.time,
        startTime: shape.startTime,
        times: shape.times ? Float64Array.from(samples, ({ ownTime }) => ownTime) : undefined,
        startTimes: shape.startTimes ? Float64Array.from(samples, ({ ownStart }) => ownStart) : undefined,
        timesNano: shape.nanos ? BigInt64Array.from(samples, (sample) => sample.nano) : undefined,
        startTimesNano: shape.nanos ? BigInt64Array.from(samples, ({ startNano }) => startNano) : undefined,
        values: Float64Array.from(samples, ({ number }) => Number(number)),
        integers: plain
          ? undefined
          : BigInt64Array.from(samples, ({ number }) => (typeof number === 'bigint' ? number : 0n)),
        flags: plain
          ? undefined
          : Uint8Array.from(
              samples,
              ({ number, stale }) =>
                (typeof number === 'bigint' ? flag.integer : 0) | (stale ? flag.stale : 0),
            ),
        points: points.some((point) => point !== undefined) ? points : undefined,
        exemplars: shape.exemplars
          ? samples.flatMap(({ exemplars }, slot) =>
              exemplars.map(({ attributes: own, ...rest }) => ({
                slot,
                ...rest,
                attributes: internAttributes(own),
              })),
            )
          : undefined,
        slots: shape.sparse
          ? Int32Array.from(samples.flatMap(({ selected }, slot) => (selected ? [slot] : [])))
          : undefined,
      }
      return new Batch(layout, columns)
    })
}
