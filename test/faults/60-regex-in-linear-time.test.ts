import { expect, test } from 'vitest'
import { compileExpression } from '#src/config/matcher.ts'
import { compilePattern } from '#src/regex/pattern.ts'
import { compileSelector } from '#src/relabel/selector.ts'
import { labelsOf, relabeled } from '#src/testing/labels.ts'

/** Patterns for which an engine that tries all ways takes longer than the universe exists. */
const evil = ['(a+)+$', '(a|aa)+$', '(a*)*b', '^(([a-z])+.)+[A-Z]([a-z])+$', '(x+x+)+y', '(.*)*c.*d']
const fiftyKilobytes = `${'a'.repeat(50_000)}!`
const oneMegabyte = `${'a'.repeat(1_000_000)}!`

/** Milliseconds of processor time that something takes; the least of three, since others share the machine. */
function cpuTime(work: () => void): number {
  const times = [1, 2, 3].map(() => {
    const start = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000
  })
  return Math.min(...times)
}

// The bounds are those of the fault matrix; a backtracking engine needs seconds for 26 characters.
test.each(evil)('60: %s on 1 MB is answered in less than 50 ms', (source) => {
  for (const anchored of [true, false]) {
    const pattern = compilePattern(source, { anchored })
    expect(cpuTime(() => pattern.matches(oneMegabyte))).toBeLessThan(50)
  }
})

test.each(evil)('60: a rule, a selector and a filter with %s answer a label of 50 kB', (source) => {
  const rule = { source_labels: ['a'], regex: source, target_label: 'b' }
  const selector = compileSelector(`{a=~\`${source}\`}`)
  const filter = compileExpression(source, [])
  const time = cpuTime(() => {
    relabeled({ a: fiftyKilobytes }, rule)
    relabeled({ a: fiftyKilobytes }, { ...rule, action: 'replace_all' })
    relabeled({ [fiftyKilobytes]: '1' }, { action: 'labelmap', regex: source })
    selector(labelsOf({ a: fiftyKilobytes }))
    filter.matches(fiftyKilobytes)
  })
  expect(time).toBeLessThan(200)
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
])('60: what no engine answers in linear time, or at all, is refused at load: %.20s', (source) => {
  expect(() => compilePattern(source, { anchored: true })).toThrowError(/regular expression/)
})
