import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { Agenda, type Appointment } from './agenda.ts'

function appointment(call: () => void): Appointment {
  return { due: 0, place: -1, call }
}

test('appointments are called in the order of their times, whatever is moved and removed meanwhile, by one timer', async () => {
  const time = fc.nat(1000)
  const step = fc.record({ which: fc.nat(19), due: fc.option(time) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new FakeClock()
      const agenda = new Agenda(clock)
      const called: [which: number, at: number][] = []
      const all = Array.from({ length: 20 }, (_, which) =>
        appointment(() => void called.push([which, clock.monotonic()])),
      )
      const expected = new Map<number, number>()
      for (const { which, due } of steps) {
        const one = all[which]
        if (one === undefined) continue
        if (due === null) {
          agenda.remove(one)
          expected.delete(which)
        } else {
          agenda.set(one, due)
          expected.set(which, due)
        }
        expect(clock.waiting).toBe(expected.size > 0 ? 1 : 0)
      }
      expect(agenda.size).toBe(expected.size)
      await clock.advance(1000)
      expect(called.map(([, at]) => at)).toEqual([...expected.values()].toSorted((a, b) => a - b))
      expect(new Map(called)).toEqual(expected)
    }),
    { numRuns: 50 },
  )
})

test('one that throws leaves the others in place', async () => {
  const clock = new FakeClock()
  const agenda = new Agenda(clock)
  let called = 0
  agenda.set(
    appointment(() => {
      throw new Error('no')
    }),
    1,
  )
  agenda.set(
    appointment(() => void called++),
    2,
  )
  await expect(clock.advance(1)).rejects.toThrow('no')
  await clock.advance(1)
  expect(called).toBe(1)
})

test('where very many are due at once, others get their turn in between', async () => {
  const clock = new FakeClock()
  const agenda = new Agenda(clock)
  let called = 0
  for (let index = 0; index < 200; index++)
    agenda.set(
      appointment(() => void called++),
      5,
    )
  const seen: number[] = []
  clock.after(5, () => seen.push(called))
  clock.after(6, () => seen.push(called))
  await clock.advance(5)
  expect(called).toBe(200)
  expect(seen[0]).toBe(64)
})
