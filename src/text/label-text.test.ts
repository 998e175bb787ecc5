import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isClassicLabelName } from '#src/naming/prometheus-names.ts'
import { byteText, escapeHelp, escapeLabelValue, quoteName } from './label-text.ts'

test('a byte text is the UTF-8 of its text, one character a byte', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(Buffer.from(byteText(text), 'latin1')).toEqual(Buffer.from(text, 'utf8'))
    }),
  )
})

test('half of a surrogate pair becomes the character that stands for what cannot be read', () => {
  expect(Buffer.from(byteText('a\ud800b'), 'latin1').toString()).toBe('a\ufffdb')
})

test('label values escape backslash, quote and newline, and nothing else', () => {
  expect(escapeLabelValue('a\\b"c\nd\te\rf')).toBe('a\\\\b\\"c\\nd\te\rf')
})

test('help leaves quotes alone', () => {
  expect(escapeHelp('a\\b"c\nd')).toBe('a\\\\b"c\\nd')
})

test('names are quoted where they have to be', () => {
  expect(['a', 'a.b', 'a"\n\\'].map((name) => quoteName(name, isClassicLabelName))).toEqual([
    'a',
    '"a.b"',
    '"a\\"\\n\\\\"',
  ])
})
