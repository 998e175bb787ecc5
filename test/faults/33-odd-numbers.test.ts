import { expect, test } from 'vitest'
import type { Batch } from '#src/model/batch.ts'
import { makeReader, sampleLines, scrape } from '#src/testing/exposition.ts'
import { openMetricsAccept, testExposition } from '../../exporters/prometheus/test-exporter.ts'

const values = [
  'NaN',
  '+Inf',
  '-Inf',
  '-0',
  '0',
  '5e-324',
  '1.7976931348623157e+308',
  '0.1',
  '9007199254740993',
  '123456789.123456789',
  '1e+22',
  '-2.5e-07',
]

/** The bits of a double. */
function bitsOf(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n
}

/** The bits of all values, by name. */
function bits(batches: readonly Batch[]): Record<string, bigint> {
  return Object.fromEntries(
    batches.flatMap((batch) =>
      [...batch.walk].map((slot) => [batch.layout.series[slot]?.name ?? '', bitsOf(batch.values[slot] ?? 0)]),
    ),
  )
}

const body = `${values.map((value, index) => `# TYPE v${index} gauge\nv${index} ${value}`).join('\n')}\n`

test('33: values keep their bits from a target to an exposition and back', async () => {
  const reader = makeReader()
  scrape(reader, body)
  // The second scrape goes by the predicted lines.
  const batches = scrape(reader, body)
  const expected = Object.fromEntries(
    values.map((value, index) => [`v${index}`, bitsOf(Number(value.replace('Inf', 'Infinity')))]),
  )
  expect(bits(batches)).toEqual(expected)
  const exposition = testExposition({ add_metric_suffixes: false })
  exposition.take(...batches)
  for (const [accept, format] of [
    [undefined, 'text-0.0.4'],
    [openMetricsAccept, 'openmetrics-1.0.0'],
  ] as const) {
    expect(bits(scrape(makeReader(), await exposition.text(accept), { format }))).toEqual(expected)
  }
})

test('33: times of the past and of the future are those of the lines', () => {
  const lines = ['a 1 0', 'b 1 -62135596800000', 'c 1 253402300799999', 'd 1 1700000000000']
  const reader = makeReader()
  for (let round = 0; round < 2; round++) {
    expect(sampleLines(scrape(reader, lines.join('\n'), { time: 5 }))).toEqual([
      'a{} 1 @0',
      'b{} 1 @-62135596800000',
      'c{} 1 @253402300799999',
      'd{} 1 @1700000000000',
    ])
  }
})

test('33: exemplars go from a target to an exposition and back', async () => {
  const text = `# TYPE c counter\nc_total 5 # {trace_id="0af7",x="ü\\""} -0.5 1700000000.25\n# EOF\n`
  const [batch] = scrape(makeReader(), text, { format: 'openmetrics-1.0.0' })
  const exposition = testExposition()
  if (batch !== undefined) exposition.take(batch)
  const [back] = scrape(makeReader(), await exposition.text(openMetricsAccept), {
    format: 'openmetrics-1.0.0',
  })
  expect(back?.exemplars?.map(({ value, time, attributes }) => [value, time, attributes.entries])).toEqual([
    [-0.5, 1_700_000_000_250, ['trace_id', '0af7', 'x', 'ü"']],
  ])
})

test.each(['1e400', '-1e400', '1e999999999', `1${'0'.repeat(400)}`])(
  '33: %s is refused: no double is near',
  (value) => {
    const reader = makeReader()
    scrape(reader, 'a 1\n')
    expect(() => scrape(reader, `a ${value}\n`)).toThrowError(
      expect.objectContaining({ code: 'syntax', line: 1, column: 3 }),
    )
    expect(sampleLines(reader.fail(7))).toEqual(['a{} stale'])
  },
)
