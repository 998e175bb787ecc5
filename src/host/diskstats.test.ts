import { expect, test } from 'vitest'
import { parseDiskstats } from './diskstats.ts'

test('columns are named; those that an older kernel lacks are absent', () => {
  const [old, today] = parseDiskstats(
    '   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n 254       0 vda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 18446744073709551615\n',
  )
  expect(old).toMatchObject({ major: '8', minor: '0', device: 'sda' })
  expect(old?.values.get('weightedIoTime')).toBe(11)
  expect(old?.values.has('discards')).toBe(false)
  expect(today?.values.get('discardTime')).toBe(15)
  expect(today?.values.get('flushTime')).toBe(18_446_744_073_709_551_615n)
})

test('columns of kernels to come are ignored, and partitions of old ones', () => {
  const disks = parseDiskstats('8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19\n8 1 sda1 1 2 3 4\n')
  expect(disks.map(({ device, values }) => [device, values.size])).toEqual([['sda', 17]])
})

test.each(['8 0 sda 1 2 3 4 5 6 7 8 9 10 x\n', '8 0 sda 1 2 3\n', '8 0 sda 1 2 3 4 5 6 7 8 9 10 11', '\n'])(
  '%j is an error',
  (text) => {
    expect(() => parseDiskstats(text)).toThrowError(expect.objectContaining({ line: 1 }))
  },
)
