import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readExposition } from '#src/testing/prometheus-text.ts'
import { goFloat, metricFamiliesToText } from './metric-family-text.ts'
import type { MetricFamily } from './metric-family.ts'

// What kubelets were seen to write, and what Go's strconv makes of limits.
test.each([
  [12533760, '1.253376e+07'],
  [495616, '495616'],
  [100000, '100000'],
  [999999, '999999'],
  [1000000, '1e+06'],
  [4.710169, '4.710169'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [994631.562157, '994631.562157'],
  [1633252712, '1.633252712e+09'],
  [1e21, '1e+21'],
  [1e100, '1e+100'],
  [5e-324, '5e-324'],
  [Number.MAX_VALUE, '1.7976931348623157e+308'],
  [-1, '-1'],
  [-0, '0'],
  [Number.NaN, 'NaN'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
])('%s is written as Go writes it: %s', (value, text) => {
  expect(goFloat(value)).toBe(text)
})

test('any number reads back as itself, with an exponent of two digits at least where it has one', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = goFloat(value)
      expect(Number(text)).toBe(value + 0)
      const exponent = value === 0 ? 0 : Number(value.toExponential().split('e')[1])
      expect(/e[-+]\d\d+$/.test(text)).toBe(exponent < -4 || exponent >= 6)
    }),
  )
})

test('families, series and labels stand in the order given, and values are of the type', () => {
  const label = [
    { name: 'z', value: 'last "first"\n\\' },
    { name: 'a', value: '1' },
  ]
  const text = metricFamiliesToText([
    {
      name: 'b',
      help: 'A "b"\nof \\ two',
      type: 'GAUGE',
      metric: [{ label, gauge: { value: 2.5 }, timestampMs: 12 }],
    },
    { name: 'a', metric: [{ counter: {} }] },
    {
      name: 'c',
      type: 'UNTYPED',
      metric: [{ label: [], untyped: { value: -1 }, timestampMs: 9007199254740993n }],
    },
    { name: 'empty', type: 'GAUGE' },
  ])
  expect(text).toBe(
    [
      String.raw`# HELP b A "b"\nof \\ two`,
      '# TYPE b gauge',
      String.raw`b{z="last \"first\"\n\\",a="1"} 2.5 12`,
      '# TYPE a counter',
      'a 0',
      '# TYPE c untyped',
      'c -1 9007199254740993',
      '# TYPE empty gauge',
      '',
    ].join('\n'),
  )
})

test('histograms end at +Inf once, and summaries have their quantiles first', () => {
  const bucket = [{ upperBound: 0.5, cumulativeCount: 1 }]
  const label = [{ name: 'a', value: '1' }]
  const text = metricFamiliesToText([
    {
      name: 'h',
      type: 'HISTOGRAM',
      metric: [
        { label, histogram: { bucket, sampleCount: 3n, sampleSum: 4.5 }, timestampMs: 7 },
        { histogram: { bucket: [{ upperBound: Infinity, cumulativeCount: 2 }], sampleCount: 2 } },
      ],
    },
    {
      name: 's',
      type: 'SUMMARY',
      metric: [
        { summary: { quantile: [{ quantile: 0.99, value: 2000000 }], sampleSum: 1, sampleCount: 9 } },
        { summary: {} },
      ],
    },
  ])
  expect(text).toBe(
    `# TYPE h histogram
h_bucket{a="1",le="0.5"} 1 7
h_bucket{a="1",le="+Inf"} 3 7
h_sum{a="1"} 4.5 7
h_count{a="1"} 3 7
h_bucket{le="+Inf"} 2
h_sum 0
h_count 2
# TYPE s summary
s{quantile="0.99"} 2e+06
s_sum 1
s_count 9
s_sum 0
s_count 0
`,
  )
})

test('names beyond the classic characters are quoted', () => {
  const metric = [{ label: [{ name: 'pod.name', value: 'x' }], gauge: { value: 1 } }, { gauge: { value: 2 } }]
  expect(metricFamiliesToText([{ name: 'größe "a"', help: 'x', type: 'GAUGE', metric }])).toBe(
    String.raw`# HELP "größe \"a\"" x
# TYPE "größe \"a\"" gauge
{"größe \"a\"","pod.name"="x"} 1
{"größe \"a\""} 2
`,
  )
})

test.each([
  [{ name: '' }, 'a metric family has no name'],
  [{ name: 'x', type: 'GAUGE_HISTOGRAM' }, 'unknown metric type GAUGE_HISTOGRAM'],
  [{ name: 'x', type: 'constructor' }, 'unknown metric type constructor'],
  [{ name: 'x', metric: [{ gauge: { value: 1 } }] }, 'expected counter in metric x'],
  [{ name: 'x', type: 'SUMMARY', metric: [{}] }, 'expected summary in metric x'],
  [{ name: 'x', type: 'HISTOGRAM', metric: [{}] }, 'expected histogram in metric x'],
])('%j is refused: %s', (family, message) => {
  expect(() => metricFamiliesToText([family as MetricFamily])).toThrow(message)
})

test('what is written reads back, whatever labels and values are', () => {
  const metric = fc.record({
    label: fc.uniqueArray(
      fc.record({
        name: fc.stringMatching(/^[a-z][a-z0-9_.]{0,5}$/),
        value: fc.string({ unit: 'grapheme' }),
      }),
      { selector: ({ name }) => name, maxLength: 4 },
    ),
    gauge: fc.record({ value: fc.double() }),
  })
  fc.assert(
    fc.property(fc.array(metric), (given) => {
      const metrics = given.map(({ label, gauge }, index) => ({
        label: [{ name: 'N', value: `${index}` }, ...label],
        gauge,
      }))
      const { samples } = readExposition(
        metricFamiliesToText([{ name: 'x', type: 'GAUGE', metric: metrics }]),
      )
      expect(samples.map(({ labels, value }) => [[...labels], value + 0])).toEqual(
        metrics.map(({ label, gauge }) => [label.map(({ name, value }) => [name, value]), gauge.value + 0]),
      )
    }),
  )
})
