import { expect, test } from 'vitest'
import { internAttributes, internedCounts } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import { emptyScope } from '#src/model/resource.ts'
import { Metric, Series } from '#src/model/series.ts'
import { Source } from '#src/model/source.ts'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { defaultReaderOptions, ExpositionReader } from './exposition-reader.ts'
import type { Resolve } from './scrape-rows.ts'

const metrics = new WeakMap<object, Metric>()

const resolve: Resolve = ({ labels, family, role }) => {
  let metric = metrics.get(family)
  if (metric === undefined) {
    metric = new Metric(family.name, family.descriptor, emptyScope)
    metrics.set(family, metric)
  }
  return new Series(metric, internAttributes(labels), role)
}

function makeReader(): ExpositionReader {
  return new ExpositionReader(new Source('prometheus', 'target'), resolve, defaultReaderOptions)
}

function scrape(reader: ExpositionReader, text: string, time: number, step = 7): Batch[] {
  const body = Buffer.from(text)
  reader.begin('text-0.0.4')
  for (let at = 0; at < body.length; at += step) reader.feed(body, at, Math.min(body.length, at + step))
  reader.end()
  return reader.commit(time)
}

test('lines that stay keep the layout; one that goes gets a stale marker on the layout before', () => {
  const before = internedCounts()
  const reader = makeReader()
  const [first] = scrape(reader, 'a{x="1"} 1\na{x="2"} 2.5e3\nb 17\n', 1000)
  const [second] = scrape(reader, 'a{x="2"} 3\nb 18\na{x="1"} 2\n', 2000)
  expect(second?.layout).toBe(first?.layout)
  const batches = scrape(reader, 'a{x="2"} 4\nb 19\nc NaN\n', 3000)
  expect(batches.map(samplesOf)).toEqual([
    [{ name: 'a', attributes: { x: '1' }, value: 'stale', time: 3000 }],
    [
      { name: 'a', attributes: { x: '2' }, value: 4, time: 3000 },
      { name: 'b', attributes: {}, value: 19, time: 3000 },
      { name: 'c', attributes: {}, value: Number.NaN, time: 3000 },
    ],
  ])
  expect(batches[0]?.layout).toBe(first?.layout)
  reader.dispose()
  expect(internedCounts()).toEqual(before)
})
