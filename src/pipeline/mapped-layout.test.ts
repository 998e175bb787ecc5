import fc from 'fast-check'
import { expect, test } from 'vitest'
import { internedSets } from '#src/model/attribute-set.ts'
import type { Layout } from '#src/model/layout.ts'
import { sameSeries, type Series } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { series } from '#src/testing/series.ts'
import { MappedLayout } from './mapped-layout.ts'

const source = new Source('test', '')

function unexpected(error: unknown): never {
  throw new Error('the function threw', { cause: error })
}

/** Drops what ends in x, joins the names that differ in their digit, keeps the rest. */
function join(input: Series): Series | undefined {
  if (input.name.endsWith('x')) return undefined
  return /\d$/.test(input.name) ? input.withName(input.name.replace(/\d$/, '')) : input
}

/** Names and labels, sorted. */
function identities(layout: Layout): string[] {
  return layout.series
    .flatMap((each) => (each === undefined ? [] : JSON.stringify([each.name, ...each.attributes.entries])))
    .toSorted()
}

function names(layout: Layout): (string | undefined)[] {
  return layout.series.map((each) => each?.name)
}

test('outputs keep the slots of their inputs, and a steady layout is answered by the same object', () => {
  const table = new SlotTable(source)
  for (const name of ['a', 'bx', 'c1']) table.add(series(name))
  const mapped = new MappedLayout(source, join, unexpected)
  const input = table.commit()
  const output = mapped.of(input)
  expect(names(output)).toEqual(['a', undefined, 'c'])
  expect(output.size).toBe(2)
  expect(output.series[0]).toBe(input.series[0])
  expect(mapped.of(input)).toBe(output)
})

test('only new series are mapped, also when a version was missed', () => {
  const table = new SlotTable(source)
  let calls = 0
  const mapped = new MappedLayout(
    source,
    (input) => {
      calls++
      return input
    },
    unexpected,
  )
  for (const name of ['a', 'b', 'c']) table.add(series(name))
  mapped.of(table.commit())
  table.add(series('d'))
  table.commit()
  table.add(series('e'))
  mapped.of(table.commit())
  expect(calls).toBe(5)
})

test('a version whose changes are all dropped makes no new output', () => {
  const table = new SlotTable(source)
  table.add(series('a'))
  const mapped = new MappedLayout(source, join, unexpected)
  const output = mapped.of(table.commit())
  table.add(series('bx'))
  expect(mapped.of(table.commit())).toBe(output)
})

test('of two series that become one the first wins, and the other follows when it goes', () => {
  const table = new SlotTable(source)
  for (const name of ['a1', 'a2', 'a3']) table.add(series(name))
  const mapped = new MappedLayout(source, join, unexpected)
  expect(names(mapped.of(table.commit()))).toEqual(['a'])
  expect([...mapped.duplicates]).toEqual([1, 2])
  table.remove(0)
  const output = mapped.of(table.commit())
  expect([names(output), output.size]).toEqual([[undefined, 'a'], 1])
  expect([...mapped.duplicates]).toEqual([2])
})

test('an untouched series that a renamed one collides with keeps its identity', () => {
  const table = new SlotTable(source)
  for (const name of ['a', 'a1']) table.add(series(name))
  const mapped = new MappedLayout(source, join, unexpected)
  expect(names(mapped.of(table.commit()))).toEqual(['a'])
  expect([...mapped.duplicates]).toEqual([1])
})

test('a series on which the function throws is dropped and told, the others go on', () => {
  const table = new SlotTable(source)
  for (const name of ['good', 'bad']) table.add(series(name))
  const told: string[] = []
  const mapped = new MappedLayout(
    source,
    (input) => {
      if (input.name === 'bad') throw new Error('no')
      return input
    },
    (_, input) => told.push(input.name),
  )
  expect(names(mapped.of(table.commit()))).toEqual(['good'])
  expect([told, [...mapped.failed]]).toEqual([['bad'], [1]])
})

test('renamed series of one family share one metric', () => {
  const table = new SlotTable(source)
  const first = series('a1', { k: '1' })
  table.add(first)
  table.add(series('a1', { k: '2' }))
  const output = new MappedLayout(source, join, unexpected).of(table.commit())
  // Each was renamed on its own; their descriptors differ as objects, and say the same.
  expect(output.series[0]?.metric).toBe(output.series[1]?.metric)
})

test('edits give what a mapping from nothing gives, and nothing is left at the end', () => {
  const before = internedSets()
  const name = fc.constantFrom('a', 'a1', 'a2', 'a3', 'b', 'b1', 'cx', 'dx1', 'e')
  const step = fc.record({
    add: fc.array(fc.tuple(name, fc.constantFrom('1', '2')), { maxLength: 3 }),
    remove: fc.array(fc.nat(12), { maxLength: 3 }),
    missed: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const table = new SlotTable(source)
      const live = new Map<string, number>()
      const mapped = new MappedLayout(source, join, unexpected)
      for (const { add, remove, missed } of steps) {
        for (const [key, slot] of live) {
          if (!remove.includes(slot)) continue
          table.remove(slot)
          live.delete(key)
        }
        for (const [each, label] of add) {
          // A layout holds a series once.
          const key = `${each} ${label}`
          if (!live.has(key)) live.set(key, table.add(series(each, { label })))
        }
        const layout = table.commit()
        if (missed) continue
        const output = mapped.of(layout)
        const fresh = new MappedLayout(source, join, unexpected)
        const expected = fresh.of(layout)
        // Which of several twins wins depends on who was first; that one of them is there does not.
        expect(identities(output)).toEqual(identities(expected))
        expect(output.size).toBe(identities(output).length)
        const all = output.series.filter((each) => each !== undefined)
        for (const [index, one] of all.entries()) {
          for (const other of all.slice(index + 1)) expect(sameSeries(one, other)).toBe(false)
        }
        fresh.dispose()
      }
      mapped.dispose()
      table.dispose()
      expect(internedSets()).toEqual(before)
    }),
  )
})
