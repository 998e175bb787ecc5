import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeReader, sampleLines, scrape } from '#src/testing/exposition.ts'
import { metricFamily, protobufField } from '#src/testing/metric-family.ts'
import { formatBound } from './number-text.ts'

const { number, double, message } = protobufField

const names = fc.constantFrom('a', 'b_total', 'c_seconds', 'my.name', 'ü')
const value = fc.double().map((double) => (Number.isNaN(double) ? 0.5 : double))
const labels = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom('x', 'y', 'z.z', '__proto__'), fc.string({ unit: 'grapheme', maxLength: 12 })),
    {
      selector: ([name]) => name,
      maxLength: 3,
    },
  )
  .map((pairs) => pairs.flat())

const metric = fc.record({
  labels,
  value,
  count: fc.nat(),
  bounds: fc.uniqueArray(
    fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(0.25, 1e6, 1e-5, Infinity)),
    { maxLength: 4 },
  ),
  time: fc.option(fc.integer(), { nil: undefined }),
})

const family = fc.record({
  name: names,
  type: fc.constantFrom('counter', 'gauge', 'untyped', 'summary', 'histogram'),
  // A text begins behind blanks.
  help: fc.option(
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `h${text}`),
    { nil: undefined },
  ),
  metrics: fc.array(metric, { maxLength: 4 }),
})

type Metric = typeof metric extends fc.Arbitrary<infer T> ? T : never
type Family = typeof family extends fc.Arbitrary<infer T> ? T : never

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

function numberText(value: number): string {
  return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : String(value)) : value > 0 ? '+Inf' : '-Inf'
}

/** A line as client libraries write it. */
function lineText(name: string, labels: readonly string[], value: number, time: number | undefined): string {
  const pairs: string[] = /^[a-z_]+$/.test(name) ? [] : [quoted(name)]
  for (let index = 0; index < labels.length; index += 2) {
    const label = labels[index] ?? ''
    pairs.push(`${/^[a-z_]+$/.test(label) ? label : quoted(label)}=${quoted(labels[index + 1] ?? '')}`)
  }
  const braces = pairs.length === 0 ? '' : `{${pairs.join(',')}}`
  const head = /^[a-z_]+$/.test(name) ? name : ''
  return `${head}${braces} ${numberText(value)}${time === undefined ? '' : ` ${time}`}\n`
}

function textOf({ name, type, help, metrics }: Family): string {
  const shown = /^[a-z_]+$/.test(name) ? name : quoted(name)
  const said =
    help === undefined ? '' : `# HELP ${shown} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`
  return `${said}# TYPE ${shown} ${type}\n${metrics.map((one) => linesOf(name, type, one)).join('')}`
}

function linesOf(name: string, type: Family['type'], { labels, value, count, bounds, time }: Metric): string {
  if (type !== 'summary' && type !== 'histogram') return lineText(name, labels, value, time)
  const [suffix, label] = type === 'summary' ? ['', 'quantile'] : ['_bucket', 'le']
  const all = type === 'histogram' && !bounds.includes(Infinity) ? [...bounds, Infinity] : bounds
  const parts = all.map((bound) => {
    const partValue =
      type === 'histogram' && !bounds.includes(bound) ? count : type === 'histogram' ? 7 : value
    return lineText(name + suffix, [...labels, label, formatBound(bound)], partValue, time)
  })
  return [
    ...parts,
    lineText(`${name}_sum`, labels, value, time),
    lineText(`${name}_count`, labels, count, time),
  ].join('')
}

function protobufOf({ name, type, help, metrics }: Family): Buffer {
  return metricFamily(
    name,
    type,
    metrics.map(({ labels, value, count, bounds, time }) => ({
      labels,
      ...(time === undefined ? {} : { time }),
      value:
        type === 'summary'
          ? [
              number(1, count),
              double(2, value),
              ...bounds.map((bound) => message(3, double(1, bound), double(2, value))),
            ]
          : type === 'histogram'
            ? [
                number(1, count),
                double(2, value),
                ...bounds.map((bound) => message(3, number(1, 7), double(2, bound))),
              ]
            : [double(1, value)],
    })),
    help === undefined ? {} : { help },
  )
}

test('a target says the same in text and in protobuf', () => {
  const families = fc.uniqueArray(family, { selector: ({ name }) => name, maxLength: 4 })
  const property = fc.property(families, fc.integer({ min: 1, max: 50 }), (exposed, step) => {
    const fromText = makeReader()
    const fromProtobuf = makeReader()
    const text = scrape(fromText, exposed.map(textOf).join(''))
    const protobuf = Buffer.concat(exposed.map(protobufOf))
    for (let round = 0; round < 2; round++) {
      const batches = scrape(fromProtobuf, protobuf, { format: 'protobuf', step })
      expect(sampleLines(batches)).toEqual(sampleLines(text))
      expect(
        batches[0]?.layout.series.map((series) => [
          series?.role,
          series?.metric.name,
          series?.metric.descriptor,
        ]),
      ).toEqual(
        text[0]?.layout.series.map((series) => [
          series?.role,
          series?.metric.name,
          series?.metric.descriptor,
        ]),
      )
      expect(fromProtobuf.counts.duplicates).toBe(fromText.counts.duplicates)
    }
    fromText.dispose()
    fromProtobuf.dispose()
  })
  fc.assert(property, { numRuns: 200 })
})
