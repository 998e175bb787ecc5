import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { dataOf, type ConfigNode } from './config-node.ts'
import { SourceText, type Place } from './source-text.ts'
import { readYaml } from './yaml-document.ts'

function placesOf(text: string): (start: number, end: number) => Place {
  const source = new SourceText('a.yaml', text, '/')
  return (start, end) => ({ source, start, end })
}

function nodeOf(text: string): ConfigNode {
  const read = readYaml(text, placesOf(text))
  if (read.problems !== undefined) throw new Error(read.problems.map(({ message }) => message).join('\n'))
  return read.node
}

/** What is wrong with a text, by line and column. */
function problems(text: string): string[] {
  const source = new SourceText('a.yaml', text, '/')
  return (readYaml(text, placesOf(text)).problems ?? []).map(({ message, start }) => {
    const { line, column } = source.position(start)
    return `${line}:${column} ${message}`
  })
}

function json(text: string): unknown {
  return JSON.parse(JSON.stringify(dataOf(nodeOf(text))))
}

describe('a text', () => {
  test('becomes a tree of what YAML 1.2 says', () => {
    expect(json('a: [1, 2.5, 0x1f, true, ~, no, "3", text]\nb:\n  c: |\n    two\n    lines\n')).toEqual({
      a: [1, 2.5, 31, true, null, 'no', '3', 'text'],
      b: { c: 'two\nlines\n' },
    })
  })

  test('keeps what was written, for options that take text', () => {
    expect(nodeOf('0123')).toMatchObject({ value: 83, text: '0123', quoted: false })
    expect(nodeOf('-010')).toMatchObject({ value: -8, text: '-010' })
    expect(nodeOf('09')).toMatchObject({ value: 9, text: '09' })
    expect(nodeOf('1_000')).toMatchObject({ value: '1_000' })
    expect(nodeOf('12345678901234567890')).toMatchObject({ text: '12345678901234567890' })
    expect(nodeOf('"0123"')).toMatchObject({ value: '0123', quoted: true })
    expect(nodeOf('TRUE')).toMatchObject({ value: true, text: 'TRUE' })
  })

  test('has the places of its keys and values', () => {
    const text = 'a:\n  - b: cd\n'
    const root = nodeOf(text)
    const list = root.kind === 'map' ? root.entries.get('a') : undefined
    expect(list?.key).toMatchObject({ start: 0, end: 1 })
    const item = list?.value.kind === 'list' ? list.value.items[0] : undefined
    const entry = item?.kind === 'map' ? item.entries.get('b') : undefined
    expect([entry?.key, entry?.value.place]).toMatchObject([
      { start: 7, end: 8 },
      { start: 10, end: 12 },
    ])
  })

  test('is nothing where it holds nothing', () => {
    expect(dataOf(nodeOf(''))).toBe(null)
    expect(dataOf(nodeOf('# only a comment\n'))).toBe(null)
  })

  test('may begin with a byte order mark and a directive, and have carriage returns', () => {
    expect(json('\u{feff}%YAML 1.2\n---\na: 1\r\nb: 2\r\n')).toEqual({ a: 1, b: 2 })
  })
})

describe('anchors', () => {
  test('are used again, also as merge keys, where the own key wins', () => {
    expect(json('a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], y: 3}\nd: *b')).toEqual({
      a: { x: 1, y: 1 },
      b: { x: 2, z: 2 },
      c: { x: 1, y: 3, z: 2 },
      d: { x: 2, z: 2 },
    })
  })

  test('that are not there, or stand around their use, are refused', () => {
    expect(problems('a: *b')).toEqual(['1:4 there is no anchor &b before this'])
    expect(problems('a: &a [*a]')).toEqual(['1:8 there is no anchor &a before this'])
  })

  test('cannot stand for too much', () => {
    const begin = 'a: &a {x: 1}\nb: ['
    expect(problems(`${begin}${'*a, '.repeat(100)}]`)).toEqual([])
    expect(problems(`${begin}${'*a, '.repeat(101)}]`)).toEqual([
      expect.stringContaining('100 uses and 20000 values are allowed'),
    ])
  })

  test('cannot nest deeper than brackets can', () => {
    const levels = Array.from({ length: 5 }, (_, level) => {
      const inner = level === 0 ? 'x' : `*a${level - 1}`
      return `a${level}: &a${level} ${'['.repeat(40)}${inner}${']'.repeat(40)}`
    })
    expect(problems(levels.slice(0, 2).join('\n'))).toEqual([])
    expect(problems(levels.join('\n'))).toEqual(['3:49 nested more than 100 deep'])
  })
})

describe('what is refused says where it is and what to do', () => {
  test.each([
    ['a:\n\tb: 1', '2:1 a TAB cannot indent: use spaces'],
    ['a: 1\nb: 2\na: 3', '3:1 the key "a" is here twice; the first is in line 1'],
    ['a: {b: 1, b: 2}', '1:11 the key "b" is here twice; the first is in line 1'],
    ['a: !!js/function x', '1:18 the tag "!!js/function" is not known: remove it'],
    ['a: !include x', '1:13 the tag "!include" is not known: remove it'],
    ['? [a]\n: 1', '1:3 a key must be a text'],
    ['&a a: 1\n*a : 2', '2:1 an alias cannot be a key'],
    ['a: {<<: 1}', '1:5 << takes a mapping, an alias of one, or a list of those'],
    ['a: 1\n---\nb: 2', expect.stringMatching(/^\d:\d a file holds one document/)],
    ['a: b: c', expect.stringContaining('a second ": "')],
    ['a: "\\d"', expect.stringContaining('no such escape in double quotes')],
    ['a: [1, 2', '1:9 a ] is missing here, or the lines inside the brackets are not indented'],
    ['a: "b', expect.stringContaining('Missing closing "quote')],
    ['a: {b: ${env:X}}', '1:8 inside { } and [ ], put a value with ${...} in quotes'],
    ['a: - b', expect.stringContaining('this cannot stand here')],
    ['a: [1 ] 2', expect.stringContaining('this cannot stand here')],
    ['a: @x', expect.stringContaining('cannot begin with this character')],
    [`a: ${'['.repeat(101)}`, '1:104 nested more than 100 deep'],
    [`${'- '.repeat(101)}x`, expect.stringContaining('nested more than 100 deep')],
  ])('%j', (text, expected) => {
    expect(problems(text)[0]).toEqual(expected)
  })

  test('all at once', () => {
    expect(problems('a: 1\na: 2\nb: !x 3\nc: *d')).toHaveLength(3)
  })
})

describe('whatever the text is', () => {
  const pieces = fc.constantFrom(
    ...'a b : - [ ] { } , &x *x << !!str | > " \' # % --- ... ? ~ 0 1 \\ @ ` é 😀'.split(' '),
    ...': |- |\n|  |\t|? |\0|\u{85}|\r\n'.split('|'),
  )

  test('reading never throws', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        expect(readYaml(parts.join(''), placesOf(parts.join('')))).toBeDefined()
      }),
      { numRuns: 3000 },
    )
  })

  test('a tree written as JSON comes back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value)
        expect(json(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  test('what is accepted is what the YAML library itself makes of it', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const text = parts.join('')
        const read = readYaml(text, placesOf(text))
        // Octal numbers, numbers as keys and merge keys are read as the Collector reads them.
        if (read.problems !== undefined || /<<|0\d|-0|~|\?/.test(text)) return
        const theirs: unknown = parse(text, { maxAliasCount: -1, logLevel: 'silent' })
        expect(JSON.stringify(dataOf(read.node))).toEqual(JSON.stringify(theirs ?? null))
      }),
      { numRuns: 3000 },
    )
  })
})
