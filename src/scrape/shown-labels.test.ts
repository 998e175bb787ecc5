import { expect, test } from 'vitest'
import { shownPairs, shownStep } from './shown-labels.ts'

test.each([
  ['__param_token', 'x', 'REDACTED'],
  ['__param_module', 'x', 'x'],
  ['token_count', '5', '5'],
  ['__address__', 'a:1', 'a:1'],
  ['__address__', 'u:p@a:1', 'REDACTED@a:1'],
  ['__address__', 'a:1/x@y', 'a:1/x@y'],
  ['__meta_url', 'http://u:p@a/b?token=x&y=1', 'http://REDACTED@a/b?token=REDACTED&y=1'],
  ['__meta_url', 'http://h@a/b', 'http://REDACTED@a/b'],
  ['__meta_url', 'http://a/b', 'http://a/b'],
  ['mail', 'a:b@c', 'a:b@c'],
])('the label %s of the value %s is shown as %s', (name, value, shown) => {
  expect(shownPairs([[name, value]])).toEqual([[name, shown]])
})

test('a rule that writes a parameter that sounds like a secret is shown without it', () => {
  const after = [['__param_key', 'x']] as const
  const rule = { target_label: '__param_key', replacement: 'x' }
  expect(shownStep({ rule, before: [], after })).toEqual({
    rule: { target_label: '__param_key', replacement: 'REDACTED' },
    before: [],
    after: [['__param_key', 'REDACTED']],
  })
  const other = { rule: { target_label: 'a', replacement: 'x' }, before: [], after: undefined }
  expect(shownStep(other)).toEqual(other)
})
