import { expect, test } from 'vitest'
import { labelsOf } from './label-names.ts'

test('names are made of keys as kube-state-metrics makes them', () => {
  const labels = { 'app.kubernetes.io/name': 'web', fooBar: '1', HTTPPort2Name: '2', 'ä-1': '3' }
  expect(labelsOf('label_', labels, ['*'])).toEqual([
    'label_httpport2_name',
    '2',
    'label_app_kubernetes_io_name',
    'web',
    'label_foo_bar',
    '1',
    'label___1',
    '3',
  ])
})

test('names that fall together are told apart in the order of their keys', () => {
  expect(labelsOf('label_', { 'a.b': '1', a_b: '2', 'a-b': '3', c: '4' }, ['*'])).toEqual([
    'label_a_b_conflict1',
    '3',
    'label_a_b_conflict2',
    '1',
    'label_a_b_conflict3',
    '2',
    'label_c',
    '4',
  ])
})

test('only keys that are allowed are told: as they are, by what they begin with, or all', () => {
  const labels = { app: 'web', 'example.com/a': '1', 'example.com/b': '2' }
  expect(labelsOf('label_', labels, ['app'])).toEqual(['label_app', 'web'])
  expect(labelsOf('label_', labels, ['example.com/*', 'ap'])).toEqual([
    'label_example_com_a',
    '1',
    'label_example_com_b',
    '2',
  ])
  expect(labelsOf('label_', labels, [])).toEqual([])
  expect(labelsOf('label_', undefined, ['*'])).toEqual([])
})

test('the annotation that has the whole object, secrets and all, is told only where it is named', () => {
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{}}' }
  const named = Object.keys(annotations)
  expect(labelsOf('annotation_', annotations, ['*', 'kubectl.kubernetes.io/*'])).toEqual([])
  expect(labelsOf('annotation_', annotations, named)).toHaveLength(2)
})
