import { describe, expect, test } from 'vitest'
import { makeReader, sampleLines, scrape } from '#src/testing/exposition.ts'
import { ExpositionError } from './exposition-error.ts'

function read(body: string | Buffer, step = 1 << 16): string[] {
  const reader = makeReader()
  try {
    return sampleLines(scrape(reader, body, { format: 'openmetrics-1.0.0', step }))
  } finally {
    reader.dispose()
  }
}

function mistake(body: string | Buffer): ExpositionError {
  try {
    read(body)
  } catch (error) {
    if (error instanceof ExpositionError) return error
    throw error
  }
  throw new Error(`this was read: ${body.toString()}`)
}

describe('OpenMetrics takes', () => {
  test.each<[what: string, body: string, ...lines: string[]]>([
    ['the end alone', '# EOF'],
    ['the end and a newline', '# EOF\n'],
    [
      'HELP, TYPE and UNIT',
      '# HELP a_seconds x\n# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1',
      'a_seconds{} 1',
    ],
    ['empty units', '# UNIT a \na 1', 'a{} 1'],
    ['empty help', '# HELP a \na 1', 'a{} 1'],
    [
      'times in seconds, cut to milliseconds',
      'a 1 1520879607.7899\nb 1 -1.5\nc 1 2e0',
      'a{} 1 @1520879607789',
      'b{} 1 @-1500',
      'c{} 1 @2000',
    ],
    [
      'exemplars',
      'a_total 1 # {x="y"} 0.5 1.5\nb_total 1 2 # {} 0.5\nc_total 1 # {x="y"} 0.5',
      'a_total{} 1',
      'b_total{} 1 @2000',
      'c_total{} 1',
    ],
    ['a comma behind the last label', 'a{x="1",} 1', 'a{x="1"} 1'],
    ['quoted names', '# TYPE "a.b" counter\n{"a.b_total",x="1"} 1', 'a.b_total{x="1"} 1'],
    ['escapes', '# HELP a \\"x\\" \\n\na{x="\\"\\n\\\\\\t"} 1', 'a{x="\\"\\n\\\\\\\\t"} 1'],
    ['exemplars whose labels have braces', 'a_total 1 # {x="} 1 # {"} 2', 'a_total{} 1'],
    [
      'gauge histograms',
      '# TYPE a gaugehistogram\na_bucket{le="+Inf"} 3\na_gcount 3\na_gsum 4',
      'a_bucket{le="+Inf"} 3',
      'a_gcount{} 3',
      'a_gsum{} 4',
    ],
    [
      'info and stateset',
      '# TYPE a info\na_info{x="1"} 1\n# TYPE b stateset\nb{b="on"} 1',
      'a_info{x="1"} 1',
      'b{b="on"} 1',
    ],
  ])('%s', (_, body, ...lines) => {
    const whole = body.startsWith('# EOF') ? body : `${body}\n# EOF\n`
    expect(read(whole)).toEqual(lines)
    for (const step of [1, 3]) expect(read(whole, step)).toEqual(lines)
  })
})

/** Bodies that have no mistake but one, each without its end. */
const wrong: [what: string, body: string | Buffer][] = [
  ['a name alone', 'metric\n'],
  ['a leading space', ' a 1\n'],
  ['a leading digit', '9\n'],
  ['a blank line at the start', '\na 1\n'],
  ['a blank line behind a sample', 'a 1\n\n'],
  ['a type of the other format', '# TYPE u untyped\n'],
  ['a space behind the type', '# TYPE c counter \n'],
  ['two spaces before the type', '# TYPE c  counter\n'],
  ['two spaces before TYPE', '#  TYPE c counter\n'],
  ['a tab before TYPE', '#\tTYPE c counter\n'],
  ['no space before TYPE', '#TYPE c counter\n'],
  ['a comment', '# a comment\n'],
  ['a comment without a text', '#\n'],
  ['TYPE alone', '# TYPE\n'],
  ['UNIT alone', '# UNIT\n'],
  ['HELP alone', '# HELP\n'],
  ['TYPE without a type', '# TYPE m\n'],
  ['UNIT without a unit', '# UNIT m\n'],
  ['HELP without a text', '# HELP m\n'],
  ['a unit that the name does not have', '# UNIT metric suffix\n'],
  ['a unit that the name ends with, but for the underscore', '# UNIT metricsuffix suffix\n'],
  ['a tab before the value', 'a\t1\n'],
  ['a tab before the time', 'a 1\t2\n'],
  ['a tab in braces', 'a{x="1",\ty="2"} 1\n'],
  ['two spaces before the value', 'a  1\n'],
  ['no space before the value', 'a{x="1"}1\n'],
  ['a space before the brace', 'a {x="1"} 1\n'],
  ['a space in braces', 'a{x="1", y="2"} 1\n'],
  ['a space behind the time', 'a 1 2 \n'],
  ['a space behind the value', 'a 1 \n'],
  ['a hash alone', 'a 1 2 #\n'],
  ['a time that is no number', 'a 1 1z\n'],
  ['two times', 'a 1 1 1\n'],
  ['single quotes', "a{b='c'} 1\n"],
  ['a comma first', 'a{,b="c"} 1\n'],
  ['no comma between labels', 'a{b="c"d="e"} 1\n'],
  ['two commas', 'a{b="c",,d="e"} 1\n'],
  ['a value without its end', 'a{b="\n'],
  ['a byte that is no UTF-8', Buffer.from('a{b="\xff"} 1\n', 'latin1')],
  ['braces without a label', '{A}0\n'],
  ['no name', '{b="c",} 1\n'],
  ['underscores in numbers', 'foo 1_2\n'],
  ['hexadecimal numbers', 'foo 0x1p-3\n'],
  ['underscores in times', 'foo 0 1_2\n'],
  ['a word for a value', 'a true\n'],
  ['a time that is no number but NaN', 'a 1 NaN\n'],
  ['an infinite time', 'a 1 Inf\n'],
  ['a negative infinite time', 'a 1 -Inf\n'],
  ['an exemplar whose label has no quotes', 'a 1 # {aa=bb}\n'],
  ['an exemplar without a value', 'a 1 # {aa="bb"}\n'],
  ['an exemplar with a name alone', 'a 1 # {bb} 1\n'],
  ['an exemplar with a name and a label', 'a 1 # {bb, a="dd"} 1\n'],
  ['an exemplar with two commas', 'a 1 # {aa="bb",,cc="dd"} 1\n'],
  ['an exemplar with underscores in its number', 'a 1 # {aa="bb"} 1_2\n'],
  ['an exemplar with a hexadecimal number', 'a 1 # {aa="bb"} 0x1p-3\n'],
  ['an exemplar with a word for a value', 'a 1 # {aa="bb"} true\n'],
  ['an exemplar with a label without a value', 'a 1 # {aa="bb",cc=} 1\n'],
  ['an exemplar whose time is NaN', 'a 1 # {aa="bb"} 1 NaN\n'],
  ['an exemplar whose time is infinite', 'a 1 # {aa="bb"} 1 Inf\n'],
  ['an exemplar with a metric name', 'a 1 # {"aa",bb="cc"} 1\n'],
  ['two exemplars', 'a 1 # {aa="bb"} 1 # {aa="bb"} 2\n'],
  ['no space behind the hash of an exemplar', 'a 1 #{aa="bb"} 1\n'],
  ['carriage returns', 'a 1\r\n'],
]

describe('OpenMetrics refuses', () => {
  test.each(wrong)('%s', (_, body) => {
    const line = Buffer.from(body)
    const rest = Buffer.from('z 1\n# EOF\n')
    expect(mistake(Buffer.concat([line, rest]))).toMatchObject({ code: 'syntax' })
    // Behind good lines the number of the line tells where.
    expect(mistake(Buffer.concat([Buffer.from('y 1\ny2 1\n'), line, rest])).line).toBe(
      line[0] === 0x0a ? 3 : line.at(-2) === 0x0a ? 4 : 3,
    )
  })

  test.each([
    ['an empty body', '', 1],
    ['a newline alone', '\n', 1],
    ['a sample without the end', 'metric 1', 2],
    ['a sample and a newline without the end', 'metric 1\n', 2],
    ['a space before the end', 'a 1\n # EOF\n', 2],
    ['a text behind the end', 'a 1\n# EOF\nb 1\n', 3],
    ['a blank line behind the end', 'a 1\n# EOF\n\n', 3],
    ['an end that goes on', 'a 1\n# EOFa 1\n', 2],
  ])('%s', (_, body, line) => {
    expect(mistake(body)).toMatchObject({ code: 'syntax', line })
  })
})

test('exemplars come with their labels, values and times; those whose labels are too long are left out', () => {
  const reader = makeReader()
  const long = 'x'.repeat(128)
  const body = `# TYPE a counter\na_total 5 # {trace_id="ab"} 0.5 1.5\nb 1 # {t="\u{1f600}"} 2\nc 1 # {t="${long}"} 2\n# EOF\n`
  const [batch] = scrape(reader, body, { format: 'openmetrics-1.0.0', time: 9000 })
  expect(
    batch?.exemplars?.map(({ slot, value, time, attributes }) => [slot, value, time, attributes.entries]),
  ).toEqual([
    [0, 0.5, 1500, ['trace_id', 'ab']],
    [1, 2, 9000, ['t', '\u{1f600}']],
  ])
})
