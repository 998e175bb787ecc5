import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataOf, type ConfigNode } from './config-node.ts'
import { Expansion } from './expansion.ts'
import { ReferencedFiles } from './file-reference.ts'
import { Findings } from './finding.ts'
import { HiddenPlaces } from './frame.ts'
import { SourceText } from './source-text.ts'
import { readYaml } from './yaml-document.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-expansion-'))
  writeFileSync(join(folder, 'token'), 'tok$$en\n')
  writeFileSync(
    join(folder, 'rules.yaml'),
    '- target_label: a\n  replacement: ${env:WORD}\n- ${file:token}\n',
  )
  writeFileSync(join(folder, 'self.yaml'), '[1, "${file:self.yaml}"]')
  writeFileSync(join(folder, 'bomb.yaml'), 'a: &a [1,2]\nb: [' + '*a,'.repeat(200) + ']')
})
afterAll(() => rmSync(folder, { recursive: true }))

const environment: Readonly<Record<string, string>> = {
  WORD: 'word',
  NUMBER: '0123',
  BOOL: 'true',
  EMPTY: '',
  NULL: 'null',
  LIST: '[a, b]',
  MAP: '{x: 1, y: "$${z}"}',
  QUOTED: '"quoted"',
  BROKEN: '{[: \t"',
  DOLLAR: 'pa$$ss',
  NESTED: '${env:WORD} and ${env:NUMBER}',
  NAME: 'WORD',
  WHOLE: '${env:NUMBER}',
  LOOP: '${env:LOOP}',
  PING: 'x${env:PONG}',
  PONG: 'y${env:PING}',
  COMMENT: 'a # b',
  ...Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [
      `DOUBLE_${index + 1}`,
      `\${DOUBLE_${index}}\${DOUBLE_${index}}`,
    ]),
  ),
  DOUBLE_0: 'x'.repeat(100),
  BIG: 'x'.repeat(600_000),
}

interface Expanded {
  readonly node: ConfigNode
  readonly data: unknown
  readonly texts: readonly string[]
}

function expandYaml(yaml: string, strict = false): Expanded {
  const source = new SourceText('a.yaml', yaml, folder)
  const read = readYaml(yaml, (start, end) => ({ source, start, end }))
  if (read.problems !== undefined) throw new Error('bad test')
  const findings = new Findings(new HiddenPlaces())
  const files = new ReferencedFiles([join(folder, 'a.yaml')], {})
  const node = new Expansion({ environment, files, strict, findings }).expand(read.node)
  return { node, data: dataOf(node), texts: findings.list([]).map(({ text }) => text) }
}

/** What a text without quotes becomes: its value, and what it is for an option that takes text. */
function expandText(text: string): [value: unknown, text: unknown] {
  const { node } = expandYaml(JSON.stringify(text))
  return [dataOf(node), node.kind === 'scalar' ? node.text : undefined]
}

describe('a value that is one reference', () => {
  test.each([
    ['${env:WORD}', 'word', 'word'],
    ['${WORD}', 'word', 'word'],
    ['${env:NUMBER}', 83, '0123'],
    ['${env:BOOL}', true, 'true'],
    ['${env:NULL}', null, 'null'],
    ['${env:EMPTY}', null, ''],
    ['${env:UNSET:-0123}', 83, '0123'],
    ['${UNSET:-text}', 'text', 'text'],
    ['${env:UNSET:-}', '', ''],
    ['${env:UNSET:-${env:NUMBER}}', 83, '0123'],
    ['${env:UNSET:-a:-b}', 'a:-b', 'a:-b'],
    ['${env:QUOTED}', '"quoted"', '"quoted"'],
    ['${env:COMMENT}', 'a # b', 'a # b'],
    ['${env:BROKEN}', '{[: \t"', '{[: \t"'],
    ['${env:${env:NAME}}', 'word', 'word'],
    ['${env:WHOLE}', 83, '0123'],
    ['${env:NESTED}', 'word and 0123', 'word and 0123'],
    ['${env:DOLLAR}', 'pa$ss', 'pa$ss'],
    ['${file:token}', 'tok$en', 'tok$en'],
    ['${yaml:12}', 12, '12'],
  ])('%s', (text, value, asText) => {
    expect(expandText(text)).toEqual([value, asText])
  })

  test('may become any tree, in which references are resolved again', () => {
    expect(expandText('${env:LIST}')[0]).toEqual(['a', 'b'])
    expect(expandText('${env:MAP}')[0]).toEqual({ x: 1, y: '${z}' })
    expect(expandText('${yaml:[1, [a, b]]}')[0]).toEqual([1, ['a', 'b']])
    expect(expandText('${file:rules.yaml}')[0]).toEqual([
      { target_label: 'a', replacement: 'word' },
      'tok$en',
    ])
  })
})

describe('references in a text', () => {
  test.each([
    ['a${env:WORD}b', 'awordb'],
    ['${env:WORD}${env:NUMBER}', 'word0123'],
    ['${env:UNSET:-a}:${env:NUMBER}', 'a:0123'],
    ['[${env:LIST}]', '[[a, b]]'],
    ['x${file:token}x', 'xtok$enx'],
    ['x${env:DOLLAR}', 'xpa$ss'],
    ['x${env:NESTED}', 'xword and 0123'],
  ])('%s', (text, value) => {
    expect(expandText(text)[0]).toBe(value)
  })
})

describe('dollars', () => {
  test.each([
    ['$', '$'],
    ['$$', '$'],
    ['$$$', '$$'],
    ['$$$$', '$$'],
    ['$WORD', '$WORD'],
    ['$1-$2', '$1-$2'],
    ['$${env:WORD}', '${env:WORD}'],
    ['$$${env:WORD}', '$word'],
    ['$$$${env:WORD}', '$${env:WORD}'],
    ['$$$$${env:WORD}', '$$word'],
    ['$${a${env:WORD}}', '${aword}'],
    ['${env:UNSET:-$${x}}', '${x}'],
    ['{env:WORD}', '{env:WORD}'],
    ['}{', '}{'],
    // A group of a regular expression, as in a relabel rule of Prometheus, and as the Collector wants it.
    ['${1}', '${1}'],
    ['${1}:$2', '${1}:$2'],
    ['${1}-${env:WORD}', '${1}-word'],
    ['$${1}:${env:WORD}', '${1}:word'],
  ])('%s', (text, value) => {
    expect(expandText(text)[0]).toBe(value)
  })

  test('without any, a text stays what it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => !text.includes('$')),
        (text) => {
          expect(expandText(text)).toEqual([text, text])
        },
      ),
    )
  })

  test('doubled, a text comes back, whatever it is', () => {
    const text = fc
      .array(fc.constantFrom('$', '{', '}', '${', 'env:WORD', '1', ' '))
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, (each) => {
        expect(expandText(each.replaceAll('$', '$$$$'))[0]).toBe(each)
      }),
    )
  })
})

describe('what is found', () => {
  test('an unset variable is empty with a warning that names its place', () => {
    const { data, texts } = expandYaml('a: b-${env:UNSET}-c\nd: ${env:UNSET}')
    expect(data).toEqual({ a: 'b--c', d: null })
    expect(texts).toEqual([
      'a.yaml:1:6 warning: a: the environment variable UNSET is not set: its value is empty; ${env:UNSET:-value} would give it a default\n    1 | a: b-${env:UNSET}-c\n      |      ^^^^^^^^^^^^',
      'a.yaml:2:4 warning: d: the environment variable UNSET is not set: its value is empty; ${env:UNSET:-value} would give it a default\n    2 | d: ${env:UNSET}\n      |    ^^^^^^^^^^^^',
    ])
  })

  test('it is an error under strict', () => {
    const { node, texts } = expandYaml('${env:UNSET}', true)
    expect(texts).toEqual([
      expect.stringContaining('a.yaml:1:1 error: the environment variable UNSET is not set'),
    ])
    expect(node).toMatchObject({ broken: true })
  })

  test('in a replacement, it may be meant as a group', () => {
    expect(expandYaml('replacement: ${name}').texts[0]).toContain(
      'if it is a group of the regular expression, write $${name}',
    )
  })

  test.each([
    ['${env:LOOP}', 'too many references in this value: does it refer to itself?'],
    ['${env:PING}', 'too many references in this value: does it refer to itself?'],
    ['${file:self.yaml}', 'too many references in this value: does it refer to itself?'],
    ['a${DOUBLE_20}', 'too many references in this value'],
    ['${env:a b}', '"a b" is not the name of an environment variable'],
    ['${}', '"" is not the name of an environment variable'],
    ['${0x}', '"0x" is not the name of an environment variable'],
    ['${https://example.com/x}', 'values are not read from https:, but from env:, file: and yaml:'],
    ['${file:missing}', '${file:missing} cannot be read: there is no such file'],
    [
      '${file:bomb.yaml}',
      'the value of ${file:bomb.yaml} is refused: the aliases of this file stand for too much',
    ],
    [`\${yaml:${'['.repeat(200)}}`, 'the value of ${yaml:...} is refused: nested more than 100 deep'],
  ])('%s', (text, message) => {
    expect(expandYaml(`a: ${JSON.stringify(text)}`).texts).toEqual([expect.stringContaining(message)])
  })

  test('a value, and all values together, cannot become too long', () => {
    expect(expandYaml('a: "${env:BIG}${env:BIG}"').texts).toEqual([
      expect.stringContaining('the value becomes longer than 1048576 characters'),
    ])
    const many = Array.from({ length: 40 }, (_, index) => `a${index}: "\${env:BIG}"`)
    expect(expandYaml(many.join('\n')).texts[0]).toContain(
      'the references of this configuration stand for too much',
    )
  })

  test('${ without an end stands for itself, with a warning', () => {
    const { data, texts } = expandYaml('a: x${env:WORD')
    expect(data).toEqual({ a: 'x${env:WORD' })
    expect(texts).toEqual([
      expect.stringContaining('a.yaml:1:5 warning: a: ${ without a } stands for itself'),
    ])
  })
})

test('substituted values keep the place of their reference, and the line that they came from', () => {
  const { node } = expandYaml('a: ${file:rules.yaml}')
  const list = node.kind === 'map' ? node.entries.get('a')?.value : undefined
  const rule = list?.kind === 'list' ? list.items[0] : undefined
  const entry = rule?.kind === 'map' ? rule.entries.get('replacement') : undefined
  expect(entry?.key).toMatchObject({
    start: 3,
    end: 21,
    origin: { reference: '${file:rules.yaml}', line: 2 },
  })
  expect(entry?.value.place).toMatchObject({
    start: 3,
    origin: { reference: '${env:WORD}', line: undefined },
  })
})

test('whatever the text is, expansion ends and does not throw', () => {
  const piece = fc.constantFrom(
    '$',
    '$$',
    '${',
    '}',
    '${env:',
    '${WORD}',
    ':-',
    'LOOP',
    'PING',
    '${DOUBLE_9}',
    '1',
    ':',
    'file:',
    '{',
    '\n',
    '"',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (parts) => {
      expect(expandText(parts.join(''))).toHaveLength(2)
    }),
    { numRuns: 2000 },
  )
})
