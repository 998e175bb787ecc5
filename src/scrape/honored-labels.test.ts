import { expect, test } from 'vitest'
import { Labels } from '#src/relabel/labels.ts'
import { mergeLabels } from './honored-labels.ts'

type Pairs = Readonly<Record<string, string>>

function merged(exposed: Pairs, own: Pairs, honorLabels: boolean): Pairs {
  const labels = new Labels()
  mergeLabels(labels, Object.entries(exposed).flat(), Object.entries(own).flat(), honorLabels)
  expect(labels.changed).toBe(false)
  return Object.fromEntries(labels.pairs())
}

test.each<[exposed: Pairs, own: Pairs, relabeled: Pairs, honored: Pairs]>([
  [{ n: '1' }, { n: '2' }, { exported_n: '1', n: '2' }, { n: '1' }],
  [
    { n: '1' },
    { n: '2', exported_n: '2' },
    { n: '2', exported_n: '2', exported_exported_n: '1' },
    { n: '1', exported_n: '2' },
  ],
  [
    { foo: '1', exported_foo: '2' },
    { foo: '3', exported_foo: '4' },
    {
      exported_exported_foo: '1',
      exported_exported_exported_foo: '2',
      exported_foo: '4',
      foo: '3',
    },
    { foo: '1', exported_foo: '2' },
  ],
  [
    { a: 'b', exported_a: 'x' },
    { a: 'd' },
    { a: 'd', exported_a: 'x', exported_exported_a: 'b' },
    { a: 'b', exported_a: 'x' },
  ],
  [{ n: '' }, {}, {}, {}],
  [{ n: '' }, { n: '2' }, { n: '2' }, {}],
  [{ a: '1' }, { b: '2' }, { a: '1', b: '2' }, { a: '1', b: '2' }],
  [{}, { job: 'x' }, { job: 'x' }, { job: 'x' }],
  [
    { b: '1', a: '2' },
    { a: '3', b: '4' },
    { a: '3', b: '4', exported_a: '2', exported_b: '1' },
    { a: '2', b: '1' },
  ],
])('exposed %j of a target %j', (exposed, own, relabeled, honored) => {
  expect(merged(exposed, own, false)).toEqual(relabeled)
  expect(merged(exposed, own, true)).toEqual(honored)
})

test('a label that is there twice is a mistake', () => {
  const labels = new Labels()
  expect(() => mergeLabels(labels, ['a', '1', 'a', '2'], [], false)).toThrow('the label "a" is there twice')
})

test('names of prototypes are names', () => {
  const own = JSON.parse('{"__proto__":"2","constructor":"3"}') as Pairs
  expect(merged({ toString: '1', constructor: '0' }, own, false)).toEqual(
    JSON.parse('{"toString":"1","exported_constructor":"0","__proto__":"2","constructor":"3"}'),
  )
})
