import { expect, test } from 'vitest'
import { series } from '#src/testing/series.ts'
import { releaseAttributes } from './attribute-set.ts'
import { makeResource, makeScope } from './resource.ts'
import { makeDescriptor, Metric, sameSeries, Series } from './series.ts'

const derived = makeScope(makeResource(['service.name', 'node'], { derived: true }))
const real = makeScope(makeResource(['host.name', 'a']))

test('a scraped series is its labels: type, unit and help are only said about it', () => {
  const first = series('x', { a: '1' }, { scope: derived, kind: 'gauge', unit: 's' })
  const second = series('x', { a: '1' }, { scope: derived, kind: 'sum', unit: 'By', description: 'other' })
  expect(sameSeries(first, second)).toBe(true)
  expect(first.hash).toEqual(second.hash)
})

test('a series of a real resource is identified as OTLP says', () => {
  const one = series('x', { a: '1' }, { scope: real, kind: 'sum', unit: 's', monotonic: true })
  const others = [
    series('x', { a: '1' }, { scope: real, kind: 'sum', unit: 'By', monotonic: true }),
    series('x', { a: '1' }, { scope: real, kind: 'sum', unit: 's', monotonic: false }),
    series('x', { a: '1' }, { scope: real, kind: 'sum', unit: 's', monotonic: true, temporality: 'delta' }),
    series('x', { a: '1' }, { scope: real, kind: 'gauge', unit: 's', monotonic: true }),
    series('x', { a: '2' }, { scope: real, kind: 'sum', unit: 's', monotonic: true }),
    series('y', { a: '1' }, { scope: real, kind: 'sum', unit: 's', monotonic: true }),
    series('x', { a: '1' }, { scope: derived, kind: 'sum', unit: 's', monotonic: true }),
    series(
      'x',
      { a: '1' },
      { scope: makeScope(makeResource(['host.name', 'b'])), kind: 'sum', unit: 's', monotonic: true },
    ),
    series(
      'x',
      { a: '1' },
      { scope: makeScope(real.resource, { name: 'lib' }), kind: 'sum', unit: 's', monotonic: true },
    ),
  ]
  for (const other of others) {
    expect(sameSeries(one, other)).toBe(false)
    expect(other.hash).not.toEqual(one.hash)
  }
  expect(
    sameSeries(one, series('x', { a: '1' }, { scope: real, kind: 'sum', unit: 's', monotonic: true })),
  ).toBe(true)
})

test('a part of a histogram is named by its suffix, and keeps its role under another family', () => {
  const bucket = series('latency', { le: '1' }, { kind: 'histogram', role: 'bucket' })
  expect(bucket.name).toBe('latency_bucket')
  const renamed = bucket.withName('delay_bucket')
  expect([renamed.metric.name, renamed.role, renamed.metric.descriptor.kind]).toEqual([
    'delay',
    'bucket',
    'histogram',
  ])
  const parted = bucket.withName('delay')
  expect([parted.name, parted.role, parted.metric.descriptor.kind]).toEqual(['delay', 'none', 'unknown'])
  expect(bucket.withName('_bucket').role).toBe('none')
})

test('another scope is another resource', () => {
  const moved = series('x', {}, { scope: real }).withScope(derived)
  expect(moved.resource).toBe(derived.resource)
})

test('the same attributes are one object for all series', () => {
  const metric = new Metric('x', makeDescriptor({ kind: 'gauge' }), real)
  const first = series('x', { shared: 'yes' })
  const second = new Series(metric, series('y', { shared: 'yes' }).attributes)
  expect(second.attributes).toBe(first.attributes)
  releaseAttributes(first.attributes)
  releaseAttributes(second.attributes)
})
