import { assert, array, integer, nat, oneof, property, record, uniqueArray, type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { internedSets } from '#src/model/attribute-set.ts'
import { emptyScope } from '#src/model/resource.ts'
import { makeDescriptor, Metric } from '#src/model/series.ts'
import { Source } from '#src/model/source.ts'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { ObjectTable, type ObjectSlots } from './object-table.ts'

const metrics = ['a', 'b', 'c'].map((name) => new Metric(name, makeDescriptor({ kind: 'gauge' }), emptyScope))
const [a, b] = metrics as [Metric, Metric]

type Row = readonly [metric: Metric, part: string, value: number]

function put(table: ObjectTable, name: string, rows: readonly Row[], before?: ObjectSlots): ObjectSlots {
  table.begin(before)
  for (const [metric, part, value] of rows) table.record(metric, ['object', name, 'part', part], value)
  return table.end()
}

const textsOf = (attributes: object): readonly unknown[] => Object.values(attributes)

const lines = (batches: ReturnType<ObjectTable['all']>): string[] =>
  batches
    .flatMap(samplesOf)
    .map(({ name, attributes, value }) => `${name} ${textsOf(attributes).join('/')} ${value}`)

test('an object stands until it is recorded again, and what it no longer shows ends', () => {
  const table = new ObjectTable(new Source('k8s_state', 'pods'))
  const x = put(table, 'x', [
    [a, '1', 1],
    [b, '1', 2],
  ])
  put(table, 'y', [[a, '1', 3]])
  expect(lines(table.all(1))).toEqual(['a x/1 1', 'b x/1 2', 'a y/1 3'])
  expect(lines(table.all(2))).toEqual(['a x/1 1', 'b x/1 2', 'a y/1 3'])
  put(table, 'x', [[b, '1', 5]], x)
  expect(lines(table.all(3))).toEqual(['a x/1 stale', 'b x/1 5', 'a y/1 3'])
  table.dispose()
})

test('only what changed is among the changes, and then no longer', () => {
  const table = new ObjectTable(new Source('k8s_state', 'pods'))
  const x = put(table, 'x', [
    [a, '1', 1],
    [b, '1', 2],
  ])
  table.all(1)
  expect(table.changed).toBe(false)
  put(
    table,
    'x',
    [
      [a, '1', 1],
      [b, '1', 7],
      [a, '2', 0],
    ],
    x,
  )
  expect(lines(table.changes(2))).toEqual(['b x/1 7', 'a x/2 0'])
  expect(table.changes(3)).toEqual([])
  table.dispose()
})

test('a batch that was sent does not change when objects do', () => {
  const table = new ObjectTable(new Source('k8s_state', 'pods'))
  const x = put(table, 'x', [[a, '1', 1]])
  const sent = table.all(1)
  put(table, 'x', [[a, '1', 2]], x)
  expect(lines(sent)).toEqual(['a x/1 1'])
  table.dispose()
})

test('a series of an object that was deleted and made anew goes on without a marker', () => {
  const table = new ObjectTable(new Source('k8s_state', 'deployments'))
  const x = put(table, 'x', [
    [a, '1', 1],
    [b, '1', 1],
  ])
  table.all(1)
  table.remove(x)
  put(table, 'x', [[a, '1', 2]])
  expect(lines(table.all(2))).toEqual(['b x/1 stale', 'a x/1 2'])
  table.dispose()
})

test('a series that came and went between two batches is not told of', () => {
  const table = new ObjectTable(new Source('k8s_state', 'pods'))
  put(table, 'y', [[a, '1', 1]])
  table.all(1)
  table.remove(put(table, 'x', [[a, '1', 1]]))
  expect(lines(table.all(2))).toEqual(['a y/1 1'])
  table.dispose()
})

test('an object that is given up has the series that it had', () => {
  const table = new ObjectTable(new Source('k8s_state', 'pods'))
  const x = put(table, 'x', [[a, '1', 1]])
  table.all(1)
  table.begin(x)
  table.record(b, ['object', 'x', 'part', 'new'], 1)
  table.abandon()
  expect(lines(table.all(2))).toEqual(['a x/1 1'])
  table.remove(x)
  expect(lines(table.all(3))).toEqual(['a x/1 stale'])
  table.dispose()
})

test('of two samples of one series in an object the first counts, and where it is recorded again too', () => {
  const table = new ObjectTable(new Source('k8s_state', 'pods'))
  const rows: readonly Row[] = [
    [a, '1', 1],
    [a, '1', 2],
    [b, '1', 3],
  ]
  const slots = put(table, 'x', rows)
  expect(lines(table.all(1))).toEqual(['a x/1 1', 'b x/1 3'])
  expect(put(table, 'x', rows, slots)).toEqual(slots)
  expect(lines(table.all(2))).toEqual(['a x/1 1', 'b x/1 3'])
  expect(table.duplicates).toBe(2)
  table.dispose()
})

test('markers end what was shown, and the next batches show it again', () => {
  const table = new ObjectTable(new Source('k8s_state', 'pods'))
  put(table, 'x', [[a, '1', 1]])
  table.all(1)
  expect(lines(table.markers(2))).toEqual(['a x/1 stale'])
  expect(lines(table.all(3))).toEqual(['a x/1 1'])
  table.dispose()
})

type Step =
  | { readonly object: number; readonly rows: readonly (readonly [number, number, number])[] }
  | { readonly gone: number }
  | { readonly flush: number }

const steps: Arbitrary<Step[]> = array(
  oneof(
    record({
      object: nat(3),
      rows: uniqueArray(
        record({ metric: nat(2), part: nat(3), value: integer({ min: 0, max: 3 }) }).map(
          ({ metric, part, value }) => [metric, part, value] as const,
        ),
        { selector: ([metric, part]) => `${metric}/${part}` },
      ),
    }),
    record({ gone: nat(3) }),
    record({ flush: nat(1) }),
  ),
  { maxLength: 40 },
)

test('whatever happens to objects, a reader of the batches knows just what they show', () => {
  const interned = internedSets()
  assert(
    property(steps, (history) => {
      const table = new ObjectTable(new Source('k8s_state', 'pods'))
      const objects = new Map<number, { readonly slots: ObjectSlots; readonly shown: readonly string[] }>()
      const reader = new Map<string, string>()
      const read = (batches: ReturnType<ObjectTable['all']>): void => {
        for (const line of lines(batches)) {
          const at = line.lastIndexOf(' ')
          if (line.endsWith(' stale')) reader.delete(line.slice(0, at))
          else reader.set(line.slice(0, at), line.slice(at + 1))
        }
      }
      for (const step of history) {
        if ('object' in step) {
          const rows = step.rows.map(([metric, part, value]): Row => [
            metrics[metric] ?? a,
            String(part),
            value,
          ])
          const slots = put(table, String(step.object), rows, objects.get(step.object)?.slots)
          const shown = rows.map(([{ name }, part, value]) => `${name} ${step.object}/${part} ${value}`)
          objects.set(step.object, { slots, shown })
        } else if ('gone' in step) {
          table.remove(objects.get(step.gone)?.slots ?? [])
          objects.delete(step.gone)
        } else read(step.flush === 0 ? table.all(1) : table.changes(1))
      }
      read(table.changes(2))
      const known = [...reader].map((pair) => pair.join(' ')).toSorted()
      expect(known).toEqual([...objects.values()].flatMap(({ shown }) => shown).toSorted())
      table.dispose()
    }),
  )
  expect(internedSets()).toEqual(interned)
})

test('a series that several objects show is there once, as long as any of them shows it', () => {
  const before = internedSets()
  const table = new ObjectTable(new Source('k8s_state', 'pods'), { shared: true })
  const show = (value: number, slots?: ObjectSlots): ObjectSlots =>
    put(table, 'same', [[a, '1', value]], slots)
  const [x, y, z] = [show(1), show(2), show(3)]
  expect(table.duplicates).toBe(2)
  expect(lines(table.all(1))).toEqual(['a same/1 3'])
  show(4, x)
  expect([table.duplicates, ...lines(table.all(2))]).toEqual([2, 'a same/1 4'])
  table.remove(x)
  put(table, 'other', [[a, '1', 5]], y)
  expect(lines(table.all(3))).toEqual(['a same/1 4', 'a other/1 5'])
  table.remove(z)
  expect(lines(table.all(4))).toEqual(['a same/1 stale', 'a other/1 5'])
  table.dispose()
  expect(internedSets()).toEqual(before)
})
