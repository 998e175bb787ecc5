import { expect, test } from 'vitest'
import { makeReader, sampleLines, scrape } from '#src/testing/exposition.ts'
import { openMetricsAccept, testExposition } from '../../exporters/prometheus/test-exporter.ts'

const body = `# HELP a first
# TYPE a gauge
a{x="1",y="2"} 1
a{y="2",x="1"} 2
# HELP a second
# TYPE a counter
a{x="1",y="2"} 3
b 4
# TYPE b gauge
b 5
# TYPE b histogram
b_bucket{le="1"} 6
b_bucket{le="1.0"} 7
`

test('30: of a series, a HELP or a TYPE that come twice the first counts, and the others are counted', async () => {
  const reader = makeReader()
  for (let round = 0; round < 3; round++) {
    const batches = scrape(reader, body)
    expect(sampleLines(batches)).toEqual([
      'a{x="1",y="2"} 1',
      'b{} 4',
      'b_bucket{le="1"} 6',
      'b_bucket{le="1.0"} 7',
    ])
    expect(batches[0]?.layout.series[0]?.metric.descriptor).toMatchObject({
      kind: 'gauge',
      description: 'first',
    })
    expect(reader.counts.duplicates).toBeGreaterThanOrEqual(3)
  }
})

test('30: what is exposed of it has each family and each series once', async () => {
  const reader = makeReader()
  const exposition = testExposition()
  exposition.take(...scrape(reader, body))
  for (const accept of [undefined, openMetricsAccept]) {
    const text = await exposition.text(accept)
    const lines = text.split('\n').filter((line) => line !== '')
    const names = lines.map((line) =>
      line.startsWith('#') ? line.split(' ').slice(0, 3).join(' ') : line.split('} ')[0],
    )
    expect(new Set(names).size).toBe(names.length)
  }
})
