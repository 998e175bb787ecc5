import { expect, test } from 'vitest'
import { compileExpansion } from './expansion.ts'
import { compilePattern } from './pattern.ts'

const pattern = compilePattern('(a)(x)?(?P<last>b)', { anchored: true })

test.each([
  ['$1', 'a'],
  ['${1}x', 'ax'],
  ['$1x', ''],
  ['<$0>', '<ab>'],
  ['$2-$3-$4', '-b-'],
  ['$last ${last}', 'b b'],
  ['$lasts', ''],
  ['$$1 $$', '$1 $'],
  ['$', '$'],
  ['$-$1', '$-a'],
  ['${', '${'],
  ['${}', '${}'],
  ['${1', '${1'],
  ['${la st}', '${la st}'],
  ['$01', ''],
  ['$123456789012', ''],
  ['$é', ''],
  ['plain', 'plain'],
])('%j expands to %j', (template, expected) => {
  const groups = pattern.groups('ab') ?? []
  expect(compileExpansion(template, pattern).of(groups)).toBe(expected)
})

test('only a text without references to groups is literal', () => {
  expect(compileExpansion('a$$b', pattern).literal).toBe('a$b')
  expect(compileExpansion('a$1', pattern).literal).toBeUndefined()
  expect(compileExpansion('a$9', pattern).literal).toBe('a')
})

test('names of prototypes are no groups', () => {
  expect(compileExpansion('$constructor$__proto__', pattern).literal).toBe('')
})
