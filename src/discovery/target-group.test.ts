import { expect, test } from 'vitest'
import { labelsOfGroup, parseTargetGroups } from './target-group.ts'

test('targets of a group share its labels, and have their own address', () => {
  expect(
    labelsOfGroup({ targets: ['a:1', 'b:2'], labels: { zone: 'z', __address__: 'c:3' } }, ['x', 'y']),
  ).toEqual([
    ['__address__', 'a:1', 'zone', 'z', 'x', 'y'],
    ['__address__', 'b:2', 'zone', 'z', 'x', 'y'],
  ])
})

test.each([
  [
    '[{"targets":["a:1"],"labels":{"__proto__":"x"},"more":1}]',
    [{ targets: ['a:1'], labels: JSON.parse('{"__proto__":"x"}') }],
  ],
  [
    '[{"targets":null,"labels":null},{}]',
    [
      { targets: [], labels: {} },
      { targets: [], labels: {} },
    ],
  ],
  ['[]', []],
  ['null', []],
])('the groups %s are read', (json, groups) => {
  expect(parseTargetGroups(json)).toEqual(groups)
})

test.each([
  ['canary', 'it is no JSON'],
  ['{"targets":["canary"]}', 'it is no list of groups of targets'],
  ['[{},"canary"]', 'item 1 is no group of targets'],
  ['[{"targets":"canary"}]', 'the targets of item 0 are no list of texts'],
  ['[{"targets":[1]}]', 'the targets of item 0 are no list of texts'],
  ['[{"labels":["canary"]}]', 'the labels of item 0 are no texts by name'],
  ['[{"labels":{"a":1}}]', 'the labels of item 0 are no texts by name'],
])('what is no list of groups is refused: %s', (json, message) => {
  expect(() => parseTargetGroups(json)).toThrow(message)
})
