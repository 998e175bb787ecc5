import { expect, test } from 'vitest'
import { hostFiles } from '#src/testing/fake-host.ts'
import { parseProcStat } from './proc-stat.ts'

test('CPUs are read by number, with all modes, and the time of the boot', () => {
  const { cpus, bootTime } = parseProcStat(hostFiles['/proc/stat'] ?? '')
  expect(cpus.map(({ cpu }) => cpu)).toEqual(['0', '1'])
  expect(cpus[0]?.ticks).toEqual({
    user: 700,
    nice: 18,
    system: 295,
    idle: 45000,
    iowait: 98,
    irq: 3,
    softirq: 39,
    steal: 8,
    guest: 20,
    guest_nice: 2,
  })
  expect(bootTime).toBe(1_700_000_000)
})

test('CPUs that are offline are gaps in the numbers', () => {
  const { cpus } = parseProcStat('cpu  1 1 1 1 1 1 1\ncpu0 1 1 1 1 1 1 1\ncpu3 1 1 1 1 1 1 1\n')
  expect(cpus.map(({ cpu }) => cpu)).toEqual(['0', '3'])
})

test('modes that an old kernel lacks are 0', () => {
  const { cpus } = parseProcStat('cpu0 1 2 3 4 5 6 7\n')
  expect(cpus[0]?.ticks).toMatchObject({ softirq: 7, steal: 0, guest: 0, guest_nice: 0 })
})

test.each([
  ['no CPU', 'btime 1\n', 'line of a CPU'],
  ['few columns', 'cpu0 1 2 3\n', '7 columns are expected, not 3'],
  ['no number', 'cpu0 1 2 3 x 5 6 7\n', 'a number is expected, not "x"'],
  ['a negative number', 'cpu0 1 2 3 -4 5 6 7\n', 'not "-4"'],
  ['a text that is cut off', 'cpu0 1 2 3 4 5 6 7', 'cut off'],
  ['nothing', '', 'line of a CPU'],
])('%s is an error that says so', (_, text, message) => {
  expect(() => parseProcStat(text)).toThrow(message)
})
