import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedText } from './host-error.ts'
import { amountOf, counterOf, cpuListOf, decimalOf, fieldsOf, linesOf, quoted, times } from './kernel-text.ts'

test('every 64-bit counter of the kernel is read exactly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      const read = counterOf(String(value), 1)
      expect(BigInt(read)).toBe(value)
      expect(typeof read === 'number').toBe(value <= Number.MAX_SAFE_INTEGER)
    }),
  )
})

test('a product is exact', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.integer({ min: 1, max: 4096 }),
      (value, factor) => {
        expect(BigInt(times(counterOf(String(value), 1), factor))).toBe(value * BigInt(factor))
      },
    ),
  )
})

test.each([undefined, '', '-1', '1.5', '0x1', '1e3', ' 1', '123456789012345678901'])(
  '%s is no counter of the kernel',
  (text) => {
    expect(() => counterOf(text, 7)).toThrowError(expect.objectContaining({ line: 7 }))
    expect(() => amountOf(text, 7)).toThrow(MalformedText)
  },
)

test.each([undefined, '', '.5', '1.', 'NaN', '-1.0'])('%s is no decimal number', (text) => {
  expect(() => decimalOf(text, 1)).toThrow(MalformedText)
})

test('decimal numbers are read', () => {
  expect(['0.05', '12', '3.25'].map((text) => decimalOf(text, 1))).toEqual([0.05, 12, 3.25])
})

test('a text whose last line has no end was cut off', () => {
  expect(linesOf('a\nb\n')).toEqual(['a', 'b'])
  expect(() => linesOf('a\nb')).toThrowError(expect.objectContaining({ line: 2 }))
})

test('fields stand between blanks and tabs', () => {
  expect(fieldsOf('  a\t b   c ')).toEqual(['a', 'b', 'c'])
})

test('lists of CPUs are ranges and single ones', () => {
  expect(cpuListOf('')).toEqual([])
  expect(cpuListOf('0-2,5,7-8\n')).toEqual(['0', '1', '2', '5', '7', '8'])
  expect(() => cpuListOf('0-x')).toThrow(MalformedText)
  expect(() => cpuListOf('0-999999999')).toThrow(MalformedText)
})

test('a message shows little of a long text', () => {
  expect(quoted('x'.repeat(1000)).length).toBe(42)
  expect(quoted(undefined)).toBe('the end of the line')
})
