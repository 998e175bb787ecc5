import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pathText } from './finding.ts'
import { frameOf, HiddenPlaces, isTelling } from './frame.ts'
import { SourceText, type Place } from './source-text.ts'

/** The place of a part of a text. */
function placeOf(text: string, part: string): Place {
  const start = text.indexOf(part)
  return { source: new SourceText('a.yaml', text, '/'), start, end: start + part.length }
}

function frame(text: string, part: string, ...hidden: string[]): string {
  const place = placeOf(text, part)
  const places = new HiddenPlaces()
  for (const each of hidden) places.add({ ...placeOf(text, each), source: place.source })
  return frameOf(place, places)
}

describe('a frame', () => {
  test('shows the line and carets below the place', () => {
    expect(frame('a: 1\r\nbc: def\r\ng: 2', 'def')).toBe('    2 | bc: def\n      |     ^^^')
  })

  test('of a place of several lines shows the first', () => {
    expect(frame('a: |\n  x\n  y\nb: 2', '|\n  x\n  y')).toBe('    1 | a: |\n      |    ^')
  })

  test('at the end of the text has a caret too', () => {
    const source = new SourceText('a.yaml', 'a: [', '/')
    expect(frameOf({ source, start: 4, end: 5 }, new HiddenPlaces())).toBe('    1 | a: [\n      |     ^')
    expect(frameOf({ source, start: 4, end: 4 }, new HiddenPlaces())).toBe('    1 | a: [\n      |     ^')
    const empty = new SourceText('a.yaml', '', '/')
    expect(frameOf({ source: empty, start: 0, end: 1 }, new HiddenPlaces())).toBe('    1 | \n      | ^')
  })

  test('shows the part of a long line that has the place', () => {
    const [shown = '', carets = ''] = frame(`${'x'.repeat(500)}here${'y'.repeat(500)}`, 'here').split('\n')
    expect(shown.length).toBeLessThan(140)
    expect(shown.indexOf('here')).toBe(carets.indexOf('^^^^'))
  })

  test('shows what would move the cursor as something that does not', () => {
    expect(frame('\ta\u{1b}[2J\u{202e}: b', 'a')).toBe('    1 | →a\u{fffd}[2J\u{fffd}: b\n      |  ^')
  })

  test('hides places, and points at the right column behind them', () => {
    expect(frame('{ x: hunter2, y: 5 }', '5', 'hunter2')).toBe(
      '    1 | { x: [REDACTED], y: 5 }\n      |                     ^',
    )
    expect(frame('{ x: hunter2, y: 5 }', 'hunter2', 'hunter2')).toBe(
      '    1 | { x: [REDACTED], y: 5 }\n      |      ^^^^^^^^^^',
    )
    expect(frame('x: |\n  hunter2\n', 'hunter2', '|\n  hunter2')).toBe(
      '    2 |   [REDACTED]\n      |   ^^^^^^^^^^'.replace('  [', '[').replace('  ^', '^'),
    )
  })

  test.each([
    ['password: hunter2', 'password: [REDACTED]'],
    ['{ a: 1, "api-key" : "hunter2", b: 2 }', '{ a: 1, "api-key" : "[REDACTED]'],
    ['a: { token: hunter2 }', 'a: { token: [REDACTED]'],
    ['basic_auth: { username: a }', 'basic_auth: { username: a }'],
    ['client_secret=hunter2', 'client_secret=[REDACTED]'],
    ['bearer_token_file: /run/secrets/x', 'bearer_token_file: /run/secrets/x'],
    ['password: ${env:PASSWORD}', 'password: ${env:PASSWORD}'],
    ['password: "${file:/run/secrets/x}" }', 'password: "${file:/run/secrets/x}" }'],
    ['password: ${env:PASSWORD:-hunter2}', 'password: [REDACTED]'],
    ['password: x${env:PASSWORD}', 'password: [REDACTED]'],
    ['password:', 'password:'],
  ])('hides what a telling key has: %s', (text, shown) => {
    expect(frame(text, text.slice(0, 1)).split('\n')[0]).toBe(`    1 | ${shown}`)
  })

  test('never shows what is hidden, wherever the place is', () => {
    const part = fc.constantFrom('a: ', 'hunter2', ', ', '\n', ' ', '\t', 'x', '{')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), fc.nat(80), fc.nat(80), (parts, start, length) => {
        const text = parts.join('')
        const source = new SourceText('a.yaml', text, '/')
        const hidden = new HiddenPlaces()
        for (const match of text.matchAll(/hunter2/g))
          hidden.add({ source, start: match.index, end: match.index + 7 })
        expect(
          frameOf({ source, start: Math.min(start, text.length), end: start + length }, hidden),
        ).not.toContain('hunter')
      }),
    )
  })
})

test('keys that sound like secrets', () => {
  expect(
    ['password', 'passwd', 'pasword', 'apiKey', 'x-auth-token', 'Authorization', 'pw'].filter(
      (key) => !isTelling(key),
    ),
  ).toEqual([])
  expect(['endpoint', 'password_file', 'timeout', 'scrapers', 'powder'].filter(isTelling)).toEqual([])
})

test('a position counts lines and columns from 1', () => {
  const source = new SourceText('a.yaml', 'ab\n\ncd', '/')
  expect([0, 1, 2, 3, 4, 5, 6].map((offset) => Object.values(source.position(offset)).join(':'))).toEqual([
    '1:1',
    '1:2',
    '1:3',
    '2:1',
    '3:1',
    '3:2',
    '3:3',
  ])
})

test('a path has quotes where it needs them', () => {
  expect(pathText(['receivers', 'a/b', 'list', 0, 'a.b', '', 'x\u{1b}'])).toBe(
    'receivers.a/b.list[0]."a.b".""."x\\u001b"',
  )
  expect(pathText([])).toBe('')
})
