import { expect, test } from 'vitest'
import { compileExpression } from '#src/config/matcher.ts'
import { compilePattern } from '#src/regex/pattern.ts'
import { compileSelector } from '#src/relabel/selector.ts'
import { labelsOf, relabeled } from '#src/testing/labels.ts'

/**
 * Patterns that do not match these texts, and for which an engine that tries all ways would not end within the age of the
 * universe. That the tests end is what they show; a megabyte takes 10 to 25 ms.
 */
const evil = ['(a+)+$', '(a|aa)+$', '(a*)*b', '^(([a-z])+.)+[A-Z]([a-z])+$', '(x+x+)+y', '(.*)*c.*d']
const fiftyKilobytes = `${'a'.repeat(50_000)}!`
const oneMegabyte = `${'a'.repeat(1_000_000)}!`

test.each(evil)('60: %s is compared with 1 MB', (source) => {
  expect(compilePattern(source, { anchored: true }).matches(oneMegabyte)).toBe(false)
  expect(compilePattern(source, { anchored: false }).matches(oneMegabyte)).toBe(false)
})

test.each(evil)('60: a rule, a selector and a filter with %s answer a label of 50 kB', (source) => {
  const labels = { a: fiftyKilobytes, [fiftyKilobytes]: '1' }
  const rule = { source_labels: ['a'], regex: source, target_label: 'b' }
  expect(relabeled(labels, rule)).toEqual(labels)
  expect(relabeled(labels, { ...rule, action: 'replace_all' })).toEqual(labels)
  expect(relabeled(labels, { action: 'labelmap', regex: source })).toEqual(labels)
  expect(compileSelector(`{a=~\`${source}\`}`)(labelsOf(labels))).toBe(false)
  expect(compileExpression(source, []).matches(fiftyKilobytes)).toBe(false)
})

test('60: the groups of a match of 1 MB are found', () => {
  const text = oneMegabyte.slice(0, -1)
  expect(compilePattern('(a+)+$', { anchored: true }).groups(text)?.[1]?.length).toBe(text.length)
})

test.each([
  'a(?=b)',
  'a(?!b)',
  '(?<=a)b',
  String.raw`(a)\1`,
  '(?>a)',
  'a++',
  '(a{1000}){1000}',
  'x'.repeat(100_000),
])('60: what cannot be answered in linear time, or at all, is refused at load: %.20s', (source) => {
  expect(() => compilePattern(source, { anchored: true })).toThrowError(/regular expression/)
})
