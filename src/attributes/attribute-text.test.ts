import { expect, test } from 'vitest'
import type { AttributeValue } from '#src/model/attribute-set.ts'
import { attributeText } from './attribute-text.ts'

test.each<[AttributeValue, string]>([
  ['text "as it is"', 'text "as it is"'],
  [true, 'true'],
  [200n, '200'],
  [0.1, '0.1'],
  [1e21, '1e+21'],
  [Uint8Array.of(1, 2, 3), 'AQID'],
  [['a', 1n, 0.5, [false]], '["a",1,0.5,[false]]'],
  [[Uint8Array.of(255)], '["/w=="]'],
  [['say "hi"\n'], '["say \\"hi\\"\\n"]'],
  [
    new Map<string, AttributeValue>([['__proto__', 9_007_199_254_740_993n]]),
    '{"__proto__":9007199254740993}',
  ],
  [new Map(), '{}'],
  [[], '[]'],
])('the text of %o is %s', (value, text) => {
  expect(attributeText(value)).toBe(text)
})
