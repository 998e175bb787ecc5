import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpuModes, type CpuMode, type CpuTicks } from '#src/host/proc-stat.ts'
import { CpuClock, type CpuReading } from './cpu-clock.ts'

const none: Record<CpuMode, number> = {
  user: 0,
  nice: 0,
  system: 0,
  idle: 0,
  iowait: 0,
  irq: 0,
  softirq: 0,
  steal: 0,
  guest: 0,
  guest_nice: 0,
}

function cpu(ticks: Partial<Record<CpuMode, number>>, number = '0'): CpuTicks {
  return { cpu: number, ticks: { ...none, ...ticks } }
}

/** What a clock makes of one CPU, reading by reading. */
function readAll(...readings: readonly Partial<Record<CpuMode, number>>[]): (CpuReading | undefined)[] {
  const clock = new CpuClock()
  return readings.map((ticks) => clock.read([cpu(ticks)])[0])
}

test('ticks become seconds; guests are in user and nice, or a mode of their own', () => {
  const [reading] = readAll({ user: 700, nice: 20, guest: 300, guest_nice: 5, idle: 1 })
  expect(reading?.whole).toMatchObject({ user: 7, nice: 0.2, idle: 0.01 })
  expect(reading?.guest).toEqual({ user: 3, nice: 0.05 })
  expect(reading?.apart).toMatchObject({ user: 4, nice: 0.15, guest: 3.05 })
})

test('shares are those of the time since the reading before; the first has none', () => {
  const [first, second] = readAll({ user: 100, idle: 100 }, { user: 130, guest: 10, idle: 170 })
  expect(first?.wholeShares).toBeUndefined()
  expect(second?.wholeShares).toMatchObject({ user: 0.3, idle: 0.7 })
  expect(second?.apartShares).toMatchObject({ user: 0.2, guest: 0.1, idle: 0.7 })
})

test('a value that falls a little stays where it was, and there are no shares of such a step', () => {
  const [, second, third] = readAll({ iowait: 50, user: 1 }, { iowait: 49, user: 3 }, { iowait: 52, user: 4 })
  expect(second?.whole).toMatchObject({ iowait: 0.5, user: 0.03 })
  expect(second?.wholeShares).toBeUndefined()
  expect(third?.whole.iowait).toBe(0.52)
  expect(third?.wholeShares).toMatchObject({ iowait: 0.75, user: 0.25 })
})

test('a CPU whose idle time falls far was taken out and put in again: it starts anew', () => {
  const [, second] = readAll({ idle: 1000, user: 500 }, { idle: 10, user: 5 })
  expect(second?.whole).toMatchObject({ idle: 0.1, user: 0.05 })
  expect(second?.wholeShares).toBeUndefined()
})

test('a CPU that went offline is forgotten, and one without time has no shares', () => {
  const clock = new CpuClock()
  clock.read([cpu({ user: 5 }), cpu({ user: 7 }, '1')])
  expect(clock.read([cpu({ user: 5 })]).map((reading) => reading.cpu)).toEqual(['0'])
  const back = clock.read([cpu({ user: 5 }), cpu({ user: 1 }, '1')])
  expect(back[0]?.wholeShares).toBeUndefined()
  expect(back[1]?.whole.user).toBe(0.01)
})

test('whatever the kernel writes, seconds only grow and shares add up to 1', () => {
  const ticks = fc.record(Object.fromEntries(cpuModes.map((mode) => [mode, fc.nat(1000)])))
  fc.assert(
    fc.property(fc.array(ticks, { minLength: 2, maxLength: 6 }), (steps) => {
      const clock = new CpuClock()
      const raw = { ...none }
      let before: CpuReading | undefined
      for (const step of steps) {
        // Guest time is part of user time.
        for (const mode of cpuModes) raw[mode] += step[mode] ?? 0
        raw.user += step['guest'] ?? 0
        raw.nice += step['guest_nice'] ?? 0
        const [reading] = clock.read([cpu(raw)])
        for (const mode of Object.keys(reading?.apart ?? {}) as (keyof CpuReading['apart'])[])
          expect(reading?.apart[mode]).toBeGreaterThanOrEqual(before?.apart[mode] ?? 0)
        for (const shares of [reading?.wholeShares, reading?.apartShares]) {
          if (shares === undefined) continue
          const sum = Object.values(shares).reduce((total, share) => total + share, 0)
          expect(sum).toBeCloseTo(1, 9)
        }
        before = reading
      }
    }),
  )
})
