import fc from 'fast-check'
import { RE2JS } from 're2js'
import { expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { Memo } from './memo.ts'
import { compilePattern, longestPattern, PatternLimitError } from './pattern.ts'
import { readPlainForm } from './plain-form.ts'

const anchored = { anchored: true } as const
const anywhere = { anchored: false } as const

function complaintOf(source: string): string {
  try {
    compilePattern(source, anchored)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return 'none'
}

test.each([
  ['', '', true],
  ['foo', 'foo', true],
  ['.*', '', true],
  ['.*', 'foo', true],
  ['foo.*', 'foobar', true],
  ['foo.+', 'foobar', true],
  ['f.+o', 'foo', true],
  ['foo|bar', 'bar', true],
  ['^(foo|bar)$', 'foo', true],
  ['^foo$', 'foo', true],
  ['line1.*line2', 'line1\nline2', true],
  ['(?i)foo', 'FOO', true],
  ['', 'foo', false],
  ['foo', '', false],
  ['foo.+', 'foo', false],
  ['f.+o', 'foor', false],
  ['f|o', 'foo', false],
  ['foo|bar', 'barz', false],
  ['^(foo|bar)$', 'xfoo', false],
  ['^foo$', 'foobar', false],
])('anchored %j on %j: %j', (source, text, expected) => {
  expect(compilePattern(source, anchored).matches(text)).toBe(expected)
})

// Where JavaScript's own expressions mean something else, or nothing.
test.each([
  ['[[:alpha:]]+', 'abc', true],
  ['[[:^digit:]]', '1', false],
  [String.raw`\pL+`, 'größe', true],
  [String.raw`\p{Greek}`, 'Σ', true],
  [String.raw`foo\z`, 'foo', true],
  [String.raw`\Qa.b\E`, 'a.b', true],
  [String.raw`\Qa.b\E`, 'axb', false],
  ['(?i:foo)bar', 'FOObar', true],
  ['(?-s).', '\n', false],
  ['(?m)a$\n^b', 'a\nb', true],
  [String.raw`\s`, '\u00a0', false],
  [String.raw`\s`, '\v', false],
  [String.raw`\d`, '\u0661', false],
  [String.raw`\w`, 'é', false],
  ['.', '\u{1f600}', true],
  ['(?U)(a+)(a*)', 'aaa', true],
  ['foo$', 'foo\n', false],
])('RE2 reads %j on %j: %j', (source, text, expected) => {
  expect(compilePattern(source, anchored).matches(text)).toBe(expected)
})

test.each([
  ['', 'x', true],
  ['oo', 'foot', true],
  ['^oo', 'foot', false],
  ['oo$', 'foo', true],
  ['foo.bar', 'foo\nbar', false],
  ['.+', '\n', false],
  ['^.*$', 'a\nb', false],
  ['.*', '\n', true],
  ['foo$', 'foo\n', false],
  ['^system\\.cpu', 'system.cpu.time', true],
  ['^(a|b)$', 'ab', false],
  ['^$', '', true],
  ['^$', 'a', false],
])('unanchored %j on %j: %j', (source, text, expected) => {
  expect(compilePattern(source, anywhere).matches(text)).toBe(expected)
})

test.each([
  ['(.*)', 'a\nb', ['a\nb', 'a\nb']],
  ['(foo|bar)', 'bar', ['bar', 'bar']],
  ['f(.*)', 'foo', ['foo', 'oo']],
  ['(.*)-(.*)', 'a-b-c', ['a-b-c', 'a-b', 'c']],
  ['(.+)\\.(.+)', 'a.b.', ['a.b.', 'a', 'b.']],
  ['a(x)?(b)', 'ab', ['ab', undefined, 'b']],
  ['(foo).*', 'bar', undefined],
])('%j on %j has the groups %j', (source, text, expected) => {
  expect(compilePattern(source, anchored).groups(text)).toEqual(expected)
})

test('groups have names, in both spellings', () => {
  const { groupNames, groupCount } = compilePattern('(?P<first>a)(b)(?<third>c)', anchored)
  expect([...groupNames]).toEqual([
    ['first', 1],
    ['third', 3],
  ])
  expect(groupCount).toBe(3)
})

test.each([
  ['', 'the regular expression has'],
  ['(', 'missing closing )'],
  [
    'a(?=b)',
    'invalid or unsupported Perl syntax "(?=" at character 2; lookahead is not supported (RE2 syntax)',
  ],
  ['a(?!b)', 'lookahead is not supported'],
  ['(?<=a)b', 'lookbehind is not supported'],
  ['(a)\\1', 'invalid escape sequence "\\\\1" at character 4; back references are not supported'],
  ['(?>a)', 'atomic groups are not supported'],
  ['a++', 'possessive quantifiers are not supported'],
  ['a{1001}', 'repeat counts go up to 1000'],
  ['x[z-a]', 'invalid character class range "z-a" at character 3'],
  ['\\Z', 'invalid escape sequence; use \\z'],
  ['x\\', 'trailing backslash'],
])('%j is refused in words: %s', (source, words) => {
  expect(complaintOf(source === '' ? 'x'.repeat(longestPattern + 1) : source)).toContain(words)
})

function replaced(pattern: string, subject: string): string {
  return compilePattern(pattern, anywhere).replaceAll(subject, ([match = '']) => `<${match}>`)
}

test('every match is replaced as Go does: no empty match right after another', () => {
  expect(replaced('-', 'a-b-c')).toBe('a<->b<->c')
  expect(replaced('b*', 'abc')).toBe('<>a<b>c<>')
  expect(replaced('', '\u{1f600}a')).toBe('<>\u{1f600}<>a<>')
  expect(replaced('x', 'abc')).toBe('abc')
  expect(replaced('^a', 'aaa')).toBe('<a>aa')
  expect(replaced('\\b.', 'ab cd')).toBe('<a>b< ><c>d')
})

test('a text in which every search runs to the end is given up instead of blocking', () => {
  const pattern = compilePattern('c.*z|c', anywhere)
  expect(() => pattern.replaceAll('c'.repeat(50_000), () => '')).toThrowError(PatternLimitError)
})

const piece = fc.constantFrom(
  'a',
  'b',
  'foo',
  '.',
  '\\.',
  '.*',
  '.+',
  '(.*)',
  '(.+)',
  '|',
  '^',
  '$',
  '-',
  'a?',
)
const source = fc
  .tuple(
    fc.constantFrom('', '(', '(?:', '^(', '^'),
    fc.array(piece, { maxLength: 5 }),
    fc.constantFrom('', ')', ')$', '$'),
  )
  .map(([start, inner, end]) => start + inner.join('') + end)
const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'foo', '.', '-', '\n', '\u{1f600}', '\ud83d'),
  maxLength: 6,
})

test('plain forms agree with the engine on every text, groups included', () => {
  let plain = 0
  fc.assert(
    fc.property(
      source,
      fc.boolean(),
      fc.array(text, { minLength: 5, maxLength: 5 }),
      (expression, whole, texts) => {
        let engine: RE2JS
        try {
          engine = RE2JS.compile(expression, whole ? RE2JS.DOTALL : 0)
        } catch {
          return
        }
        const form = readPlainForm(expression, whole)
        if (form === undefined) return
        plain++
        for (const each of texts) {
          const matcher = engine.matcher(each)
          const found = whole ? matcher.matches() : matcher.find()
          expect([expression, each, form.matches(each)]).toEqual([expression, each, found])
          if (form.groups === undefined) continue
          const groups = found
            ? Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index))
            : undefined
          expect([expression, each, form.groups(each)]).toEqual([expression, each, groups])
        }
      },
    ),
    { numRuns: 3000 },
  )
  expect(plain).toBeGreaterThan(500)
})

test.each([
  'foo',
  'foo|bar',
  '(foo|bar.*)',
  'foo.*',
  '.*foo',
  '(.*)',
  '(.+)',
  'a(.+)',
  '.*foo.*',
  'foo\\.bar',
])('%j needs no engine', (expression) => {
  expect(readPlainForm(expression, true)).toBeDefined()
})

test('a memo is bounded, and holds no long text', () => {
  const memo = new Memo<number>(3, 5)
  let computed = 0
  const lengthOf = (each: string): number => memo.of(each, () => (computed++, each.length))
  expect(['a', 'bb', 'a', 'longer', 'longer'].map(lengthOf)).toEqual([1, 2, 1, 6, 6])
  expect([computed, memo.size]).toEqual([4, 2])
  for (let index = 0; index < 100; index++) lengthOf(String(index))
  expect(memo.size).toBeLessThanOrEqual(3)
})

test('an answer of undefined is remembered too', () => {
  const memo = new Memo<undefined>()
  let computed = 0
  const none = (): undefined => void computed++
  memo.of('a', none)
  memo.of('a', none)
  expect(computed).toBe(1)
})
