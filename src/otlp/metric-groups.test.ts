import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeResource, makeScope } from '#src/model/resource.ts'
import type { Series } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { layoutOf, series } from '#src/testing/series.ts'
import { MetricGroups } from './metric-groups.ts'

function seen(groups: MetricGroups): (readonly [string, readonly number[]])[] {
  return [...groups.all].map(({ name, slots }) => [name, [...slots]] as const)
}

test('series of one name, kind, unit and scope are one group, whoever made the metric', () => {
  const scope = makeScope(makeResource(['host.name', 'a']))
  const same = makeScope(makeResource(['host.name', 'a']))
  const groups = new MetricGroups()
  groups.follow(
    layoutOf([
      series('x', { n: '1' }, { scope }),
      series('x', { n: '1' }, { scope, unit: 's' }),
      series('x', { n: '1' }, { scope: makeScope(makeResource(['host.name', 'b'])) }),
      series('x', { n: '2' }, { scope: same }),
      series('x', { n: '3' }, { scope, kind: 'sum' }),
    ]),
  )
  expect(seen(groups).map(([, slots]) => slots)).toEqual([[0, 3], [1], [2], [4]])
})

test('names that only differ in where the unit ends are told apart', () => {
  const groups = new MetricGroups()
  groups.follow(layoutOf([series('b c', {}, { unit: 'a' }), series('c', {}, { unit: 'a b' })]))
  expect(groups.all.size).toBe(2)
})

test('after any edits the groups are those of a fresh start, and none is left without series', () => {
  const names = ['x', 'y', 'z']
  const edit = fc.record({ remove: fc.array(fc.nat(9)), add: fc.array(fc.nat(2), { maxLength: 4 }) })
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 8 }), fc.boolean(), (edits, skips) => {
      const table = new SlotTable(new Source('test', ''))
      const groups = new MetricGroups()
      let count = 0
      for (const [index, { remove, add }] of edits.entries()) {
        for (const slot of remove) table.remove(slot)
        for (const name of add) table.add(series(names[name] ?? '', { n: String(count++) }))
        const layout = table.commit()
        // One that misses versions compares all slots.
        if (skips && index % 2 === 0) continue
        groups.follow(layout)
        const expected = Map.groupBy([...layout.live], (slot) => (layout.series[slot] as Series).name)
        expect(new Map(seen(groups))).toEqual(expected)
        for (const slot of layout.live) expect(groups.at(slot)?.name).toBe(layout.series[slot]?.name)
      }
    }),
  )
})
