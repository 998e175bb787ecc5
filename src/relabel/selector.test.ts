import { expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { labelsOf, type LabelRecord } from '#src/testing/labels.ts'
import { compileSelector, compileSelectors } from './selector.ts'

const up: LabelRecord = { __name__: 'up', job: 'node', instance: 'a:1' }

test.each<[string, LabelRecord, boolean]>([
  ['up', up, true],
  ['down', up, false],
  ['up{}', up, true],
  ['{}', up, true],
  [' up { job = "node" , } ', up, true],
  ['up{job="node",instance="b:1"}', up, false],
  ['{job!="node"}', up, false],
  ['{zone!="eu"}', up, true],
  ['{zone=""}', up, true],
  ['{job=""}', up, false],
  ['{job=~"no.*"}', up, true],
  ['{job=~"no"}', up, false],
  ['{job!~"no"}', up, true],
  ['{zone=~"|eu"}', up, true],
  ['{__name__=~"u.|down",job!="x"}', up, true],
  ['{job="x" or instance="a:1"}', up, true],
  ['{job="x" OR instance="b:1"}', up, false],
  ['up{job="x" or instance="a:1"}', up, true],
  ['down{job="x" or instance="a:1"}', up, false],
  ['{job="node",instance="b" or job="x"}', up, false],
  ['{or="1" or job="node"}', up, true],
  ["{job='node'}", up, true],
  ['{job=`node`}', up, true],
  ['{"up"}', up, true],
  ['{"up","job"="node"}', up, true],
  ['{"down"}', up, false],
  ['system.cpu.time{cpu.mode="idle"}', { __name__: 'system.cpu.time', 'cpu.mode': 'idle' }, true],
  [String.raw`a\-b{c\ d="1"}`, { __name__: 'a-b', 'c d': '1' }, true],
  [String.raw`{a="\"\\\n\x41\u00e9\U0001F600\101"}`, { a: '"\\\nAé\u{1f600}A' }, true],
  [String.raw`{a=~"foo\\.bar"}`, { a: 'foo.bar' }, true],
  ['{a=~`foo\\.bar`}', { a: 'foo-bar' }, false],
  [String.raw`{a='it\'s'}`, { a: "it's" }, true],
  ['job:up:sum', { __name__: 'job:up:sum' }, true],
  ['zähler{größe="1"}', { __name__: 'zähler', größe: '1' }, true],
  ['{constructor=""}', up, true],
])('%s on %j: %j', (text, labels, expected) => {
  expect(compileSelector(text)(labelsOf(labels))).toBe(expected)
})

function mistakeIn(text: string): string {
  try {
    compileSelector(text)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return 'none'
}

test.each([
  ['', 'has the end at character 1 where a metric name or { is expected'],
  ['up{job}', 'has "job}" at character 4 where a label with =, !=, =~ or !~ is expected'],
  ['up{job=node}', 'has "node}" at character 8 where a value in quotes is expected'],
  ['up{job="node"', 'has the end at character 14 where a comma, or, or } is expected'],
  ['up{job="a" and x="b"}', 'has "and x=\\"b\\"}" at character 12 where a comma, or, or } is expected'],
  ['up{job="a"}[5m]', 'has "[5m]" at character 12 where the end is expected'],
  ['up == 1', 'has "== 1" at character 4 where the end is expected'],
  ['{job="a', 'where a value in quotes is expected'],
  ['{job=~"("}', 'near character 8: the regular expression is not valid: missing closing )'],
  [String.raw`{job=~"\d"}`, String.raw`there is no escape \d in quotes: write \\d, or use backquotes`],
  [String.raw`{job="\UFFFFFFFF"}`, 'there is no escape'],
  [`{a="${'x'.repeat(70_000)}"}`, 'at most 65536 are allowed'],
])('%s is refused: %s', (text, words) => {
  expect(mistakeIn(text)).toContain(words)
})

test('a list matches where any of it does, and every mistake in it is told with its place', () => {
  const selects = compileSelectors(['down', '{job="node"}'])
  expect(selects(labelsOf(up))).toBe(true)
  expect(selects(labelsOf({}))).toBe(false)
  expect(() => compileSelectors(['up{', 'up', '{x}'])).toThrowError(
    expect.objectContaining({ path: [0], others: [expect.objectContaining({ path: [2] })] }),
  )
})
