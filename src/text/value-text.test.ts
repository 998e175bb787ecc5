import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeReader, scrape } from '#src/testing/exposition.ts'
import { naiveNumber } from '#src/testing/naive-exposition.ts'
import { parseMilliseconds, parseValue } from './value-text.ts'

function parse(text: string): number | string {
  const bytes = Buffer.from(`x${text} `)
  return parseValue(bytes, 1, 1 + Buffer.byteLength(text))
}

function milliseconds(text: string): number | undefined {
  return parseMilliseconds(Buffer.from(text), 0, text.length)
}

/** The values of the first line of two scrapes: the first is read the slow way, the second by the predicted line. */
function scraped(first: string, second: string): number[] {
  const reader = makeReader()
  const values = [first, second].map((text) => scrape(reader, `a ${text}\n`)[0]?.values[0] ?? Number.NaN)
  reader.dispose()
  return values
}

/** Numbers that exporters write, and those at the edges of what one multiplication or division gives exactly. */
const corpus = [
  '0',
  '-0',
  '1',
  '17',
  '0.1',
  '1.445697e+06',
  '8e-05',
  '1.7976931348623157e+308',
  '5e-324',
  '2.2250738585072014e-308',
  '4.9406564584124654e-324',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '9007199254740993e1',
  '9007199254740991e22',
  '9007199254740991e23',
  '9007199254740991e-22',
  '9007199254740991e-23',
  '900719925474099267',
  '0.3',
  '0.30000000000000004',
  '123456789.123456789',
  '1.7999999999999998e+09',
  '1e22',
  '1e23',
  '1e-22',
  '1e-23',
  '6.02214076e23',
  '1.4142135623730951',
  '3.141592653589793238462643383279502884197',
  '100000000000000000000000000000000000000',
  '0.000000000000000000000000000000000000001',
  '00000000000000000000000000000000000000001',
  '1.00000000000000000000000000000000000000000',
  '179769313486231570000000000000000000000e270',
  '1e00000000000000000000001',
  '+5',
  '+.5e+1',
]

describe('a value is the double nearest to its text', () => {
  test.each(corpus)('%s', (text) => {
    expect(parse(text)).toBe(Number(text))
    expect(scraped('1', text)[1]).toBe(Number(text))
    expect(scraped(text, '1')[0]).toBe(Number(text))
  })

  test('for any double in any way to write it', () => {
    const property = fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom<(value: number) => string>(
        String,
        (value) => value.toExponential(),
        (value) => value.toExponential(20),
        (value) => value.toPrecision(17),
        (value) => value.toPrecision(16),
        (value) => value.toFixed(6),
      ),
      (value, write) => {
        const text = write(value)
        // Rounding may go beyond the largest double.
        fc.pre(Number.isFinite(Number(text)))
        expect(parse(text)).toBe(Number(text))
        expect(scraped('1', text)[1]).toBe(Number(text))
      },
    )
    fc.assert(property, { numRuns: 500 })
  })

  test('for any digits with any power of ten', () => {
    const property = fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 25n }),
      fc.integer({ min: -40, max: 40 }),
      (digits, power) => {
        const text = `${digits}e${power}`
        expect(scraped('1', text)[1]).toBe(Number(text))
      },
    )
    fc.assert(property, { numRuns: 500 })
  })
})

test.each([
  ['1e400', 'out_of_range'],
  ['-1e400', 'out_of_range'],
  [`1${'0'.repeat(400)}`, 'out_of_range'],
  ['', 'no_number'],
  ['.', 'no_number'],
  ['+', 'no_number'],
  ['e5', 'no_number'],
  ['1e', 'no_number'],
  ['1e+', 'no_number'],
  ['1.2.3', 'no_number'],
  ['0x10', 'no_number'],
  ['0b1', 'no_number'],
  ['1_000', 'no_number'],
  ['1n', 'no_number'],
  ['--1', 'no_number'],
  ['+NaN', 'no_number'],
  ['infinit', 'no_number'],
  ['infinityy', 'no_number'],
  ['١', 'no_number'],
])('%s is %s', (text, wrong) => {
  expect(parse(text)).toBe(wrong)
})

test('any other text is a number where naive reading thinks so', () => {
  const property = fc.property(
    fc.string({ unit: fc.constantFrom(...'0123456789.eE+-infaNxX_'.split('')), maxLength: 12 }),
    (text) => {
      const value = parse(text)
      expect(typeof value === 'number' ? value : undefined).toBe(naiveNumber(text))
    },
  )
  fc.assert(property, { numRuns: 3000 })
})

test('a time is a whole number of milliseconds', () => {
  expect(['0', '-5', '1520879607789', '99999999999999999'].map(milliseconds)).toEqual([
    0, -5, 1520879607789, 1e17,
  ])
  expect(['', '-', '+5', '1.5', '1e3', '1_0', '9'.repeat(19)].map(milliseconds)).toEqual(
    Array.from({ length: 7 }),
  )
})
