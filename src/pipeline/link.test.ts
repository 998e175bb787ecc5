import { expect, test } from 'vitest'
import { staleBatch } from '#src/model/batch.ts'
import { Source } from '#src/model/source.ts'
import { CapturedBatches } from '#src/testing/captured-batches.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { Link } from './link.ts'

const everything = (): boolean => true

function seriesOf(...names: string[]): [ReturnType<typeof series>, number][] {
  return names.map((name, index) => [series(name), index])
}

test('the exporter sees a source of its own, the same through all layouts', () => {
  const exporter = new CapturedBatches()
  const link = new Link(exporter)
  const source = new Source('host', 'cpu')
  const batch = batchOf(seriesOf('a', 'b'), { source })
  link.consume([batch])
  link.consume([staleBatch(batch.layout, Int32Array.of(1), 5)])
  const [first, second] = exporter.batches
  expect(first?.layout.source).not.toBe(source)
  expect(first?.layout.source.id).toBe('host/cpu')
  expect(second?.layout).toBe(first?.layout)
})

test('two links give the exporter two sources for one', () => {
  const exporter = new CapturedBatches()
  const batch = batchOf(seriesOf('a'))
  new Link(exporter).consume([batch])
  new Link(exporter).consume([batch])
  expect(exporter.batches[0]?.layout.source).not.toBe(exporter.batches[1]?.layout.source)
})

test('a source that comes by a new chain gets stale markers for what it lost, and nothing else', () => {
  const exporter = new CapturedBatches()
  const link = new Link(exporter)
  const source = new Source('host', 'cpu')
  link.consume([batchOf(seriesOf('a', 'b', 'c'), { source })])
  const old = exporter.batches[0]?.layout.source
  exporter.take()
  link.beginReload()
  link.endReload(true)
  link.consume([batchOf(seriesOf('c', 'd', 'a'), { source, time: 9 })])
  expect(exporter.take().map(({ name, value }) => [name, value])).toEqual([
    ['b', 'stale'],
    ['c', 0],
    ['d', 1],
    ['a', 2],
  ])
  expect(exporter.forgotten).toEqual([old])
})

test('a reload that changes nothing emits nothing', () => {
  const exporter = new CapturedBatches()
  const link = new Link(exporter)
  const source = new Source('host', 'cpu')
  const batch = batchOf(seriesOf('a', 'b'), { source })
  link.consume([batch])
  link.beginReload()
  link.endReload(false)
  exporter.take()
  link.consume([batch])
  expect(exporter.take().map(({ value }) => value)).toEqual([0, 1])
  expect(exporter.forgotten).toEqual([])
})

test('a new instance of a receiver takes over its sources by their ids', () => {
  const exporter = new CapturedBatches()
  const link = new Link(exporter)
  const old = new Source('host', 'cpu')
  link.consume([batchOf(seriesOf('a', 'b'), { source: old })])
  link.beginReload()
  link.forget(old)
  link.endReload(false)
  exporter.take()
  link.consume([batchOf(seriesOf('a'), { source: new Source('host', 'cpu') })])
  expect(exporter.take().map(({ name, value }) => [name, value])).toEqual([
    ['b', 'stale'],
    ['a', 0],
  ])
})

test('a source that the new chain leaves nothing of ends with its first empty batch', () => {
  const exporter = new CapturedBatches()
  const link = new Link(exporter)
  const source = new Source('host', 'cpu')
  link.consume([batchOf(seriesOf('a'), { source })])
  link.beginReload()
  link.endReload(true)
  exporter.take()
  expect(link.consume([batchOf([], { source })])).toBe(true)
  expect(exporter.take().map(({ name, value }) => [name, value])).toEqual([['a', 'stale']])
})

test('sources that never come back are ended once the time for that is over', () => {
  const exporter = new CapturedBatches()
  const link = new Link(exporter)
  const lost = new Source('host', 'lost')
  const back = new Source('host', 'back')
  link.consume([batchOf(seriesOf('a'), { source: lost }), batchOf(seriesOf('b'), { source: back })])
  link.beginReload()
  link.endReload(false)
  exporter.take()
  link.consume([batchOf(seriesOf('b'), { source: new Source('host', 'back') })])
  exporter.take()
  link.endSilent(new Set(['host']), 77)
  expect(exporter.take()).toEqual([{ name: 'a', attributes: {}, value: 'stale', time: 77 }])
  expect(link.sources).toBe(1)
})

test('a forgotten source is forgotten, one that was replaced is not', () => {
  const exporter = new CapturedBatches()
  const link = new Link(exporter)
  const source = new Source('host', 'cpu')
  link.consume([batchOf(seriesOf('a'), { source })])
  link.forget(new Source('host', 'cpu'))
  expect(link.sources).toBe(1)
  link.forget(source)
  expect([link.sources, exporter.forgotten.length]).toEqual([0, 1])
  link.end(everything, 1)
  expect(exporter.points).toBe(1)
})
