import { expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { actions } from './action.ts'
import type { NameScheme } from './label-name.ts'
import { compileRelabeling } from './relabeling.ts'
import { actionNames, standard, type RelabelOptions } from './rule.ts'

/** The mistakes that are found in rules: `path: message` each. */
function mistakes(rules: readonly RelabelOptions[], names: NameScheme = 'utf8'): string[] {
  try {
    compileRelabeling(rules, { names })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
  return []
}

test.each<[RelabelOptions, string]>([
  [{ action: '' }, '0.action: there is no relabel action "": the actions are replace, keep'],
  [{ action: 'labelmp' }, '0.action: there is no relabel action "labelmp": did you mean labelmap?'],
  [{}, '0: the action replace needs target_label'],
  [{ action: 'lowercase', source_labels: ['a'] }, '0: the action lowercase needs target_label'],
  [{ action: 'keepequal', source_labels: ['a'] }, '0: the action keepequal needs target_label'],
  [{ action: 'hashmod', source_labels: ['a'], target_label: 'b' }, '0: the action hashmod needs modulus'],
  [{ action: 'keep', regex: 'a' }, '0: the action keep needs source_labels, or if'],
  [{ action: 'drop', if: 'up', regex: 'a' }, '0.regex: regex has nothing to match: source_labels is empty'],
  [{ action: 'keep_metrics' }, '0: the action keep_metrics needs regex, or if'],
  [
    { action: 'keep_if_equal', source_labels: ['a'] },
    '0.source_labels: the action keep_if_equal needs at least 2 labels',
  ],
  [{ action: 'graphite', match: 'a.*' }, '0: the action graphite needs labels'],
  [{ action: 'graphite', match: 'a.*', labels: { b: '$2' } }, '0.labels.b: there is no $2: match has 1 *'],
  [
    { action: 'labeldrop', regex: 'a', target_label: 'b' },
    '0.target_label: the action labeldrop makes no use of target_label: it uses regex, if',
  ],
  [
    { action: 'lowercase', source_labels: ['a'], target_label: 'b', replacement: 'x' },
    '0.replacement: the action lowercase makes no use of replacement',
  ],
  [
    { action: 'dropequal', source_labels: ['a'], target_label: 'b', regex: 'x' },
    '0.regex: the action dropequal makes no use of regex',
  ],
  [
    { target_label: 'a', match: 'x', labels: { b: 'c' } },
    '0.labels: the action replace makes no use of labels',
  ],
  [{ action: 'labeldrop', regex: '(' }, '0.regex: the regular expression is not valid: missing closing )'],
  [{ action: 'keep', if: 'up{' }, '0.if: the series selector has the end at character 4'],
  [{ action: 'keep', if: ['up', '{'] }, '0.if.1: the series selector has the end at character 2'],
  [
    { source_labels: [''], target_label: 'a' },
    '0.source_labels.0: "" is no name for a label: it may be any text but the empty one',
  ],
  [{ action: 'labelmap', regex: 'a', replacement: '' }, '0.replacement: "" is no name for a label'],
  [{ target_label: '\ud800' }, '0.target_label: "\\ud800" is no name for a label'],
])('%j is refused: %s', (rule, message) => {
  expect(mistakes([rule]).join('\n')).toContain(message)
})

test('every mistake in every rule is told at once', () => {
  const rules = [
    { action: 'labeldrop', target_label: 'a', modulus: 3 },
    { target_label: 'fine' },
    { action: 'keep', regex: '[', if: 'up{' },
  ]
  expect(mistakes(rules).map((line) => line.split(':')[0])).toEqual([
    '0',
    '0.target_label',
    '0.modulus',
    '2.regex',
    '2.regex',
    '2.if',
  ])
})

test('an option that says what holds anyway is never refused, as in a configuration that Prometheus printed', () => {
  const { separator, regex, replacement } = standard
  expect(
    mistakes([
      { action: 'keepequal', source_labels: ['a'], target_label: 'b', separator, regex, replacement },
    ]),
  ).toEqual([])
  expect(mistakes([{ action: 'labelmap', separator, regex: 'a(.+)', replacement }])).toEqual([])
})

test('names of actions and their table are the same', () => {
  expect(Object.keys(actions).toSorted()).toEqual([...actionNames].toSorted())
})

test.each(['label', 'label${1}', '${1}label', '${1}', '$1', 'asd$2asd', '_${1}_', 'foo${bar}foo'])(
  'the old rules for names allow the target %s',
  (target_label) => {
    expect(mistakes([{ target_label }], 'legacy')).toEqual([])
  },
)

test.each(['-label', '${', '$', '${}', 'foo${', '-foo${1}bar-', 'bar.foo${1}bar', '0${3}', '-${3}'])(
  'the old rules for names refuse the target %s, the new ones allow it',
  (target_label) => {
    expect(mistakes([{ target_label }], 'legacy').join()).toContain('letters, digits and underscores')
    expect(mistakes([{ target_label }])).toEqual([])
  },
)

test('the old rules hold for names that a rule makes', () => {
  const lower = { action: 'lowercase', source_labels: ['a'], target_label: '${3}' }
  expect(mistakes([lower])).toEqual([])
  expect(mistakes([lower], 'legacy').join()).toContain('0.target_label')
  expect(mistakes([{ action: 'labelmap', regex: 'a', replacement: 'b.c' }], 'legacy').join()).toContain(
    '0.replacement',
  )
  expect(mistakes([{ action: 'labelmap', regex: 'a', replacement: '$1' }], 'legacy')).toEqual([])
})
