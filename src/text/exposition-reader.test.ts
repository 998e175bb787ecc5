import { describe, expect, test } from 'vitest'
import { internAttributes, internedSets } from '#src/model/attribute-set.ts'
import { emptyScope } from '#src/model/resource.ts'
import { makeDescriptor, Metric, Series } from '#src/model/series.ts'
import { makeReader, resolveAsExposed, sampleLines, scrape } from '#src/testing/exposition.ts'
import { ExpositionError } from './exposition-error.ts'
import type { ExpositionReader } from './exposition-reader.ts'
import type { ExposedSeries } from './exposed-series.ts'
import { sharedParts } from './part-table.ts'

function thrown(act: () => unknown): ExpositionError {
  try {
    act()
  } catch (error) {
    if (error instanceof ExpositionError) return error
    throw error
  }
  throw new Error('expected an error')
}

/** A series that the caller of a reader writes. */
function own(name: string): Series {
  const metric = new Metric(name, makeDescriptor({ kind: 'gauge' }), emptyScope)
  return new Series(metric, internAttributes(['job', 'x']))
}

describe('over scrapes', () => {
  test('lines that stay keep the layout; one that goes gets a stale marker on the layout before', () => {
    const before = internedSets()
    const reader = makeReader()
    const [first] = scrape(reader, 'a{x="1"} 1\na{x="2"} 2.5e3\nb 17\n', { time: 1000, step: 7 })
    const [second] = scrape(reader, 'a{x="2"} 3\nb 18\na{x="1"} 2\n', { time: 2000, step: 7 })
    expect(second?.layout).toBe(first?.layout)
    const batches = scrape(reader, 'a{x="2"} 4\nb 19\nc NaN\n', { time: 3000, step: 7 })
    expect(batches.map((batch) => sampleLines([batch]))).toEqual([
      ['a{x="1"} stale'],
      ['a{x="2"} 4', 'b{} 19', 'c{} NaN'],
    ])
    expect(batches[0]?.layout).toBe(first?.layout)
    expect(batches.map(({ time }) => time)).toEqual([3000, 3000])
    reader.dispose()
    expect(internedSets()).toEqual(before)
  })

  test('two targets that expose the same share its bytes and names, and give back what they had', () => {
    const before = sharedParts.size
    const asked: ExposedSeries[] = []
    const resolve = resolveAsExposed()
    const note = (exposed: ExposedSeries): Series | undefined => {
      asked.push(exposed)
      return resolve(exposed)
    }
    const readers = [makeReader({}, note), makeReader({}, note)]
    const body = '# HELP shared_by_targets What it says.\nshared_by_targets{of="both"} 1\n'
    for (const reader of readers) {
      scrape(reader, body)
      expect(sharedParts.size).toBe(before + 4)
    }
    expect(asked.map(({ family }) => family.descriptor.description)).toEqual([
      'What it says.',
      'What it says.',
    ])
    for (const reader of readers) {
      scrape(reader, `${body}another{of="one"} 1\n`)
      scrape(reader, body)
      expect(sampleLines(scrape(reader, body.replace(' 1', ' 2')))).toEqual([
        'shared_by_targets{of="both"} 2',
      ])
    }
    readers[0]?.dispose()
    expect(sharedParts.size).toBe(before + 4)
    readers[1]?.begin('text-0.0.4')
    const cut = Buffer.from('given_up{x="1"} 1\n')
    readers[1]?.feed(cut, 0, cut.length)
    readers[1]?.dispose()
    expect(sharedParts.size).toBe(before)
  })

  test('a line that only begins as the predicted one is another', () => {
    const reader = makeReader()
    scrape(reader, 'a 1\nb{x="1"} 1\n')
    expect(sampleLines(scrape(reader, 'a {y="1"} 2\na  3\nb{x="1"}4\nb{x="1"}  5\n'))).toEqual([
      'a{} 3',
      'b{x="1"} 4',
      'a{y="1"} 2',
    ])
  })

  test('a series is asked for once while its line stays, and so is one that is dropped', () => {
    const asked: string[] = []
    const resolve = resolveAsExposed()
    const reader = makeReader({}, (exposed) => {
      asked.push(exposed.name)
      return exposed.name === 'dropped' ? undefined : resolve(exposed)
    })
    for (const value of [1, 2, 3]) {
      expect(sampleLines(scrape(reader, `a ${value}\ndropped ${value}\nb ${value}\n`))).toEqual([
        `a{} ${value}`,
        `b{} ${value}`,
      ])
      expect(reader.counts).toMatchObject({ scraped: 3, kept: 2, startTimes: 0, added: value === 1 ? 2 : 0 })
    }
    expect(asked).toEqual(['a', 'dropped', 'b'])
  })

  test('what is asked for has the labels of the line, the family and the role', () => {
    const asked: ExposedSeries[] = []
    const reader = makeReader({}, (exposed) => void asked.push(exposed))
    scrape(
      reader,
      '# HELP h_seconds how long\n# TYPE h_seconds histogram\nh_seconds_bucket{b="1",le="1",a="ü"} 1\n' +
        '# TYPE c_total counter\nc_total 1\n# TYPE s summary\ns{quantile="0.5"} 1\ns_sum 1\ns 1\nx_count 1\n',
    )
    expect(
      asked.map(({ name, labels, family, role }) => [
        name,
        labels,
        family.name,
        family.descriptor.kind,
        role,
      ]),
    ).toEqual([
      ['h_seconds_bucket', ['b', '1', 'le', '1.0', 'a', 'ü'], 'h_seconds', 'histogram', 'bucket'],
      ['c_total', [], 'c', 'sum', 'total'],
      ['s', ['quantile', '0.5'], 's', 'summary', 'quantile'],
      ['s_sum', [], 's', 'summary', 'sum'],
      ['s', [], 's', 'summary', 'none'],
      ['x_count', [], 'x_count', 'unknown', 'none'],
    ])
    expect(asked[0]?.family.descriptor.description).toBe('how long')
    expect(asked[1]?.family.descriptor).toMatchObject({ monotonic: true, temporality: 'cumulative' })
  })

  test('an edited HELP is told by the same descriptor and makes no new series', () => {
    const reader = makeReader()
    const [first] = scrape(reader, '# HELP a one\na 1\n')
    const [second] = scrape(reader, '# HELP a two\na 1\n')
    expect(second?.layout).toBe(first?.layout)
    expect(second?.layout.series[0]?.metric.descriptor.description).toBe('two')
    scrape(reader, '# HELP a one\na 1\n')
    expect(second?.layout.series[0]?.metric.descriptor.description).toBe('one')
  })

  test('a TYPE that comes later is told by the same descriptor; parts then get another series, and no stale marker', () => {
    const before = internedSets()
    const reader = makeReader()
    const [first] = scrape(reader, 'g 1\nh_bucket{le="1"} 2\nh_sum 3\n')
    expect(first?.layout.series.map((series) => series?.metric.descriptor.kind)).toEqual([
      'unknown',
      'unknown',
      'unknown',
    ])
    const typed = '# TYPE g gauge\ng 4\n# TYPE h histogram\nh_bucket{le="1"} 5\nh_sum 6\n'
    const batches = scrape(reader, typed)
    expect(sampleLines(batches)).toEqual(['g{} 4', 'h_bucket{le="1.0"} 5', 'h_sum{} 6'])
    const series = [...(batches[0]?.walk ?? [])].map((slot) => batches[0]?.layout.series[slot])
    expect(series.map((one) => [one?.metric.name, one?.metric.descriptor.kind, one?.role])).toEqual([
      ['g', 'gauge', 'none'],
      ['h', 'histogram', 'bucket'],
      ['h', 'histogram', 'sum'],
    ])
    expect(series[0]).toBe(first?.layout.series[0])
    const [third] = scrape(reader, typed)
    expect(third?.layout).toBe(batches[0]?.layout)
    reader.dispose()
    expect(internedSets()).toEqual(before)
  })

  test('of two TYPE or HELP lines of a family the first of the body counts', () => {
    const reader = makeReader()
    for (let round = 0; round < 3; round++) {
      const [batch] = scrape(reader, `# TYPE a gauge\n# HELP a x\na ${round}\n# TYPE a counter\n# HELP a y\n`)
      expect(batch?.layout.series[0]?.metric.descriptor).toMatchObject({ kind: 'gauge', description: 'x' })
    }
    expect(reader.counts.duplicates).toBe(0)
  })

  test('the same target in another format keeps its series', () => {
    const reader = makeReader()
    const [first] = scrape(reader, '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\ng 1\n')
    const [second] = scrape(
      reader,
      '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\n# TYPE g unknown\ng 1\n# EOF\n',
      { format: 'openmetrics-1.0.0' },
    )
    expect(second?.layout).toBe(first?.layout)
    expect(sampleLines(scrape(reader, 'g 1\n'))).toEqual([
      'h_bucket{le="1.0"} stale',
      'h_bucket{le="+Inf"} stale',
      'g{} 1',
    ])
  })

  test('a body that is shorter than the one before ends the rest; an empty one ends all', () => {
    const reader = makeReader()
    scrape(reader, 'a 1\nb 2\nc 3\n')
    expect(sampleLines(scrape(reader, 'a 1\n'))).toEqual(['b{} stale', 'c{} stale', 'a{} 1'])
    expect(sampleLines(scrape(reader, ''))).toEqual(['a{} stale'])
    expect(reader.layout.size).toBe(0)
  })
})

describe('the same series twice in a body', () => {
  test('has the first sample, and the others are counted', () => {
    const reader = makeReader()
    for (let round = 0; round < 3; round++) {
      expect(sampleLines(scrape(reader, `a ${round}\nb 1\na 7\nb 8\n`))).toEqual([`a{} ${round}`, 'b{} 1'])
      expect(reader.counts).toMatchObject({ scraped: 4, kept: 4, duplicates: 2 })
    }
  })

  test('is found out also where the lines differ', () => {
    const before = internedSets()
    const reader = makeReader()
    const bodies = [
      ['a{x="1",y="2"} 1\na{y="2",x="1"} 2\n{"a",x="1",y="2"} 3\n', 1],
      ['a{y="2",x="1"} 4\na{x="1",y="2"} 5\n', 4],
      ['a{x="1",y="2"} 6\n', 6],
      ['a{y="2",x="1"} 7\na{x="1",y="2"} 8\n', 7],
    ] as const
    const layouts = bodies.map(([body, value]) => {
      const [batch] = scrape(reader, body)
      expect(sampleLines(batch === undefined ? [] : [batch])).toEqual([`a{x="1",y="2"} ${value}`])
      return batch?.layout
    })
    expect(new Set(layouts).size).toBe(1)
    reader.dispose()
    expect(internedSets()).toEqual(before)
  })

  test('is found out where relabeling makes one of two', () => {
    const resolve = resolveAsExposed()
    const reader = makeReader({}, (exposed) => resolve({ ...exposed, labels: [] }))
    for (const value of [1, 2]) {
      expect(sampleLines(scrape(reader, `a{x="1"} ${value}\na{x="2"} 9\n`))).toEqual([`a{} ${value}`])
    }
    // The second takes over when the first goes.
    expect(sampleLines(scrape(reader, 'a{x="2"} 5\n'))).toEqual(['a{} 5'])
    expect(sampleLines(scrape(reader, 'b 1\n'))).toEqual(['a{} stale', 'b{} 1'])
  })

  test('at growing times makes a batch for each', () => {
    const reader = makeReader()
    const batches = scrape(reader, 'a 1 10\na 2 20\na 3 30\na 4 30\na 5 5\nb 1\nb 2 20\n', { time: 100 })
    expect(batches.map((batch) => sampleLines([batch]))).toEqual([
      ['a{} 1 @10', 'b{} 1'],
      ['a{} 2 @20'],
      ['a{} 3 @30'],
    ])
    expect(reader.counts.duplicates).toBe(3)
    const many = Array.from({ length: 100 }, (_, index) => `a 1 ${index}`).join('\n')
    expect(scrape(reader, many).length).toBe(18)
    expect(reader.counts.duplicates).toBe(83)
  })
})

describe('times of lines', () => {
  test('exempt a series from stale markers', () => {
    const reader = makeReader()
    scrape(reader, 'a 1 500\nb 1\n')
    expect(sampleLines(scrape(reader, 'c 1\n'))).toEqual(['b{} stale', 'c{} 1'])
    scrape(reader, 'a 1 500\nb 1\n')
    expect(sampleLines(reader.fail(3000))).toEqual(['b{} stale'])
  })

  test('do not where they are tracked, or not honored', () => {
    for (const options of [{ trackTimestampsStaleness: true }, { honorTimestamps: false }]) {
      const reader = makeReader(options)
      scrape(reader, 'a 1 500\nb 1\n')
      expect(sampleLines(scrape(reader, 'b 1\n'))).toEqual(['a{} stale', 'b{} 1'])
    }
  })

  test('are left out where they are not honored', () => {
    const reader = makeReader({ honorTimestamps: false })
    for (let round = 0; round < 2; round++)
      expect(sampleLines(scrape(reader, 'a 1 500\nb 1\n'))).toEqual(['a{} 1', 'b{} 1'])
  })

  test('come with the next scrape too', () => {
    const reader = makeReader()
    for (const time of [500, 600]) {
      expect(sampleLines(scrape(reader, `a 1 ${time}\nb 1\n`))).toEqual([`a{} 1 @${time}`, 'b{} 1'])
    }
  })
})

describe('a body that is given up', () => {
  const good = 'a 1\n# HELP b x\n# TYPE b gauge\nb{x="1"} 2\n'
  const bad = 'z 9\n# HELP b y\n# TYPE b counter\nb{x="1"} 2\nb{x="2"} 3\n'

  function afterwards(reader: ExpositionReader): void {
    const { layout } = reader
    for (const cut of [0, 4, 20, 40, bad.length]) {
      reader.begin('text-0.0.4')
      reader.feed(Buffer.from(bad), 0, cut)
      reader.abort()
      const [batch] = scrape(reader, good)
      expect(batch?.layout.live).toEqual(layout.live)
      expect(sampleLines(batch === undefined ? [] : [batch])).toEqual(['a{} 1', 'b{x="1"} 2'])
      expect(batch?.layout.series[1]?.metric.descriptor).toMatchObject({ kind: 'gauge', description: 'x' })
    }
  }

  test('leaves slots, order, series and what is said of them as they were', () => {
    const before = internedSets()
    const reader = makeReader()
    scrape(reader, good)
    afterwards(reader)
    reader.dispose()
    expect(internedSets()).toEqual(before)
  })

  test('is given up by the next begin, and by dispose', () => {
    const before = internedSets()
    const reader = makeReader()
    reader.begin('text-0.0.4')
    reader.feed(Buffer.from('a 1\nb'), 0, 5)
    expect(sampleLines(scrape(reader, 'c 1\n'))).toEqual(['c{} 1'])
    reader.begin('text-0.0.4')
    reader.feed(Buffer.from('a 1\nb'), 0, 5)
    reader.dispose()
    expect(internedSets()).toEqual(before)
  })

  test('ends all series when the scrape is told as failed, but the own ones', () => {
    const before = internedSets()
    const reader = makeReader()
    const up = reader.addOwn(own('up'))
    reader.setOwn(up, 1)
    expect(sampleLines(scrape(reader, good))).toEqual(['up{job="x"} 1', 'a{} 1', 'b{x="1"} 2'])
    reader.begin('text-0.0.4')
    expect(() => reader.feed(Buffer.from('a 1\nb c\n'), 0, 8)).toThrow(ExpositionError)
    reader.setOwn(up, 0)
    const batches = reader.fail(5000)
    expect(batches.map((batch) => sampleLines([batch]))).toEqual([
      ['a{} stale', 'b{x="1"} stale'],
      ['up{job="x"} 0'],
    ])
    expect(batches.map(({ time }) => time)).toEqual([5000, 5000])
    // Once is enough.
    expect(sampleLines(reader.fail(6000))).toEqual(['up{job="x"} 0'])
    reader.setOwn(up, 1)
    expect(sampleLines(scrape(reader, good)).toSorted()).toEqual(['a{} 1', 'b{x="1"} 2', 'up{job="x"} 1'])
    expect(sampleLines(reader.retire(7000)).toSorted()).toEqual([
      'a{} stale',
      'b{x="1"} stale',
      'up{job="x"} stale',
    ])
    expect(reader.retire(8000)).toEqual([])
    reader.dispose()
    expect(internedSets()).toEqual(before)
  })
})

describe('series of a target that fails', () => {
  test('are found again when it comes back: none is asked for, and the layout is the one before', () => {
    const resolve = resolveAsExposed()
    const asked: string[] = []
    const reader = makeReader({}, (exposed) => {
      asked.push(exposed.name)
      return resolve(exposed)
    })
    scrape(reader, 'a 1\nb 1\n')
    const { layout } = reader
    for (let failures = 0; failures < 3; failures++) reader.fail(1000)
    expect(reader.failed).toBe(true)
    expect(sampleLines(scrape(reader, 'a 2\nb 2\n'))).toEqual(['a{} 2', 'b{} 2'])
    expect([asked, reader.counts.added, reader.failed]).toEqual([['a', 'b'], 0, false])
    expect(reader.layout).toBe(layout)
    reader.dispose()
  })

  test('that do not come back with it have no second marker; nor has a target that goes', () => {
    const reader = makeReader()
    const up = reader.addOwn(own('up'))
    scrape(reader, 'a 1\nb 1\n')
    reader.fail(1000)
    expect(sampleLines(scrape(reader, 'b 2\nc 2\n')).toSorted()).toEqual([
      'b{} 2',
      'c{} 2',
      'up{job="x"} NaN',
    ])
    expect(sampleLines(scrape(reader, 'c 3\n')).toSorted()).toEqual(['b{} stale', 'c{} 3', 'up{job="x"} NaN'])
    reader.setOwn(up, 0)
    expect(sampleLines(reader.fail(2000))).toEqual(['c{} stale', 'up{job="x"} 0'])
    expect(sampleLines(reader.retire(3000))).toEqual(['up{job="x"} stale'])
    reader.dispose()
  })

  test('are given up when it fails for long', () => {
    const before = internedSets()
    const reader = makeReader()
    scrape(reader, 'a{x="1"} 1\n')
    for (let failures = 0; failures < 40; failures++) reader.fail(1000)
    expect(reader.layout.size).toBe(1)
    expect(reader.fail(1000)).toEqual([])
    expect([reader.layout.size, internedSets()]).toEqual([0, before])
    expect(sampleLines(scrape(reader, 'a{x="1"} 2\n'))).toEqual(['a{x="1"} 2'])
    reader.dispose()
  })
})

describe('own series', () => {
  test('cannot be written by a line, which counts as dropped', () => {
    const resolve = resolveAsExposed()
    const reader = makeReader({}, (exposed) => {
      if (exposed.name !== 'up') return resolve(exposed)
      return own('up')
    })
    const up = reader.addOwn(own('up'))
    reader.setOwn(up, 1)
    for (let round = 0; round < 2; round++) {
      expect(sampleLines(scrape(reader, 'up 7\na 1\n'))).toEqual(['up{job="x"} 1', 'a{} 1'])
    }
    expect(sampleLines(scrape(reader, 'a 1\n'))).toEqual(['up{job="x"} 1', 'a{} 1'])
  })

  test('may be added later, and keep their last value', () => {
    const reader = makeReader()
    scrape(reader, 'a 1\n')
    reader.setOwn(reader.addOwn(own('up')), 1)
    expect(sampleLines(scrape(reader, 'a 2\n'))).toEqual(['a{} 2', 'up{job="x"} 1'])
    expect(sampleLines(scrape(reader, 'a 3\n'))).toEqual(['a{} 3', 'up{job="x"} 1'])
  })
})

describe('limits', () => {
  test('of samples count after relabeling, once the whole body is read', () => {
    const before = internedSets()
    const resolve = resolveAsExposed()
    const reader = makeReader({ sampleLimit: 1 }, (exposed) =>
      exposed.name === 'dropped' ? undefined : resolve(exposed),
    )
    expect(sampleLines(scrape(reader, 'dropped 1\na 1\n'))).toEqual(['a{} 1'])
    reader.fail(1)
    const error = thrown(() => scrape(reader, 'a 1\ndropped 1\nb 1\nc 1\n'))
    expect(error).toMatchObject({ code: 'limit' })
    expect(error.message).toContain('sample limit exceeded: 3 samples')
    expect(reader.counts).toMatchObject({ scraped: 4, kept: 3, added: 0, duplicates: 0 })
    expect(thrown(() => scrape(reader, 'a 1\nb 1\nc d\n'))).toMatchObject({ code: 'syntax', line: 3 })
    reader.dispose()
    expect(internedSets()).toEqual(before)
  })

  test('of bytes act while the body comes', () => {
    const reader = makeReader({ bodySizeLimit: 10 })
    expect(sampleLines(scrape(reader, 'a 1\nb 2\n', { step: 3 }))).toEqual(['a{} 1', 'b{} 2'])
    expect(thrown(() => scrape(reader, 'a 1\nb 2\nc 3\n', { step: 3 }))).toMatchObject({ code: 'limit' })
    expect(thrown(() => scrape(reader, 'a 1\nb 222\n', { step: 1 })).message).toContain(
      'body size limit exceeded',
    )
  })

  test('of a line act before it is whole', () => {
    const reader = makeReader()
    reader.begin('text-0.0.4')
    const chunk = Buffer.alloc(64 * 1024, 'x')
    reader.feed(Buffer.from('a 1\nb{x="'), 0, 9)
    const error = thrown(() => {
      for (let round = 0; round < 40; round++) reader.feed(chunk, 0, chunk.length)
    })
    expect(error).toMatchObject({ code: 'limit', line: 2 })
    reader.abort()
    const labels = Array.from({ length: 1100 }, (_, index) => `l${index}="1"`).join(',')
    expect(thrown(() => scrape(reader, `a{${labels}} 1\n`))).toMatchObject({ code: 'limit', line: 1 })
  })

  test('that a resolver has give the body up, with the place of the line', () => {
    const reader = makeReader({}, ({ name }) => {
      throw name === 'a' ? new Error('no room') : new ExpositionError('limit', 'too many')
    })
    expect(thrown(() => scrape(reader, '# x\na 1\n'))).toMatchObject({ code: 'series', line: 2, column: 1 })
    const error = thrown(() => scrape(reader, 'b 1\n'))
    expect(error).toMatchObject({ code: 'limit', line: 1 })
    expect(error.message).toContain('too many, in: b 1')
    expect(error.cause).toBeInstanceOf(ExpositionError)
  })
})
