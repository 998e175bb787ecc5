import { expect, test } from 'vitest'
import { formatComponentId, parseComponentId } from './component-id.ts'

test.each([
  ['batch', 'batch', ''],
  ['batch/2', 'batch', '2'],
  ['otlp / my-site.1', 'otlp', 'my-site.1'],
  ['a/b/c', 'a', 'b/c'],
])('%s has the type %s and the name %j', (text, type, name) => {
  expect(parseComponentId(text)).toEqual({ type, name })
  expect(formatComponentId({ type, name })).toBe(text.replaceAll(' ', ''))
})

test.each([
  ['', 'the type is missing'],
  ['/x', 'the type is missing'],
  ['x/', 'the name after / is missing'],
  ['1x', 'a type begins with a letter'],
  ['my-type', 'a type begins with a letter'],
  ['__proto__', 'a type begins with a letter'],
  [`x${'y'.repeat(63)}`, 'a type begins with a letter'],
  ['x/a b', 'the name after / has a blank'],
  ['x/a\u{7}', 'the name after / has a blank'],
  ['x/€', 'the name after / has a blank'],
  [`x/${'y'.repeat(1025)}`, 'longer than 1024'],
])('%j is no id', (text, expected) => {
  expect(parseComponentId(text)).toContain(expected)
})
