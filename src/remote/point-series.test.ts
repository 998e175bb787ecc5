import { expect, test } from 'vitest'
import { Batch, staleBatch } from '#src/model/batch.ts'
import type { Point } from '#src/model/point.ts'
import { compileRelabeling } from '#src/relabel/relabeling.ts'
import { EncodedBatches, type EncodingOptions } from '#src/testing/encoded-batches.ts'
import { staleBits, type ReadSeries } from '#src/testing/remote-write.ts'
import { layoutOf, series } from '#src/testing/series.ts'

const sum = { sum: 9.5, min: undefined, max: undefined }
const histogram: Point = { kind: 'histogram', count: 6, ...sum, bounds: [0.5, 10], counts: [1, 2, 3] }

/** Each series in a line: name, what tells it from others, its value. */
function lines(read: readonly ReadSeries[]): string[] {
  return read.map(({ labels, samples: [sample], histograms: [native] }) => {
    const value =
      native === undefined
        ? sample?.bits === staleBits
          ? 'stale'
          : sample?.value
        : native.stale
          ? 'stale'
          : `native ${native.count}`
    return [labels['__name__'], labels['le'] ?? labels['quantile'], value]
      .filter((each) => each !== undefined)
      .join(' ')
  })
}

const layout = layoutOf([series('h', { job: 'a', z: 'z' }, { kind: 'histogram', unit: 's' })])

/** Encodes points of one histogram, one batch each; undefined ends it. */
function encoded(options: EncodingOptions, ...points: (Point | undefined)[]): string[][] {
  const sut = new EncodedBatches(options)
  return points.map((point, index) =>
    lines(
      sut.encode(
        point === undefined
          ? staleBatch(layout, Int32Array.of(0), index + 1)
          : new Batch(layout, { time: index + 1, values: new Float64Array(1), points: [point] }),
      ),
    ),
  )
}

test.each(['1.0', '2.0'] as const)('a histogram is the series of its classic parts, by %s', (version) => {
  expect(encoded({ version }, histogram)).toEqual([
    [
      'h_seconds_bucket 0.5 1',
      'h_seconds_bucket 10 3',
      'h_seconds_bucket +Inf 6',
      'h_seconds_sum 9.5',
      'h_seconds_count 6',
    ],
  ])
})

test('a part that a point no longer has ends; all of them end with their series', () => {
  const [, second, third] = encoded({}, histogram, { ...histogram, bounds: [0.5, 20] }, undefined)
  expect(second).toEqual([
    'h_seconds_bucket 0.5 1',
    'h_seconds_bucket 20 3',
    'h_seconds_bucket +Inf 6',
    'h_seconds_sum 9.5',
    'h_seconds_count 6',
    'h_seconds_bucket 10 stale',
  ])
  expect(third?.toSorted()).toEqual(
    ['0.5', '20', '+Inf']
      .map((le) => `h_seconds_bucket ${le} stale`)
      .concat('h_seconds_count stale', 'h_seconds_sum stale')
      .toSorted(),
  )
})

test('rules see each part by its own name and bound', () => {
  const relabeling = compileRelabeling([
    { action: 'drop', source_labels: ['__name__', 'le'], regex: 'h_seconds_bucket;10' },
    {
      source_labels: ['__name__'],
      regex: '(.*)_sum',
      target_label: '__name__',
      replacement: '${1}_total_time',
    },
  ])
  expect(encoded({ relabeling }, histogram, undefined)).toEqual([
    ['h_seconds_bucket 0.5 1', 'h_seconds_bucket +Inf 6', 'h_seconds_total_time 9.5', 'h_seconds_count 6'],
    [
      'h_seconds_bucket 0.5 stale',
      'h_seconds_bucket +Inf stale',
      'h_seconds_total_time stale',
      'h_seconds_count stale',
    ],
  ])
})

test('a point of which rules drop every part is dropped and counted', () => {
  const sut = new EncodedBatches({
    relabeling: compileRelabeling([{ action: 'drop', source_labels: ['job'], regex: 'a' }]),
  })
  const batch = new Batch(layout, { time: 1, values: new Float64Array(1), points: [histogram] })
  expect(sut.encode(batch)).toEqual([])
  expect(sut.dropped).toEqual({ relabel_dropped: 1 })
})

test('a histogram without a point is dropped and counted', () => {
  const sut = new EncodedBatches()
  expect(sut.encode(new Batch(layout, { time: 1, values: new Float64Array(1) }))).toEqual([])
  expect(
    sut.encode(new Batch(layout, { time: 2, values: new Float64Array(1), slots: Int32Array.of(0) })),
  ).toEqual([])
  expect(sut.encode(staleBatch(layout, Int32Array.of(0), 3))).toEqual([])
  expect(sut.dropped).toEqual({ no_point: 3 })
})

test('histograms with explicit bounds are native ones where that is asked for, and classic ones beside', () => {
  const native = { explicitIsNative: true }
  expect(encoded({ forms: native }, histogram, undefined)).toEqual([
    ['h_seconds native 6'],
    ['h_seconds stale'],
  ])
  expect(encoded({ forms: { ...native, keepsClassic: true } }, histogram)[0]).toEqual([
    'h_seconds native 6',
    'h_seconds_bucket 0.5 1',
    'h_seconds_bucket 10 3',
    'h_seconds_bucket +Inf 6',
    'h_seconds_sum 9.5',
    'h_seconds_count 6',
  ])
})

test('a histogram that was native where it came from is a native one alone, whatever others are', () => {
  const scraped = histogram?.kind === 'histogram' ? ({ ...histogram, isNative: true } as const) : undefined
  for (const forms of [{}, { keepsClassic: true }, { explicitIsNative: true, keepsClassic: true }])
    expect(encoded({ forms }, scraped)).toEqual([['h_seconds native 6']])
})

test('an exponential histogram that Prometheus has no schema for is a classic one', () => {
  const point: Point = {
    kind: 'exponential_histogram',
    count: 3,
    ...sum,
    scale: -5,
    zeroCount: 1,
    zeroThreshold: 0,
    positive: { offset: 0, counts: [2] },
    negative: { offset: 0, counts: [] },
  }
  expect(encoded({}, point)).toEqual([
    [
      'h_seconds_bucket 0 1',
      'h_seconds_bucket 4.294967296e+09 3',
      'h_seconds_bucket +Inf 3',
      'h_seconds_sum 9.5',
      'h_seconds_count 3',
    ],
  ])
  expect(encoded({}, { ...point, scale: -4 })).toEqual([['h_seconds native 3']])
  expect(encoded({ forms: { exponentialIsNative: false } }, { ...point, scale: 0 })[0]?.at(-1)).toBe(
    'h_seconds_count 3',
  )
})

test('a label that a part writes itself takes the place of the series own', () => {
  const own = layoutOf([series('q', { a: '1', quantile: 'mine', z: '2' }, { kind: 'summary' })])
  const point: Point = { kind: 'summary', count: 2, sum: 1, quantiles: [{ quantile: 0.5, value: 3 }] }
  const sut = new EncodedBatches()
  const read = sut.encode(new Batch(own, { time: 1, values: new Float64Array(1), points: [point] }))
  expect(read[0]?.pairs).toEqual(['__name__', 'q', 'a', '1', 'quantile', '0.5', 'z', '2'])
})

test('a histogram that leaves a layout gives its labels back', () => {
  const sut = new EncodedBatches()
  sut.encode(new Batch(layout, { time: 1, values: new Float64Array(1), points: [histogram] }))
  const held = sut.labels()
  const other = layoutOf([series('g')], layout.source)
  sut.encode(new Batch(other, { time: 2, values: new Float64Array(1) }))
  expect(held).toBeGreaterThan(5)
  expect(sut.labels()).toBe(1)
})
