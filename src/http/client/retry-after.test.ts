import { expect, test } from 'vitest'
import { parseRetryAfter } from './retry-after.ts'

// Dates of HTTP are in GMT wherever this runs.
process.env['TZ'] = 'Asia/Tokyo'

const now = Date.UTC(1994, 10, 6, 8, 49, 0)

test.each([
  ['0', 0],
  ['120', 120_000],
  ['9999999999', 86_400_000],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
  ['Sun Nov  6 08:49:37 1994', 37_000],
  ['Sun, 06 Nov 1994 08:48:00 GMT', 0],
  ['Sun, 06 Nov 2094 08:49:37 GMT', 86_400_000],
  [undefined, undefined],
  ['', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['soon', undefined],
  ['2024', 2_024_000],
  ['Sun, 99 Nov 1994 08:49:37 GMT', undefined],
  ['99999999999', undefined],
])('Retry-After: %s is a wait of %s ms', (header, wait) => {
  expect(parseRetryAfter(header, now)).toBe(wait)
})
