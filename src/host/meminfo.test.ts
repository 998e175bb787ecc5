import { expect, test } from 'vitest'
import { parseMeminfo } from './meminfo.ts'

test('fields with a unit are bytes, the others counts', () => {
  const fields = parseMeminfo('MemTotal:  16 kB\nActive(anon):   2 kB\nHugePages_Total:       8\n\n')
  expect(Object.fromEntries(fields)).toEqual({
    MemTotal: { value: 16384, bytes: true },
    'Active(anon)': { value: 2048, bytes: true },
    HugePages_Total: { value: 8, bytes: false },
  })
})

test.each([
  ['another unit', 'MemTotal: 1 MB\n'],
  ['no colon', 'MemTotal 1 kB\n'],
  ['no number', 'MemTotal: kB\n'],
  ['more fields', 'MemTotal: 1 kB 2\n'],
  ['a text that is cut off', 'MemTotal: 16000000 kB\nMemFree: 12'],
])('%s is an error with its line', (_, text) => {
  expect(() => parseMeminfo(text)).toThrowError(expect.objectContaining({ name: 'MalformedText' }))
})
