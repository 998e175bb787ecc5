import { expect, test } from 'vitest'
import { internedSets } from '#src/model/attribute-set.ts'
import { makeReader, sampleLines, scrape } from '#src/testing/exposition.ts'
import { metricFamily, protobufField } from '#src/testing/metric-family.ts'
import { ExpositionError } from '#src/text/exposition-error.ts'
import type { ExpositionFormat, ExpositionReader } from '#src/text/exposition-reader.ts'

const { number, double, message, zigzag } = protobufField

const text = `# HELP h_seconds how long it took
# TYPE h_seconds histogram
h_seconds_bucket{path="/a\\"b",le="0.5"} 3 1700000000000
h_seconds_bucket{path="/a\\"b",le="+Inf"} 4 1700000000000
h_seconds_sum{path="/a\\"b"} 1.25e+00 1700000000000
{"my.gauge","label.name"="ü"} NaN
`

const openMetrics = `# TYPE c counter
# HELP c what\\nit counts
c_total{x="1"} 5 1700000000.5 # {trace_id="ab"} 1 1700000000
c_created{x="1"} 1600000000
# TYPE g_seconds gauge
# UNIT g_seconds seconds
g_seconds -1.5e-3
# EOF
`

const protobuf = Buffer.concat([
  metricFamily('c_total', 'counter', [{ labels: ['x', '1'], value: [double(1, 5)] }], {
    help: 'what it counts',
  }),
  metricFamily('h', 'histogram', [
    {
      value: [number(1, 3), double(2, 1), message(12, zigzag(1, 1), number(2, 1)), zigzag(13, 3)],
    },
  ]),
])

const bodies: [ExpositionFormat, Buffer][] = [
  ['text-0.0.4', Buffer.from(text)],
  ['openmetrics-1.0.0', Buffer.from(openMetrics)],
  ['protobuf', protobuf],
]

/** What reading a body comes to: its lines, or undefined where it is refused. */
function read(reader: ExpositionReader, format: ExpositionFormat, body: Buffer): string[] | undefined {
  try {
    return sampleLines(scrape(reader, body, { format, step: 13 }))
  } catch (error) {
    if (!(error instanceof ExpositionError)) throw error
    if (format !== 'protobuf' && (error.line < 1 || error.column < 1)) throw error
    reader.abort()
    return undefined
  }
}

test.each(bodies)('29: a body of %s that ends anywhere is refused whole, or taken whole', (format, body) => {
  const before = internedSets()
  const reader = makeReader({ nativeHistograms: true })
  const whole = read(reader, format, body)
  const { layout } = reader
  for (let length = 0; length < body.length; length++) {
    const cut = makeReader({ nativeHistograms: true })
    read(cut, format, body.subarray(0, length))
    cut.dispose()
    // Given up while it is read, it leaves no trace on the target that has been there.
    reader.begin(format)
    try {
      reader.feed(body, 0, length)
    } finally {
      reader.abort()
    }
  }
  expect(read(reader, format, body)).toEqual(whole)
  expect(reader.layout).toBe(layout)
  reader.dispose()
  expect(internedSets()).toEqual(before)
})

test.each(bodies)(
  '29: a body of %s with any byte changed never fails but by its own error',
  (format, body) => {
    const before = internedSets()
    const reader = makeReader({ nativeHistograms: true })
    const refused = new Set<number>()
    for (let at = 0; at < body.length; at++) {
      for (const byte of [0, 0x0a, 0x0d, 0x20, 0x22, 0x23, 0x5c, 0x7b, 0x7f, 0x80, 0xff]) {
        const changed = Buffer.from(body)
        changed[at] = byte
        if (read(reader, format, changed) === undefined) refused.add(at)
      }
    }
    expect(refused.size).toBeGreaterThan(body.length / 4)
    reader.dispose()
    expect(internedSets()).toEqual(before)
  },
)

test.each([
  ['carriage returns', 'a 1\r\nb 2\r\n', 1],
  ['a byte order mark', '\ufeffa 1\nb 2\n', 1],
  ['NUL', 'a 1\nb\0 2\n', 2],
  ['a last line that is cut', 'a 1\nb{x="', 2],
  ['a page of HTML', '<!DOCTYPE html>\n<html>\n', 1],
  ['JSON', '{"a": 1}\n', 1],
])('29: %s is refused with the number of the line', (_, body, line) => {
  const reader = makeReader()
  expect(() => scrape(reader, body)).toThrowError(expect.objectContaining({ name: 'ExpositionError', line }))
  expect(sampleLines(reader.fail(1000))).toEqual([])
})

test('29: what a hostile body makes a reader hold goes with it', () => {
  const reader = makeReader()
  scrape(reader, 'a 1\n')
  const { memory } = reader
  const lines = Array.from(
    { length: 20_000 },
    (_, index) => `m${index}{l${index}="${'x'.repeat(index % 300)}"} ${index}`,
  )
  const families = lines.map(
    (_, index) => `# HELP f${index} ${'x'.repeat(index % 300)}\n# TYPE f${index} gauge`,
  )
  for (const body of [lines, families, [...families, ...lines]]) {
    scrape(reader, [...body, 'a 1'].join('\n'))
    expect(sampleLines(scrape(reader, 'a 1\n')).at(-1)).toBe('a{} 1')
    reader.begin('text-0.0.4')
    const bytes = Buffer.from(body.join('\n'))
    reader.feed(bytes, 0, bytes.length)
    reader.abort()
    for (let round = 0; round < 6; round++) scrape(reader, `a 1\nb${round} 1\n`)
  }
  expect(reader.memory).toBeLessThan(memory + 200_000)
  expect(reader.layout.series.length).toBeLessThan(2000)
})
