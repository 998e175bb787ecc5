import { describe, expect, test } from 'vitest'
import { makeReader, sampleLines, scrape } from '#src/testing/exposition.ts'
import { ExpositionError } from './exposition-error.ts'

function read(body: string | Buffer, step?: number): string[] {
  const reader = makeReader()
  try {
    return sampleLines(scrape(reader, body, step === undefined ? {} : { step }))
  } finally {
    reader.dispose()
  }
}

function mistake(body: string | Buffer): ExpositionError {
  const reader = makeReader()
  try {
    scrape(reader, body)
  } catch (error) {
    if (error instanceof ExpositionError) return error
    throw error
  } finally {
    reader.dispose()
  }
  throw new Error(`this was read: ${body.toString()}`)
}

describe('the text format takes', () => {
  test.each<[what: string, body: string, ...lines: string[]]>([
    ['blanks around all tokens', 'a { x = "1" , y = "2" } 8e-05 ', 'a{x="1",y="2"} 0.00008'],
    ['no blanks where none is needed', 'a{x="1"}1', 'a{x="1"} 1'],
    ['tabs', '\ta\t{x="1"}\t1\t5\t', 'a{x="1"} 1 @5'],
    ['a comma behind the last label', 'wind_speed{A="2",c="3",} 12345', 'wind_speed{A="2",c="3"} 12345'],
    ['no comma between labels', 'a{x="1" y="2"} 1', 'a{x="1",y="2"} 1'],
    ['empty braces', 'a{} 1', 'a{} 1'],
    ['no newline at the end', 'a 1\nb 2', 'a{} 1', 'b{} 2'],
    ['an empty body', ''],
    ['empty lines', '\n \n\na 1\n\n', 'a{} 1'],
    ['colons in names of metrics', 'job:a:rate5m 1', 'job:a:rate5m{} 1'],
    ['comments', '#\n# \n# EOF\n# Hrandom x\n#HELP\n# HELPS x\n#TYPE a nothing\na 1', 'a{} 1'],
    ['UNIT as a comment', '# UNIT a b\na 1', 'a{} 1'],
    ['HELP without text', '# HELP a\n# HELP b \na 1', 'a{} 1'],
    ['escapes in values', 'a{x="\\"b\\"",y="\\\\ \\n \\t"} 1', 'a{x="\\"b\\"",y="\\\\ \\n \\\\t"} 1'],
    ['a value that ends with a backslash', 'a{x="\\\\"} 1', 'a{x="\\\\"} 1'],
    ['braces and blanks in values', 'a{x="} 2 {"} 1', 'a{x="} 2 {"} 1'],
    ['NUL in a value', 'null_byte_metric{a="abc\0"} 1', 'null_byte_metric{a="abc\\u0000"} 1'],
    ['NUL in HELP and in comments', '# HELP a b\0c\n# \0\na 1', 'a{} 1'],
    ['UTF-8 in values', 'a{x="ü\u{1f600}"} 1', 'a{x="ü\u{1f600}"} 1'],
    ['quoted names', '{"my.metric","label.name"="v",plain="x"} 1', 'my.metric{label.name="v",plain="x"} 1'],
    ['a quoted name anywhere in the list', '{x="1","my.metric",y="2"} 1', 'my.metric{x="1",y="2"} 1'],
    ['escapes in quoted names', '{"a\\"\\n\\\\","l\\""="v"} 1', 'a"\n\\{l"="v"} 1'],
    ['quoted names behind TYPE', '# TYPE "a.b" gauge\n{"a.b"} 1', 'a.b{} 1'],
    ['values without a point', 'a 17', 'a{} 17'],
    ['points at either end', 'a .5\nb 5.', 'a{} 0.5', 'b{} 5'],
    ['a sign before a value', 'a -1\nb +1\nc -0', 'a{} -1', 'b{} 1', 'c{} -0'],
    [
      'exponents',
      'a 1e3\nb 1E-3\nc 1.5e+2\nd 2.301904e+06',
      'a{} 1000',
      'b{} 0.001',
      'c{} 150',
      'd{} 2301904',
    ],
    ['infinities', 'a Inf\nb +inf\nc -INFINITY', 'a{} Infinity', 'b{} Infinity', 'c{} -Infinity'],
    ['NaN in any case', 'a NaN\nb nan', 'a{} NaN', 'b{} NaN'],
    ['values below all doubles as 0', 'a 1e-400\nb -1e-400', 'a{} 0', 'b{} -0'],
    ['values of many digits', 'a 0.1000000000000000055511151231257827', 'a{} 0.1'],
    ['times before 1970', 'a 1 -5', 'a{} 1 @-5'],
    ['times far ahead', 'a 1 99999999999999', 'a{} 1 @99999999999999'],
    ['le that is no bound of a bucket', 'testmetric{le="10"} 1', 'testmetric{le="10"} 1'],
    [
      'names that objects have',
      'constructor{__proto__="1",toString="2"} 1',
      'constructor{__proto__="1",toString="2"} 1',
    ],
  ])('%s', (_, body, ...lines) => {
    expect(read(body)).toEqual(lines)
    for (const step of [1, 2, 7]) expect(read(body, step)).toEqual(lines)
  })
})

describe('the text format refuses, and tells the place of', () => {
  test.each<[what: string, body: string | Buffer, line: number, column: number, message: string]>([
    ['a name alone', 'a\n', 1, 2, 'expected a blank and a value'],
    ['a name and a blank', 'a \n', 1, 3, 'expected a number'],
    ['single quotes', "a{b='c'} 1\n", 1, 5, 'expected a quoted label value'],
    ['a label that ends with the line', 'a{b=\n', 1, 5, 'expected a quoted label value'],
    ['a word for a value', 'a true\n', 1, 3, 'expected a number'],
    ['braces without a label', '{A}0\n', 1, 3, 'expected ='],
    ['a value without its end', 'ok 1\nsomething_weird{problem="\n', 2, 26, 'expected a closing quote'],
    ['a quote escaped at the end', 'a{x="\\"} 1\n', 1, 11, 'expected a closing quote'],
    ['a label without a name', 'empty_label_name{=""} 0\n', 1, 18, 'expected a label name'],
    ['a quoted label without a name', 'a{""="x"} 0\n', 1, 3, 'expected a label name that is not empty'],
    ['underscores in numbers', 'foo 1_2\n', 1, 5, 'expected a number'],
    ['hexadecimal numbers', 'foo 0x1p-3\n', 1, 5, 'expected a number'],
    ['hexadecimal numbers in capitals', 'foo 0x1P-3\n', 1, 5, 'expected a number'],
    ['underscores in times', 'foo 0 1_2\n', 1, 7, 'expected a timestamp'],
    ['fractions of times', 'foo 0 1.5\n', 1, 7, 'expected a timestamp'],
    ['times of more digits than there are', `foo 0 ${'9'.repeat(19)}\n`, 1, 7, 'expected a timestamp'],
    ['more behind the time', 'foo 0 1 2\n', 1, 9, 'expected the end of the line'],
    ['values beyond doubles', 'a 1e400\n', 1, 3, 'expected a number that a double can hold'],
    ['an exponent without digits', 'a 1e\n', 1, 3, 'expected a number'],
    ['a point alone', 'a .\n', 1, 3, 'expected a number'],
    ['a sign alone', 'a -\n', 1, 3, 'expected a number'],
    ['a signed NaN', 'a -NaN\n', 1, 3, 'expected a number'],
    ['TYPE of nothing', '# TYPE #\n', 1, 8, 'expected a metric name'],
    ['HELP of nothing', '# HELP #\n', 1, 8, 'expected a metric name'],
    ['TYPE without a name', '# TYPE\n', 1, 7, 'expected a metric name'],
    ['TYPE without a type', '# TYPE a\n', 1, 9, 'expected a type'],
    ['TYPE of a type that is none', '# TYPE a nothing\n', 1, 10, 'expected a type'],
    ['a name that goes on oddly behind TYPE', '# TYPE a-b gauge\n', 1, 9, 'expected a blank'],
    ['NUL in a name', 'a\0b 1\n', 1, 2, 'expected a blank and a value'],
    ['NUL before a name', '\0 1\n', 1, 1, 'expected a metric name'],
    ['NUL in a value', 'a 1\0\n', 1, 3, 'expected a number'],
    ['a byte that is no UTF-8 in a label', Buffer.from('a{b="x\xfe"} 1\n', 'latin1'), 1, 7, 'expected UTF-8'],
    ['a byte that is no UTF-8 in a name', Buffer.from('a{b\xfe="x"} 1\n', 'latin1'), 1, 4, 'expected ='],
    ['a byte that is no UTF-8 in HELP', Buffer.from('# HELP a \xfe\n', 'latin1'), 1, 10, 'expected UTF-8'],
    ['surrogates in UTF-8', Buffer.from('a{b="\xed\xa0\x80"} 1\n', 'latin1'), 1, 6, 'expected UTF-8'],
    ['a byte order mark', '\ufeffa 1\n', 1, 1, 'expected a metric name'],
    ['carriage returns', 'a 1\r\nb 2\r\n', 1, 3, 'expected a number'],
    ['two quoted names', '{"a","b"} 1\n', 1, 6, 'the metric name is given twice'],
    ['a quoted name beside a plain one', 'a{"b"} 1\n', 1, 2, 'the metric name is given twice'],
    ['no name at all', '{a="ok"} 1\n', 1, 1, 'expected a metric name'],
    ['a label twice', 'a{x="1",x="2"} 1\n', 1, 9, 'this label is given twice'],
    ['the name as a label', 'a{__name__="b"} 1\n', 1, 3, 'this label is given twice'],
    ['two commas', 'a{x="1",,y="2"} 1\n', 1, 9, 'expected a label name'],
    ['a comma first', 'a{,x="1"} 1\n', 1, 3, 'expected a label name'],
    ['colons in names of labels', 'a{x:y="1"} 1\n', 1, 4, 'expected ='],
    ['names that begin with a digit', '1a 1\n', 1, 1, 'expected a metric name'],
  ])('%s', (_, body, line, column, message) => {
    const error = mistake(body)
    expect(error).toMatchObject({ code: 'syntax', line, column })
    expect(error.message).toContain(message)
  })
})

test('an error shows the part of the line around its place, bounded and without characters that do something', () => {
  const { message } = mistake(`a{x="${'y'.repeat(500)}\u001b[31m",z=1,w="${'y'.repeat(500)}"} 1\n`)
  expect(message).toMatch(
    /^line 1, column 515: expected a quoted label value, in: \.\.\.y+\\u001b\[31m",z=1,w="y+\.\.\.$/,
  )
  expect(message.length).toBeLessThan(250)
})

test('types of OpenMetrics are taken from the text format too, since some libraries write them', () => {
  expect(read('# TYPE a info\na 1\n# TYPE b unknown\nb 1\n')).toEqual(['a{} 1', 'b{} 1'])
})
