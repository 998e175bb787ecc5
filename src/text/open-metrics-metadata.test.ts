import { describe, expect, test } from 'vitest'
import { internedSets } from '#src/model/attribute-set.ts'
import { makeReader, sampleLines, scrape } from '#src/testing/exposition.ts'
import type { ExpositionReader } from './exposition-reader.ts'

const om = { format: 'openmetrics-1.0.0' } as const

function startTimes(reader: ExpositionReader, body: string): string[] {
  const [batch] = scrape(reader, `${body}# EOF\n`, om).slice(-1)
  if (batch === undefined) return []
  return [...batch.walk].map((slot) => {
    const series = batch.layout.series[slot]
    return `${series?.name} ${JSON.stringify(series?.attributes.entries)}: ${batch.startTimeAt(slot)}`
  })
}

function body(start: number): string {
  return (
    '# TYPE c counter\n' +
    `c_total{x="1"} 5\nc_created{x="1"} ${start}\nc_total{x="2"} 5\n` +
    '# TYPE h histogram\n' +
    `h_bucket{x="1",le="1"} 1\nh_bucket{x="1",le="+Inf"} 1\nh_sum{x="1"} 2\nh_created{x="1"} ${start + 1}.25\n`
  )
}

function expected(start: number): string[] {
  return [
    `c_total ["x","1"]: ${start}000`,
    'c_total ["x","2"]: undefined',
    `h_bucket ["le","1.0","x","1"]: ${start + 1}250`,
    `h_bucket ["le","+Inf","x","1"]: ${start + 1}250`,
    `h_sum ["x","1"]: ${start + 1}250`,
  ]
}

describe('_created of OpenMetrics', () => {
  test('is the start time of the series with its labels, and no series', () => {
    const before = internedSets()
    const reader = makeReader()
    for (const start of [1000, 1000, 2000]) expect(startTimes(reader, body(start))).toEqual(expected(start))
    expect(reader.counts).toMatchObject({ scraped: 7, kept: 5 })
    // Series that come later, and their start time with them or later still.
    expect(startTimes(reader, `${body(3)}h_bucket{x="1",le="2"} 1\nh_sum{x="2"} 1\n`)).toEqual([
      ...expected(3),
      'h_bucket ["le","2.0","x","1"]: 4250',
      'h_sum ["x","2"]: undefined',
    ])
    expect(startTimes(reader, `${body(3)}h_sum{x="2"} 1\nh_created{x="2"} 7\n`)).toContain(
      'h_sum ["x","2"]: undefined',
    )
    reader.dispose()
    expect(internedSets()).toEqual(before)
  })

  test('is an ordinary series where its family has no start, and in the text format', () => {
    const reader = makeReader()
    expect(sampleLines(scrape(reader, '# TYPE c gauge\nc 1\nc_created 5\n# EOF\n', om))).toEqual([
      'c{} 1',
      'c_created{} 5',
    ])
    reader.fail(1)
    expect(sampleLines(scrape(reader, '# TYPE c counter\nc 1\nc_created 5\n'))).toEqual([
      'c{} 1',
      'c_created{} 5',
    ])
  })
})

test('units of OpenMetrics are told as UCUM has them', () => {
  const reader = makeReader()
  const [batch] = scrape(
    reader,
    '# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 1\n# UNIT b_bytes bytes\nb_bytes 1\n# EOF\n',
    { format: 'openmetrics-1.0.0' },
  )
  expect(batch?.layout.series.map((series) => series?.metric.descriptor.unit)).toEqual(['s', 'By'])
  expect(batch?.layout.series[0]).toMatchObject({ name: 'a_seconds_total', role: 'total' })
})
