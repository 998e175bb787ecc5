import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { labelsOf, relabeled, type LabelRecord } from '#src/testing/labels.ts'
import { Labels } from './labels.ts'
import { lowercase, uppercase } from './letter-case.ts'
import { compileRelabeling } from './relabeling.ts'

test('a trace tells for each rule what the labels were before and after', () => {
  const copy = { source_labels: ['a'], target_label: 'b' }
  const skipped = { if: '{a="2"}', target_label: 'c', replacement: 'x' }
  const steps = compileRelabeling([copy, skipped]).trace(labelsOf({ a: '1' }))
  const both = [
    ['a', '1'],
    ['b', '1'],
  ]
  expect(steps).toEqual([
    { rule: copy, before: [['a', '1']], after: both },
    { rule: skipped, before: both, after: both },
  ])
})

test('a trace ends with the rule that drops', () => {
  const drop = { action: 'drop', source_labels: ['a'], regex: '1' }
  const steps = compileRelabeling([drop, { target_label: 'b' }]).trace(labelsOf({ a: '1' }))
  expect(steps).toEqual([{ rule: drop, before: [['a', '1']], after: undefined }])
})

test('a name that the old rules forbid is not written where they hold', () => {
  const rule = { source_labels: ['a'], target_label: '$1', replacement: 'x' }
  const labels = labelsOf({ a: 'b.c' })
  compileRelabeling([rule], { names: 'legacy' }).apply(labels)
  expect(labels.pairs()).toEqual([['a', 'b.c']])
  expect(relabeled({ a: 'b.c' }, rule)).toEqual({ a: 'b.c', 'b.c': 'x' })
})

test('what a rule remembers of one text does not reach another', () => {
  const relabeling = compileRelabeling([{ source_labels: ['a'], regex: 'x(.)', target_label: 'b' }])
  const labels = new Labels()
  const results = ['x1', 'x2', 'y', 'x1', ''].map((value) => {
    labels.clear()
    labels.fill('a', value)
    relabeling.apply(labels)
    return labels.get('b')
  })
  expect(results).toEqual(['1', '2', '', '1', ''])
})

test('labels of any names, those of prototypes too, are labels', () => {
  const record = JSON.parse('{"__proto__":"1","constructor":"2","toString":"3"}') as LabelRecord
  const labels = labelsOf(record)
  compileRelabeling([{ action: 'labelmap', regex: '(.+)', replacement: 'x_$1' }]).apply(labels)
  expect(labels.get('x___proto__')).toBe('1')
  expect(labels.get('hasOwnProperty')).toBe('')
  expect(labels.size).toBe(6)
})

const name = fc.constantFrom<string[]>('a', 'b', 'c', 'dd', '__x')
const operation = fc.oneof(
  fc.record({ set: name, value: fc.constantFrom('', '1', '2') }),
  fc.record({ keep: fc.array(name) }),
)

test('labels behave as a map from which empty values are gone, and know whether they changed', () => {
  fc.assert(
    fc.property(
      fc.dictionary(name, fc.constantFrom('', '1', '2')),
      fc.array(operation),
      (record, operations) => {
        const labels = labelsOf(record)
        const model = new Map(Object.entries(record).filter(([, value]) => value !== ''))
        const before = new Map(model)
        for (const each of operations) {
          if ('keep' in each) {
            labels.keepNames((key) => each.keep.includes(key))
            for (const key of model.keys()) if (!each.keep.includes(key)) model.delete(key)
          } else {
            labels.set(each.set, each.value)
            if (each.value === '') model.delete(each.set)
            else model.set(each.set, each.value)
          }
        }
        expect(new Map(labels.pairs())).toEqual(model)
        expect(labels.size).toBe(model.size)
        expect(labels.changed || isDeepStrictEqual(model, before)).toBe(true)
      },
    ),
  )
})

test('labels that were there are read by name, in the order of their bytes', () => {
  expect(
    [...labelsOf({ b: '2', '\uffff': '4', a: '1', '\u{1f600}': '5', __name__: '0' }).pairs()].map(
      ([, value]) => value,
    ),
  ).toEqual(['0', '1', '2', '4', '5'])
})

test.each([
  [lowercase, 'ΌΔΟΣ İ ẞ', 'όδοσ i ß'],
  [uppercase, 'straße ŉ \u{10428}', 'STRAßE ŉ \u{10400}'],
])('case changes letter by letter', (change, text, expected) => {
  expect(change(text)).toBe(expected)
})
