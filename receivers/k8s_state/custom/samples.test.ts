import { array, assert, constantFrom, dictionary, jsonValue, property } from 'fast-check'
import { expect, test } from 'vitest'
import { optionsOf } from '#src/testing/options.ts'
import { CustomResourceStateOptions } from './options.ts'
import { compileSamples } from './samples.ts'

const object = {
  metadata: {
    name: 'foo',
    labels: { foo: 'bar' },
    annotations: { qux: 'quxx', bar: 'baz' },
    percentage: '39%',
    creationTimestamp: '2022-06-28T00:00:00Z',
  },
  spec: { replicas: 1, version: 'v0.0.0', refs: ['one', 'two'], paused: null },
  status: {
    active: { 'type-a': 1, 'type-b': 3 },
    phase: 'foo',
    sub: { 'type-a': { active: 1, ready: 2 }, 'type-b': { active: 3, ready: 4 }, 'type-c': 'none' },
    values: [
      { name: 'a', value: 45 },
      { name: 'b', value: 66 },
      { name: 'c', value: {} },
    ],
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Provisioned', status: 'False' },
    ],
  },
}

/** The samples and the complaints of what makes samples, written as in a file. */
function read(each: object): string[] {
  const metrics = [{ name: 'm', each }]
  const written = { spec: { resources: [{ groupVersionKind: { group: 'g' }, metrics }] } }
  const options = optionsOf(CustomResourceStateOptions, written).spec.resources[0]?.metrics[0]?.each
  if (options === undefined) throw new Error('the options have no metric')
  const problems: string[] = []
  const samples = compileSamples(options)(object, (problem) => problems.push(problem))
  return [
    ...samples.map(({ labels, value }) =>
      `${[...labels].map((pair) => pair.join('=')).join(' ')} ${value}`.trim(),
    ),
    ...problems.map((problem) => `! ${problem}`),
  ]
}

const gauge = (options: object): string[] => read({ type: 'gauge', gauge: options })
const info = (options: object): string[] => read({ type: 'info', info: options })
const stateSet = (options: object): string[] => read({ type: 'stateset', stateSet: options })

test('a gauge is the number at a path', () => {
  expect(gauge({ path: ['spec', 'replicas'] })).toEqual(['1'])
  expect(gauge({ path: ['metadata', 'creationTimestamp'] })).toEqual(['1656374400'])
  expect(gauge({ path: ['status', 'conditions', '[type=Ready]', 'status'] })).toEqual(['1'])
})

test('of an object each field is a sample, with its key as a label', () => {
  expect(gauge({ path: ['status', 'active'], labelFromKey: 'type' })).toEqual([
    'type=type-a 1',
    'type=type-b 3',
  ])
  const sub = { path: ['status', 'sub'], labelFromKey: 'type', labelsFromPath: { active: ['active'] } }
  expect(gauge({ ...sub, valueFrom: ['ready'] })).toEqual([
    'type=type-a active=1 2',
    'type=type-b active=3 4',
  ])
})

test('of a list each element is one', () => {
  const values = { path: ['status', 'values'], labelsFromPath: { name: ['name'] }, valueFrom: ['value'] }
  expect(gauge(values)).toEqual(['name=a 45', 'name=b 66', '! expected a number, found an object'])
  expect(gauge({ ...values, valueFrom: ['nothing'] })).toEqual([])
})

test('a field of the object at the path may be meant itself, with labels of the fields beside it', () => {
  const percentage = { path: ['metadata'], valueFrom: ['percentage'], labelsFromPath: { name: ['name'] } }
  expect(gauge(percentage)).toEqual(['name=foo 0.39'])
  expect(gauge({ path: ['metadata'], valueFrom: ['labels'] })).toEqual([
    '! expected a number, found an object',
  ])
})

test('what is not there is no sample, unless it shall be 0', () => {
  expect(gauge({ path: ['spec', 'paused'] })).toEqual([])
  expect(gauge({ path: ['spec', 'paused'], nilIsZero: true })).toEqual(['0'])
  expect(gauge({ path: ['nothing'], valueFrom: ['there'], nilIsZero: true })).toEqual(['0'])
  expect(gauge({ path: ['spec', 'version'] })).toEqual(['! expected a number, found a text'])
})

test('of samples with the same labels the field that is meant comes first', () => {
  const [first, ...others] = gauge({ path: ['spec'], valueFrom: ['replicas'], nilIsZero: true })
  expect([first, new Set(others)]).toEqual(['1', new Set(['0'])])
})

test('an info has labels of fields, and is not there without any', () => {
  expect(info({ labelsFromPath: { version: ['spec', 'version'] } })).toEqual(['version=v0.0.0 1'])
  expect(info({ path: ['spec', 'refs'], labelsFromPath: { ref: [] } })).toEqual(['ref=one 1', 'ref=two 1'])
  expect(info({ path: ['does', 'not', 'exist'], labelsFromPath: { a: ['b'] } })).toEqual([])
  expect(info({ path: ['spec'] })).toEqual([])
})

test('of an object each field is an info, and the object itself where it has such fields', () => {
  expect(info({ path: ['status', 'active'], labelFromKey: 'type' })).toEqual([
    'type=type-a 1',
    'type=type-b 1',
  ])
  expect(info({ path: ['status', 'sub'], labelsFromPath: { active: ['active'] } })).toEqual([
    'active=1 1',
    'active=3 1',
  ])
  expect(info({ labelsFromPath: { 'annotation_*': ['metadata', 'annotations'] } })).toEqual([
    'annotation_qux=quxx annotation_bar=baz 1',
  ])
})

test('a state set has a sample for each state', () => {
  const phase = { labelName: 'phase', list: ['foo', 'bar'] }
  expect(stateSet({ path: ['status', 'phase'], ...phase })).toEqual(['phase=foo 1', 'phase=bar 0'])
  expect(stateSet({ path: ['status'], valueFrom: ['phase'], ...phase })).toEqual([
    'phase=foo 1',
    'phase=bar 0',
  ])
  expect(stateSet({ path: ['status', 'nothing'], ...phase })).toEqual([])
  expect(stateSet({ path: ['spec', 'replicas'], ...phase })).toEqual(['! expected a text, found a number'])
  const conditions = {
    path: ['status', 'conditions'],
    valueFrom: ['status'],
    labelName: 'status',
    list: ['True'],
  }
  expect(stateSet({ ...conditions, labelsFromPath: { type: ['type'] } })).toEqual([
    'status=True type=Ready 1',
    'status=True type=Provisioned 0',
  ])
})

test('whole objects become labels, the later name wins, and single fields win over them', () => {
  const labelsFromPath = {
    'label_object_*': ['metadata', 'annotations'],
    bar: ['metadata', 'labels', 'foo'],
    '*1': ['metadata', 'annotations'],
    '*': ['metadata', 'labels'],
    'dotted.name': ['metadata', 'name'],
    absent: ['metadata', 'nothing'],
  }
  expect(info({ labelsFromPath })).toEqual([
    'foo=bar qux=quxx bar=bar label_object_qux=quxx label_object_bar=baz dotted_name=foo 1',
  ])
})

test('whatever an object has, samples are numbers with labels of text', () => {
  const parts = constantFrom('a', 'b', '0', '-1', '[a=1]', 'a=b', '__proto__', 'constructor', '')
  const path = array(parts, { maxLength: 3 })
  const labelsFromPath = dictionary(constantFrom('x', '*', 'p_*', '*q', '__proto__'), path)
  const objects = dictionary(constantFrom('a', 'b', '__proto__', '0'), jsonValue())
  assert(
    property(path, path, labelsFromPath, objects, (way, valueFrom, labels, value) => {
      const common = { path: way, labelsFromPath: labels, valueFrom }
      const kinds = [
        compileSamples({ type: 'gauge', gauge: { ...common, labelFromKey: 'key', nilIsZero: true } }),
        compileSamples({ type: 'info', info: { ...common, labelFromKey: '' } }),
        compileSamples({ type: 'stateset', stateSet: { ...common, labelName: 'state', list: ['', 'a'] } }),
      ]
      for (const samples of kinds) {
        for (const each of samples(value, () => undefined)) {
          expect(typeof each.value).toBe('number')
          expect([...each.labels].flat().every((text) => typeof text === 'string')).toBe(true)
        }
      }
    }),
  )
})
