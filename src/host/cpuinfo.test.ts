import { expect, test } from 'vitest'
import { hostFiles } from '#src/testing/fake-host.ts'
import { parseCpuinfo } from './cpuinfo.ts'

test('frequencies are read by CPU, where the architecture tells them', () => {
  expect(parseCpuinfo(hostFiles['/proc/cpuinfo'] ?? '')).toEqual({
    count: 2,
    frequencies: [
      { cpu: '0', megahertz: 2300.125 },
      { cpu: '1', megahertz: 800 },
    ],
  })
  expect(parseCpuinfo('processor\t: 0\nBogoMIPS\t: 50.00\n\n')).toEqual({ count: 1, frequencies: [] })
})

test('a frequency that is no number is an error at its line', () => {
  expect(() => parseCpuinfo('processor\t: 0\ncpu MHz\t\t: fast\n')).toThrowError(
    expect.objectContaining({ line: 2 }),
  )
})
