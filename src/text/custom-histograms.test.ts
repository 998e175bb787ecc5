import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { internedSets } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import { makeReader, resolveAsExposed, sampleLines, scrape } from '#src/testing/exposition.ts'
import { metricFamily, protobufField, type TestMetric } from '#src/testing/metric-family.ts'

const { number, bytes, double, message, zigzag } = protobufField

/** Points as `name{labels} bounds counts sum @start`, and other samples as they are. */
function told(batches: readonly Batch[]): string[] {
  const lines = sampleLines(batches)
  let index = 0
  return batches.flatMap((batch) =>
    [...batch.walk].map((slot) => {
      const line = lines[index++] ?? ''
      const point = batch.points?.[slot]
      if (point?.kind !== 'histogram' || batch.isStale(slot)) return line
      expect([point.isNative, point.counts.reduce<number>((sum, each) => sum + Number(each), 0)]).toEqual([
        true,
        point.count,
      ])
      const start = batch.startTimeAt(slot)
      const shown = `${line.slice(0, line.lastIndexOf('}') + 1)} ${JSON.stringify([point.bounds, point.counts, point.sum])}`
      return start === undefined ? shown : `${shown} since ${start}`
    }),
  )
}

function body(counts: readonly number[], labels = ''): string {
  const le = (bound: string): string => `{${labels}${labels === '' ? '' : ','}le="${bound}"}`
  const [first = 0, second = 0, all = 0] = counts
  return `h_bucket${le('0.1')} ${first}\nh_bucket${le('1')} ${second}\nh_bucket${le('+Inf')} ${all}
h_sum{${labels}} 5.5\nh_count{${labels}} ${all}\n`
}

const type = '# TYPE h histogram\n'

describe('classic histograms read as native ones', () => {
  test('are one series each, and one sample; other lines stay', () => {
    const before = internedSets()
    const reader = makeReader({ customHistograms: 'instead' })
    const text = `${type}${body([1, 3, 4], 'a="b"')}${body([0, 0, 2], 'a="c"')}other 7\n`
    expect(told(scrape(reader, text, { step: 5 }))).toEqual([
      'h{a="b"} [[0.1,1],[1,2,1],5.5]',
      'h{a="c"} [[0.1,1],[0,0,2],5.5]',
      'other{} 7',
    ])
    expect(reader.counts).toMatchObject({ scraped: 3, kept: 3, added: 3, duplicates: 0, malformed: 0 })
    const { layout } = reader
    const next = `${type}${body([2, 4, 9], 'a="b"')}${body([0, 1, 3], 'a="c"')}other 8\n`
    expect(told(scrape(reader, next))).toEqual([
      'h{a="b"} [[0.1,1],[2,2,5],5.5]',
      'h{a="c"} [[0.1,1],[0,1,2],5.5]',
      'other{} 8',
    ])
    expect([reader.layout === layout, reader.counts.added]).toEqual([true, 0])
    reader.dispose()
    expect(internedSets()).toEqual(before)
  })

  test('end with a stale marker when their last line has gone, not when a bucket has', () => {
    const reader = makeReader({ customHistograms: 'instead' })
    scrape(reader, type + body([1, 2, 3]))
    expect(told(scrape(reader, `${type}h_bucket{le="1"} 2\nh_count 3\n`))).toEqual(['h{} [[1],[2,1],null]'])
    expect(told(scrape(reader, `${type}a 1\n`))).toEqual(['h{} stale', 'a{} 1'])
    expect(told(scrape(reader, type + body([1, 2, 3])))).toEqual(['a{} stale', 'h{} [[0.1,1],[1,1,1],5.5]'])
  })

  test('stay what they are when a body is given up, a scrape fails, or the format changes', () => {
    const reader = makeReader({ customHistograms: 'instead' })
    const text = `${type}${body([1, 2, 3])}`
    scrape(reader, text)
    const [series] = reader.layout.series
    for (const given of [`${type}${body([1, 2, 3], 'new="1"')}broken`, `${type}a{`]) {
      expect(() => scrape(reader, given)).toThrow('expected')
      reader.abort()
    }
    expect(() => scrape(reader, `${text}a{`, { format: 'openmetrics-1.0.0' })).toThrow('expected')
    reader.abort()
    expect(told(scrape(reader, `${text}# EOF\n`, { format: 'openmetrics-1.0.0' }))).toEqual([
      'h{} [[0.1,1],[1,1,1],5.5]',
    ])
    expect(reader.layout.series[0]).toBe(series)
    expect(told(reader.fail(5))).toEqual(['h{} stale'])
    expect(told(scrape(reader, `${text}# EOF\n`, { format: 'openmetrics-1.0.0' }))).toEqual([
      'h{} [[0.1,1],[1,1,1],5.5]',
    ])
  })

  test.each([
    ['counts that fall', 'h_bucket{le="1"} 3\nh_bucket{le="2"} 2\nh_bucket{le="+Inf"} 4\n'],
    ['a count that is none', 'h_bucket{le="1"} 1.5\nh_bucket{le="+Inf"} 4\n'],
    ['neither +Inf nor a count', 'h_bucket{le="1"} 3\nh_sum 2\n'],
  ])('have no value where they have %s', (_, text) => {
    const reader = makeReader({ customHistograms: 'instead' })
    expect(told(scrape(reader, type + text))).toEqual(['h{} stale'])
    expect(reader.counts.malformed).toBe(1)
    expect(told(scrape(reader, type + body([1, 2, 3])))).toEqual(['h{} [[0.1,1],[1,1,1],5.5]'])
    expect(reader.counts.malformed).toBe(0)
  })

  test('stand beside their parts where that is wanted, each counting as a sample', () => {
    const reader = makeReader({ customHistograms: 'beside' })
    for (const [all, infinite] of [
      [3, 1],
      [5, 3],
    ] as const) {
      expect(told(scrape(reader, `${type}${body([1, 2, all])}`)).toSorted()).toEqual([
        `h_bucket{le="+Inf"} ${all}`,
        'h_bucket{le="0.1"} 1',
        'h_bucket{le="1.0"} 2',
        `h_count{} ${all}`,
        'h_sum{} 5.5',
        `h{} [[0.1,1],[1,1,${infinite}],5.5]`,
      ])
      expect(reader.counts).toMatchObject({ scraped: 6, kept: 6, duplicates: 0 })
    }
    expect(told(scrape(reader, 'a 1\n'))).toHaveLength(7)
  })

  test('have the time, the start time and the exemplars of their lines', () => {
    const reader = makeReader({ customHistograms: 'instead' })
    const text = `${type}h_bucket{le="1.0"} 1 # {trace_id="x"} 0.5\nh_bucket{le="+Inf"} 2\nh_count 2\nh_sum 3\nh_created 7\n# EOF\n`
    for (const time of [10_000, 20_000]) {
      const [batch] = scrape(reader, text, { format: 'openmetrics-1.0.0', time })
      expect(told(batch === undefined ? [] : [batch])).toEqual(['h{} [[1],[1,1],3] since 7000'])
      expect(batch?.exemplars?.map(({ slot, value }) => [slot, value])).toEqual([[0, 0.5]])
    }
    const [timed] = scrape(makeReader({ customHistograms: 'instead' }), `${type}h_bucket{le="+Inf"} 2 1234\n`)
    expect(timed?.timeAt(0)).toBe(1234)
  })

  test('that a rule drops are no samples; a series that another line has is not taken from it', () => {
    const resolve = resolveAsExposed()
    const reader = makeReader({ customHistograms: 'instead' }, (exposed) =>
      exposed.name === 'h' ? undefined : resolve(exposed),
    )
    expect(told(scrape(reader, `${type}${body([1, 2, 3])}a 1\n`))).toEqual(['a{} 1'])
    expect(reader.counts).toMatchObject({ scraped: 2, kept: 1 })
    const clashing = makeReader({ customHistograms: 'instead' })
    for (const value of [5, 6])
      expect(told(scrape(clashing, `${type}h ${value}\n${body([1, 2, 3])}`))).toEqual([`h{} ${value}`])
  })

  test('become series of their own where their type is another', () => {
    const reader = makeReader({ customHistograms: 'instead' })
    scrape(reader, type + body([1, 2, 3]))
    expect(told(scrape(reader, `# TYPE h gauge\nh_count 3\nh_sum 5\n`)).toSorted()).toEqual([
      'h_count{} 3',
      'h_sum{} 5',
      'h{} stale',
    ])
  })

  test('count once for the limit of samples', () => {
    const reader = makeReader({ customHistograms: 'instead', sampleLimit: 1 })
    expect(told(scrape(reader, type + body([1, 2, 3])))).toHaveLength(1)
    expect(() => scrape(reader, `${type}${body([1, 2, 3])}a 1\n`)).toThrow('sample limit exceeded')
  })

  test('come by protobuf too, but not those that have native buckets', () => {
    const value: TestMetric['value'] = [
      number(1, 4),
      double(2, 5.5),
      message(3, number(1, 1), double(2, 0.5)),
      message(3, number(1, 3), double(2, 1)),
    ]
    const family = metricFamily('h', 'histogram', [{ value }])
    const reader = makeReader({ customHistograms: 'instead' })
    for (let round = 0; round < 2; round++)
      expect(told(scrape(reader, family, { format: 'protobuf' }))).toEqual(['h{} [[0.5,1],[1,2,1],5.5]'])
    const both = makeReader({ customHistograms: 'beside', nativeHistograms: true, classicHistograms: true })
    const buckets = [
      zigzag(5, 3),
      double(6, 0.001),
      message(12, zigzag(1, 0), number(2, 1)),
      bytes(13, Buffer.of(8)),
    ]
    const native = metricFamily('h', 'histogram', [{ value: [...value, ...buckets] }])
    const lines = told(scrape(both, native, { format: 'protobuf' }))
    expect(lines.filter((line) => line.startsWith('h{'))).toHaveLength(1)
    expect(lines).toHaveLength(6)
  })
})

/** What a target has of each histogram in one scrape: cumulative counts by bound, in the order of the lines. */
const histogram = fc.record({
  label: fc.constantFrom('a', 'b', 'c'),
  bounds: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 4 }),
  seed: fc.nat({ max: 9 }),
  sum: fc.boolean(),
})
const scrapes = fc.array(fc.uniqueArray(histogram, { selector: ({ label }) => label, maxLength: 3 }), {
  maxLength: 6,
})

test('whatever comes and goes, the points are those of the last body', () => {
  fc.assert(
    fc.property(scrapes, fc.integer({ min: 1, max: 200 }), (bodies, step) => {
      const before = internedSets()
      const reader = makeReader({ customHistograms: 'instead' })
      for (const each of bodies) {
        const expected: string[] = []
        let text = type
        for (const { label, bounds, seed, sum } of each) {
          const sorted = bounds.toSorted((first, second) => first - second)
          const count = seed + (bounds.length + 1) * 2
          for (const bound of bounds)
            text += `h_bucket{l="${label}",le="${bound}"} ${seed + (sorted.indexOf(bound) + 1) * 2}\n`
          text += `h_bucket{le="+Inf",l="${label}"} ${count}\n${sum ? `h_sum{l="${label}"} 2.5\n` : ''}`
          const counts = [...sorted, Infinity].map((_, index) => (index === 0 ? seed + 2 : 2))
          expected.push(`h{l="${label}"} ${JSON.stringify([sorted, counts, sum ? 2.5 : undefined])}`)
        }
        const live = told(scrape(reader, text, { step })).filter((line) => !line.endsWith('stale'))
        expect(live.toSorted()).toEqual(expected.toSorted())
        expect(reader.counts).toMatchObject({ scraped: each.length, kept: each.length, malformed: 0 })
      }
      reader.dispose()
      expect(internedSets()).toEqual(before)
    }),
  )
})
