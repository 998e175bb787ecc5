import { expect, test } from 'vitest'
import { makeReader, sampleLines, scrape } from '#src/testing/exposition.ts'
import { metricFamily, protobufField } from '#src/testing/metric-family.ts'
import { ExpositionError } from '#src/text/exposition-error.ts'
import { testExposition, openMetricsAccept } from '../../exporters/prometheus/test-exporter.ts'

const body = `# HELP constructor what
# TYPE constructor gauge
constructor{__proto__="1",constructor="2",toString="3",hasOwnProperty="4",valueOf="5"} 1
__proto__{prototype="1"} 2
toString 3
# TYPE "ü.\u{1f600}" gauge
{"ü.\u{1f600}","\u{1f600}.ü"="\u{1f600}","a\\"b\\\\c\\nd"="\\"\\\\\\n"} 4
{"hasOwnProperty","__proto__"="x"} 5
`

const lines = [
  'constructor{__proto__="1",constructor="2",hasOwnProperty="4",toString="3",valueOf="5"} 1',
  '__proto__{prototype="1"} 2',
  'toString{} 3',
  'ü.\u{1f600}{a"b\\c\nd="\\"\\\\\\n",\u{1f600}.ü="\u{1f600}"} 4',
  'hasOwnProperty{__proto__="x"} 5',
]

test('32: names that objects have, and names in UTF-8, are names like any other', () => {
  const prototype = Object.getOwnPropertyNames(Object.prototype)
  const reader = makeReader()
  for (let round = 0; round < 2; round++) expect(sampleLines(scrape(reader, body))).toEqual(lines)
  expect(sampleLines(scrape(makeReader(), `${body}# EOF\n`, { format: 'openmetrics-1.0.0' }))).toEqual(lines)
  reader.dispose()
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(prototype)
  expect(Reflect.get({}, 'x')).toBeUndefined()
})

test('32: what is exposed of them reads back as the same series', async () => {
  const exposition = testExposition({ translation_strategy: 'NoTranslation' })
  exposition.take(...scrape(makeReader(), body))
  for (const [accept, format] of [
    ['text/plain;version=1.0.0;escaping=allow-utf-8', 'text-1.0.0'],
    [openMetricsAccept, 'openmetrics-1.0.0'],
  ] as const) {
    const back = sampleLines(scrape(makeReader(), await exposition.text(accept), { format }))
    expect(back.toSorted()).toEqual(lines.toSorted())
  }
})

const { double } = protobufField

test.each([
  ['bytes that are no UTF-8 in a value', Buffer.from('a 1\nb{x="\xff"} 1\n', 'latin1')],
  ['bytes that are no UTF-8 in a name', Buffer.from('a 1\n{"b\xff"} 1\n', 'latin1')],
  ['UTF-8 that is longer than it need be', Buffer.from('a 1\nb{x="\xc0\xaf"} 1\n', 'latin1')],
  ['half of a pair of surrogates', Buffer.from('a 1\nb{x="\xed\xa0\x80"} 1\n', 'latin1')],
  ['a character that the quote cuts', Buffer.from('a 1\nb{x="\xf0\x9f"} 1\n', 'latin1')],
  ['the name as a label', Buffer.from('a 1\nb{__name__="c"} 1\n')],
  ['the name as a quoted label', Buffer.from('a 1\nb{"__name__"="c"} 1\n')],
  ['an empty name of a label', Buffer.from('a 1\nb{""="c"} 1\n')],
  ['an empty name', Buffer.from('a 1\n{""} 1\n')],
])('32: %s is refused, with its line', (_, bytes) => {
  const reader = makeReader()
  expect(() => scrape(reader, bytes, { step: 3 })).toThrowError(
    expect.objectContaining({ name: 'ExpositionError', code: 'syntax', line: 2 }),
  )
  reader.dispose()
})

function named(name: string, labels: readonly string[]): Buffer {
  return metricFamily(name, 'gauge', [{ labels, value: [double(1, 1)] }])
}

test('32: protobuf takes and refuses the same names', () => {
  expect(
    sampleLines(scrape(makeReader(), named('ü.x', ['__proto__', 'a"\\\n']), { format: 'protobuf' })),
  ).toEqual(['ü.x{__proto__="a\\"\\\\\\n"} 1'])
  for (const labels of [
    ['__name__', 'x'],
    ['', 'x'],
    ['x', '1', 'x', '2'],
  ]) {
    expect(() => scrape(makeReader(), named('a', labels), { format: 'protobuf' })).toThrow(ExpositionError)
  }
})
