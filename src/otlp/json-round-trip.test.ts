import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AttributeValue } from '#src/model/attribute-set.ts'
import { Batch, flag, type Columns } from '#src/model/batch.ts'
import type { Point } from '#src/model/point.ts'
import type { Kind } from '#src/model/series.ts'
import { pointsOf, requestsOf, type KeyValue } from '#src/testing/otlp-json.ts'
import { pointArbitrary } from '#src/testing/points.ts'
import { layoutOf, series } from '#src/testing/series.ts'

const time = 1_700_000_000_000
const text = fc.string({ unit: 'binary', maxLength: 8 })
const attributeValue: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.boolean(),
    fc.double(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.uint8Array({ maxLength: 5 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  ),
})).value

const sampleArbitrary = fc.record({
  attributes: fc.array(fc.tuple(text, attributeValue), { maxLength: 3 }),
  metric: fc.nat(2),
  value: fc.oneof(fc.double(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), pointArbitrary),
  time: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  start: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
})

function readDouble(value: unknown): number {
  return typeof value === 'number' ? value : Number(value)
}

function readAny(value: Readonly<Record<string, unknown>>): unknown {
  const [[field, inner]] = Object.entries(value) as [[string, unknown]]
  switch (field) {
    case 'doubleValue':
      return readDouble(inner)
    case 'intValue':
      return BigInt(inner as string)
    case 'bytesValue':
      return new Uint8Array(Buffer.from(inner as string, 'base64'))
    case 'arrayValue':
      return (inner as { values: Readonly<Record<string, unknown>>[] }).values.map(readAny)
    case 'kvlistValue':
      return new Map(readAttributes((inner as { values: readonly KeyValue[] }).values))
    default:
      return inner
  }
}

function readAttributes(list: readonly KeyValue[] = []): (readonly [string, unknown])[] {
  return list.map(({ key, value }) => [key, readAny(value as Readonly<Record<string, unknown>>)] as const)
}

function bigints(list: unknown): bigint[] {
  return (list as (string | number | bigint)[]).map(BigInt)
}

function readPoint(point: Readonly<Record<string, unknown>>, form: string): unknown {
  const double = (name: string) => (point[name] === undefined ? undefined : readDouble(point[name]))
  const same = { count: BigInt(point['count'] as string), sum: double('sum') }
  const range = { min: double('min'), max: double('max') }
  const buckets = (name: string) => {
    const { offset, bucketCounts } = point[name] as { offset: number; bucketCounts: unknown }
    return { offset, counts: bigints(bucketCounts) }
  }
  if (form === 'summary') {
    const values = point['quantileValues'] as { quantile: unknown; value: unknown }[]
    return {
      kind: form,
      ...same,
      quantiles: values.map(({ quantile, value }) => ({
        quantile: readDouble(quantile),
        value: readDouble(value),
      })),
    }
  }
  if (form === 'histogram') {
    const bounds = (point['explicitBounds'] as unknown[]).map(readDouble)
    return { kind: form, ...same, ...range, bounds, counts: bigints(point['bucketCounts']) }
  }
  return {
    kind: 'exponential_histogram',
    ...same,
    ...range,
    scale: point['scale'],
    zeroCount: BigInt(point['zeroCount'] as string),
    zeroThreshold: double('zeroThreshold') ?? 0,
    positive: buckets('positive'),
    negative: buckets('negative'),
  }
}

function withBigCounts(point: Point): unknown {
  const count = BigInt(point.count)
  if (point.kind === 'summary') return { ...point, count }
  if (point.kind === 'histogram') return { ...point, count, counts: bigints(point.counts) }
  const { zeroCount, positive, negative } = point
  return {
    ...point,
    count,
    zeroCount: BigInt(zeroCount),
    positive: { ...positive, counts: bigints(positive.counts) },
    negative: { ...negative, counts: bigints(negative.counts) },
  }
}

test('any batch reads back from its JSON as what the model holds', () => {
  fc.assert(
    fc.property(
      fc.array(sampleArbitrary, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      (samples, max) => {
        const kinds = samples.map(({ value }): Kind => (typeof value === 'object' ? value.kind : 'gauge'))
        const all = samples.map(({ attributes, metric }, index) =>
          series(
            `m${metric}`,
            { ...Object.fromEntries(attributes), '#': BigInt(index) },
            { kind: kinds[index] ?? 'gauge' },
          ),
        )
        const columns: Columns = {
          time,
          values: Float64Array.from(samples, ({ value }) => (typeof value === 'object' ? 0 : Number(value))),
          integers: BigInt64Array.from(samples, ({ value }) => (typeof value === 'bigint' ? value : 0n)),
          flags: Uint8Array.from(samples, ({ value }) => (typeof value === 'bigint' ? flag.integer : 0)),
          points: samples.map(({ value }) => (typeof value === 'object' ? value : undefined)),
          timesNano: BigInt64Array.from(samples, (sample) => sample.time),
          startTimesNano: BigInt64Array.from(samples, ({ start }) => start),
        }
        const read = pointsOf(requestsOf([new Batch(layoutOf(all), columns)], max)).map((point) => {
          const attributes = readAttributes(point.attributes)
          const index = attributes.findIndex(([key]) => key === '#')
          const [[, slot] = []] = attributes.splice(index, 1)
          const numeric = point.form === 'gauge'
          const number =
            point['asInt'] === undefined ? readDouble(point['asDouble']) : BigInt(point['asInt'] as string)
          return {
            slot: Number(slot),
            metric: point.metric,
            attributes,
            time: BigInt(point.timeUnixNano),
            start: BigInt((point['startTimeUnixNano'] as string | undefined) ?? 0),
            value: numeric ? number : readPoint(point, point.form),
          }
        })
        expect(read.toSorted((a, b) => a.slot - b.slot)).toEqual(
          samples.map(({ metric, value, time, start }, slot) => ({
            slot,
            metric: `m${metric}`,
            attributes: [...(all[slot]?.attributes ?? [])].filter(([key]) => key !== '#'),
            time,
            start,
            value: typeof value === 'object' ? withBigCounts(value) : value,
          })),
        )
      },
    ),
  )
})
