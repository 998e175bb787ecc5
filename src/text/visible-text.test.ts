import { expect, test } from 'vitest'
import { visibleJson, visibleText } from './visible-text.ts'

test('nothing that a terminal obeys is left bare', () => {
  expect(visibleText('a\n\u001b[31m\u009b31m\u007f\u2028\u202eü"')).toBe(
    'a\\n\\u001b[31m\\u009b31m\\u007f\\u2028\\u202eü\\"',
  )
  expect(visibleJson({ a: ['\u0085', 1] })).toBe('{"a":["\\u0085",1]}')
})
