import { expect, test } from 'vitest'
import { byteSizePattern, parseByteSize } from './byte-size.ts'

test.each([
  ['0', 0],
  ['100', 100],
  ['1B', 1],
  ['1KB', 1024],
  ['1KiB', 1024],
  ['15MB', 15 * 1024 ** 2],
  ['1.5GB', 1.5 * 1024 ** 3],
  ['2TiB', 2 * 1024 ** 4],
  ['3PB', 3 * 1024 ** 5],
])('%s is %d bytes', (text, expected) => {
  expect(parseByteSize(text)).toBe(expected)
  expect(new RegExp(byteSizePattern).test(text)).toBe(true)
})

test.each(['', 'MB', '-1', '1mb', '1 MB', '1e3', '1MiBB', '9'.repeat(70), '99999999PB'])(
  '%j is no size',
  (text) => {
    expect(parseByteSize(text)).toBeUndefined()
  },
)
