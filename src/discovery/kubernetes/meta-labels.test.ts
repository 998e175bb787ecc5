import { expect, test } from 'vitest'
import { describeKeys, describeMetadata, finishLabels, flatLabels } from './meta-labels.ts'

function object(labels: Readonly<Record<string, string>>) {
  return { metadata: { name: 'n', uid: 'u', resourceVersion: '1', labels } }
}

test('what cannot be in the name of a label is an underscore', () => {
  expect(describeMetadata('pod', object({ 'a.b/c-d_9': 'x' }))).toEqual([
    '__meta_kubernetes_pod_name',
    'n',
    '__meta_kubernetes_pod_label_a_b_c_d_9',
    'x',
    '__meta_kubernetes_pod_labelpresent_a_b_c_d_9',
    'true',
  ])
})

test('a key may be called as what all objects have', () => {
  const labels = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>
  expect(describeKeys('node', object(labels)).filter((_, index) => index % 4 < 2)).toEqual([
    '__meta_kubernetes_node_label___proto__',
    'x',
    '__meta_kubernetes_node_label_constructor',
    'y',
  ])
})

test('however many keys there are, they have their names', () => {
  const labels = Object.fromEntries(Array.from({ length: 45_000 }, (_, index) => [`key.${index}`, 'v']))
  const found = describeKeys('pod', object(labels))
  expect(found).toHaveLength(180_000)
  expect(found.slice(-4)).toEqual([
    '__meta_kubernetes_pod_label_key_44999',
    'v',
    '__meta_kubernetes_pod_labelpresent_key_44999',
    'true',
  ])
  expect(describeKeys('pod', object({ 'key.0': 'w' }))[1]).toBe('w')
})

test('labels without a value are left out, and those of the target itself count before those that are shared', () => {
  expect(flatLabels({ a: '', b: undefined, c: 0, d: false, e: 'x' })).toEqual([
    'c',
    '0',
    'd',
    'false',
    'e',
    'x',
  ])
  const own = new Map([
    ['a', '1'],
    ['b', ''],
  ])
  const shared = new Map([
    ['a', '2'],
    ['b', '2'],
    ['c', ''],
    ['d', '3'],
  ])
  expect(finishLabels(own, shared)).toEqual(['a', '1', 'd', '3'])
})
