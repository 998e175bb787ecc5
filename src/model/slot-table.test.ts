import fc from 'fast-check'
import { expect, test } from 'vitest'
import { series } from '#src/testing/series.ts'
import { internedSets } from './attribute-set.ts'
import type { Layout } from './layout.ts'
import { SlotTable } from './slot-table.ts'
import { Source } from './source.ts'

const source = new Source('test', 'slots')

test('a series keeps its slot, and each version but the first lists what changed', () => {
  const table = new SlotTable(source)
  const [a, b, c] = ['a', 'b', 'c'].map((name) => series(name))
  if (a === undefined || b === undefined || c === undefined) throw new Error('unreachable')
  expect([table.add(a), table.add(b)]).toEqual([0, 1])
  const first = table.commit()
  expect([first.size, [...first.edits], [...first.live]]).toEqual([2, [], [0, 1]])
  expect([...first.changedSince(undefined)]).toEqual([0, 1])
  expect(table.commit()).toBe(first)
  table.remove(0)
  table.add(c)
  const second = table.commit()
  expect(second.previous).toBe(first.id)
  expect(new Set(second.edits)).toEqual(new Set([0, 2]))
  expect([...second.live]).toEqual([1, 2])
  expect(first.series[0]).toBe(a)
})

test('a freed slot rests for a version before it is used again', () => {
  const table = new SlotTable(source)
  table.add(series('a'))
  table.commit()
  table.remove(0)
  table.commit()
  expect(table.add(series('b'))).toBe(1)
  table.commit()
  expect(table.add(series('c'))).toBe(0)
})

test('a consumer that applies edits sees what one that rebuilds sees', () => {
  const step = fc.record({
    add: fc.nat(3),
    remove: fc.array(fc.nat(20), { maxLength: 3 }),
    missed: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const table = new SlotTable(source)
      const copy: (string | undefined)[] = []
      let seen: Layout | undefined
      let born = 0
      for (const { add, remove, missed } of steps) {
        for (const slot of remove) table.remove(slot)
        for (let count = 0; count < add; count++) table.add(series(`m${born++}`))
        const layout = table.commit()
        if (missed) continue
        for (const slot of layout.changedSince(seen)) copy[slot] = layout.series[slot]?.name
        seen = layout
        expect(layout.series.map((each) => each?.name)).toEqual(
          Array.from({ length: layout.series.length }, (_, slot) => copy[slot]),
        )
        expect([...layout.live]).toEqual(
          [...layout.series.keys()].filter((slot) => layout.series[slot] !== undefined),
        )
        expect(layout.live.length).toBe(layout.size)
      }
      table.dispose()
    }),
  )
})

test('slots at the end that nothing needs any more are given up, once they have rested', () => {
  const table = new SlotTable(source)
  const layouts: Layout[] = []
  for (let index = 0; index < 5000; index++) table.add(series(`m${index}`))
  layouts.push(table.commit())
  for (let slot = 1; slot < 5000; slot++) table.remove(slot)
  for (let round = 0; round < 4; round++) {
    table.remove(table.add(series('passing')))
    table.add(series(`n${round}`))
    layouts.push(table.commit())
  }
  const places = [...table.layout.live].slice(1)
  for (const slot of places) table.remove(slot)
  for (let round = 0; round < 4; round++) {
    table.add(series(`o${round}`))
    layouts.push(table.commit())
  }
  const last = layouts.at(-1)
  expect(last?.series.length).toBeLessThan(30)
  expect(last?.size).toBe(5)
  // A consumer that applies edits keeps up through all of it.
  const copy: (string | undefined)[] = []
  let seen: Layout | undefined
  for (const layout of layouts) {
    for (const slot of layout.changedSince(seen)) copy[slot] = layout.series[slot]?.name
    seen = layout
  }
  expect(copy.filter((name) => name !== undefined)).toEqual(
    last?.series.filter((each) => each !== undefined).map((each) => each.name),
  )
  table.dispose()
})

test('ten thousand cycles of coming and going leave nothing behind', () => {
  const before = internedSets()
  const table = new SlotTable(source)
  const living: number[] = []
  for (let cycle = 0; cycle < 10_000; cycle++) {
    for (let count = 0; count < 3; count++)
      living.push(table.add(series('m', { pod: `pod-${cycle}-${count}` })))
    while (living.length > 60) {
      const [slot] = living.splice((cycle * 7919) % living.length, 1)
      if (slot !== undefined) table.remove(slot)
    }
    table.commit()
  }
  expect(table.layout.size).toBe(60)
  // 60 live, and at most three times three slots that rest.
  expect(table.layout.series.length).toBeLessThanOrEqual(72)
  expect(internedSets()).toBe(before + 60)
  table.dispose()
  expect(internedSets()).toEqual(before)
})
