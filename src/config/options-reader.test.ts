import { describe, expect, test } from 'vitest'
import { ConfigError } from './config-error.ts'
import type { ConfigNode } from './config-node.ts'
import { Findings } from './finding.ts'
import { HiddenPlaces } from './frame.ts'
import { findMistakes, readOptions, type ReadOptions } from './options-reader.ts'
import { Duration, Options, SecretText, Type, WithoutEffect, type TSchema } from './schema.ts'
import { viewOf } from './schema-view.ts'
import { Secret } from './secret.ts'
import { SourceText } from './source-text.ts'
import { readYaml } from './yaml-document.ts'

function nodeOf(yaml: string): ConfigNode {
  const source = new SourceText('a.yaml', yaml, '/')
  const read = readYaml(yaml, (start, end) => ({ source, start, end }))
  if (read.problems !== undefined) throw new Error('bad test')
  return read.node
}

function read(schema: TSchema, yaml: string): ReadOptions & { readonly findings: Findings } {
  const hidden = new HiddenPlaces()
  const findings = new Findings(hidden)
  return { ...readOptions(nodeOf(yaml), viewOf(schema), ['x'], { findings, hidden }), findings }
}

/** The options as a component gets them. */
function options(schema: TSchema, yaml: string): unknown {
  const { options, findings } = read(schema, yaml)
  expect(findings.list([]).filter(({ severity }) => severity === 'error')).toEqual([])
  return options
}

/** Findings, each with its place, path and message. */
function found(schema: TSchema, yaml: string): string[] {
  return read(schema, yaml)
    .findings.list([])
    .map(({ text }) => text.split('\n')[0]?.replace(/^a\.yaml:/, '') ?? '')
}

const text = Type.String({ description: 'A text.' })
const wait = Duration({ description: 'A wait.', default: '1s', minimum: '100ms' })

describe('what components get', () => {
  test('has defaults, also in nested mappings and in lists', () => {
    const schema = Options({
      wait,
      inner: Options({
        count: Type.Integer({ default: 3 }),
        deep: Options({ on: Type.Boolean({ default: true }) }),
      }),
      absent: Type.Optional(Options({ count: Type.Integer({ default: 3 }) })),
      rows: Type.Array(Options({ name: text, weight: Type.Number({ default: 1 }) }), { default: [] }),
    })
    const standard = { wait: 1000, inner: { count: 3, deep: { on: true } }, rows: [] }
    for (const yaml of ['{}', '', '{wait: , inner: , rows: }'])
      expect(options(schema, yaml)).toEqual(standard)
    expect(options(schema, '{absent: , rows: [{name: a}]}')).toEqual({
      ...standard,
      absent: { count: 3 },
      rows: [{ name: 'a', weight: 1 }],
    })
  })

  test('are milliseconds and secrets, wherever they stand', () => {
    const secret = SecretText({ description: 'A secret.' })
    const schema = Options({
      list: Type.Array(wait),
      map: Type.Record(Type.String(), secret),
      union: Type.Union([
        Options({ kind: Type.Literal('a'), wait }),
        Options({ kind: Type.Literal('b'), secret }),
      ]),
      either: Type.Union([Type.Boolean(), secret]),
    })
    expect(
      options(
        schema,
        '{list: [1m, 500ms], map: {a: 0123, ~: x}, union: {kind: b, secret: s}, either: false}',
      ),
    ).toEqual({
      list: [60_000, 500],
      map: { a: new Secret('0123'), '~': new Secret('x') },
      union: { kind: 'b', secret: new Secret('s') },
      either: false,
    })
    const got = options(schema, '{list: [], map: {a: 0123}, union: {kind: a}, either: s}') as {
      readonly map: { readonly a: Secret }
      readonly either: Secret
    }
    expect([got.map.a.reveal(), got.either.reveal()]).toEqual(['0123', 's'])
    expect(got).toMatchObject({ union: { kind: 'a', wait: 1000 } })
  })

  test('are texts as written, where only text is expected', () => {
    const schema = Options({
      a: text,
      b: text,
      c: Type.Union([Type.Integer(), text]),
      d: Type.Union([Type.Null(), text]),
    })
    expect(options(schema, '{a: 0123, b: TRUE, c: 0123, d: ~}')).toEqual({
      a: '0123',
      b: 'TRUE',
      c: 83,
      d: null,
    })
  })

  test('are lists, where a text has commas', () => {
    const schema = Options({ a: Type.Array(text), b: Type.Union([text, Type.Array(text)]) })
    expect(options(schema, '{a: "x,y", b: "x,y"}')).toEqual({ a: ['x', 'y'], b: 'x,y' })
    expect(options(schema, '{a: "", b: [x]}')).toEqual({ a: [], b: ['x'] })
  })

  test('are lower case, where any case may be written', () => {
    const schema = Options({ level: Type.Enum(['info', 'debug'], { anyCase: true }) })
    expect(options(schema, 'level: INFO')).toEqual({ level: 'info' })
    expect(found(schema, 'level: INFOS')).toEqual([
      '1:8 error: x.level: expected "info" or "debug", found "INFOS": did you mean "info"?',
    ])
  })

  test('keep keys that mean something to JavaScript as data', () => {
    const schema = Options({ map: Type.Record(Type.String(), text) })
    const got = options(schema, 'map: {__proto__: a, constructor: b, toString: c}') as {
      readonly map: object
    }
    expect(Object.entries(got.map)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ])
    expect(Object.getPrototypeOf(got.map)).toBe(null)
  })

  test('a union takes its first alternative that holds', () => {
    const schema = Options({
      target: Type.Union([
        Options({ host: text, port: Type.Integer({ default: 80 }) }),
        Options({ host: text, path: text, wait }),
      ]),
    })
    expect(options(schema, 'target: {host: a}')).toEqual({ target: { host: 'a', port: 80 } })
    expect(options(schema, 'target: {host: a, path: b}')).toEqual({
      target: { host: 'a', path: 'b', wait: 1000 },
    })
  })
})

describe('old names', () => {
  const schema = Options({ name: text, other: Type.Optional(text) }, { aliases: { nom: 'name' } })

  test('are accepted with a warning', () => {
    expect(options(schema, 'nom: a')).toEqual({ name: 'a' })
    expect(found(schema, 'nom: a')).toEqual(['1:1 warning: x.nom: this is the old name of name: rename it'])
  })

  test('are refused beside the new one', () => {
    expect(found(schema, 'nom: a\nname: b')).toEqual([
      '1:1 error: x.nom: this is the old name of name, which is here too: remove one',
    ])
  })

  test('are not offered where a key is misspelt', () => {
    expect(found(schema, 'name: a\nnomm: b')).toEqual([
      '2:1 error: x.nomm: unknown key; known here: name, other',
    ])
  })

  test('a mistake in the value is found at its place', () => {
    expect(found(schema, 'nom: [a]')).toContain('1:1 error: x.name: expected a text, found a list')
  })
})

test('an option without effect is warned about, with the reason', () => {
  const schema = Options({ cache: WithoutEffect('there is no cache') })
  expect(found(schema, 'cache: {size: 1}')).toEqual([
    '1:1 warning: x.cache: this has no effect: there is no cache',
  ])
})

describe('mistakes', () => {
  const schema = Options({
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
    ratio: Type.Optional(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, multipleOf: 0.25 })),
    on: Type.Optional(Type.Boolean()),
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 5, pattern: '^[a-z]*$', description: 'Small letters.' }),
    ),
    code: Type.Optional(Type.String({ minLength: 2 })),
    mode: Type.Optional(Type.Union([Type.Literal('fast'), Type.Literal('slow')])),
    size: Type.Optional(Type.Union([Type.Literal('auto'), Type.Integer()])),
    list: Type.Optional(Type.Array(text, { minItems: 1, maxItems: 2, uniqueItems: true })),
    pair: Type.Optional(Type.Array(text, { minItems: 2 })),
    map: Type.Optional(Type.Record(Type.String(), Type.Integer(), { minProperties: 1, maxProperties: 2 })),
    wait: Type.Optional(wait),
    inner: Type.Optional(Options({ endpoint: Type.String({ description: 'Where to.' }) })),
    kinds: Type.Optional(
      Type.Union([
        Options({ kind: Type.Literal('a'), size: Type.Integer() }),
        Options({ kind: Type.Literal('b'), rows: Type.Array(Type.Integer()) }),
      ]),
    ),
  })

  test.each([
    ['coutn: 1', '1:1 error: x.coutn: unknown key: did you mean "count"?'],
    [
      'count: "8"',
      '1:8 error: x.count: expected a whole number, found the quoted text "8": remove the quotes',
    ],
    ['count: 1.5', '1:8 error: x.count: expected a whole number, found 1.5'],
    ['count: 0', '1:8 error: x.count: must be at least 1, found 0'],
    ['count: 11', '1:8 error: x.count: must be at most 10, found 11'],
    ['count: {a: 1}', '1:1 error: x.count: expected a whole number, found a mapping'],
    ['count: many', '1:8 error: x.count: expected a whole number, found "many"'],
    ['ratio: 0', '1:8 error: x.ratio: must be more than 0, found 0'],
    ['ratio: 1', '1:8 error: x.ratio: must be less than 1, found 1'],
    ['ratio: 0.3', '1:8 error: x.ratio: must be a multiple of 0.25, found 0.3'],
    [
      'on: "true"',
      '1:5 error: x.on: expected true or false, found the quoted text "true": remove the quotes',
    ],
    ['on: yes', '1:5 error: x.on: expected true or false, found "yes"'],
    ['name: ""', '1:7 error: x.name: must not be empty'],
    ['code: a', '1:7 error: x.code: must have at least 2 characters'],
    ['name: aaaaaa', '1:7 error: x.name: must have at most 5 characters'],
    ['name: A', '1:7 error: x.name: found "A", which does not match ^[a-z]*$: Small letters'],
    ['mode: fsat', '1:7 error: x.mode: expected "fast" or "slow", found "fsat": did you mean "fast"?'],
    [
      'size: atuo',
      '1:7 error: x.size: expected "auto" or a whole number, found "atuo": did you mean "auto"?',
    ],
    ['size: [1]', '1:1 error: x.size: expected "auto" or a whole number, found a list'],
    ['list: []', '1:1 error: x.list: the list must not be empty'],
    ['pair: [a]', '1:1 error: x.pair: the list needs at least 2 items'],
    ['list: [a, b, c]', '1:1 error: x.list: the list must have at most 2 items'],
    ['list: [a, a]', '1:1 error: x.list: items 0 and 1 of the list are the same'],
    ['list: [a, [b]]', '1:11 error: x.list[1]: expected a text, found a list'],
    ['list: {a: 1}', '1:1 error: x.list: expected a list, found a mapping: begin each item with "- "'],
    ['map: {}', '1:1 error: x.map: needs at least 1 key'],
    ['map: {a: 1, b: 1, c: 1}', '1:1 error: x.map: takes at most 2 keys'],
    ['map: {a: b}', '1:10 error: x.map.a: expected a whole number, found "b"'],
    [
      'wait: 5',
      '1:7 error: x.wait: expected a duration such as 15s, 1m30s or 500ms, found "5": it needs a unit, as in 5s or 5ms',
    ],
    [
      'wait: 1d',
      '1:7 error: x.wait: expected a duration such as 15s, 1m30s or 500ms, found "1d": the units are ms, s, m and h; a day is 24h',
    ],
    ['wait: soon', '1:7 error: x.wait: expected a duration such as 15s, 1m30s or 500ms, found "soon"'],
    ['wait: 5ms', '1:7 error: x.wait: must be at least 100ms, found "5ms"'],
    ['inner: {}', '1:1 error: x.inner: endpoint is missing: Where to'],
    ['inner: {endpoint: }', '1:9 error: x.inner.endpoint: has no value: Where to'],
    ['kinds: {kind: b, rows: [1, x]}', '1:28 error: x.kinds.rows[1]: expected a whole number, found "x"'],
    ['kinds: {kind: b, rows: 1, siez: 2}', '1:27 error: x.kinds.siez: unknown key; known here: kind, rows'],
    ['kinds: text', '1:8 error: x.kinds: expected a mapping, found "text"'],
    ['[]', '1:1 error: x: expected a mapping, found a list'],
  ])('%s', (yaml, expected) => {
    expect(found(schema, yaml)).toContain(expected)
  })

  test('are all found at once, in the order of the file', () => {
    expect(found(schema, 'count: x\non: 1\nwait: z\nother: 1').map((each) => each.slice(0, 3))).toEqual([
      '1:8',
      '2:5',
      '3:7',
      '4:1',
    ])
  })

  test('are those of the alternative whose constant was written, however many', () => {
    expect(found(schema, 'kinds: {kind: b, rows: [q, r, s, t, u, v, w]}')).toHaveLength(7)
  })

  test('of which one key has two say both', () => {
    expect(found(schema, 'name: AAAAAA')).toHaveLength(2)
  })

  test('of a factory are placed by their path, or by the nearest that is in the file', () => {
    const { node } = read(schema, 'inner:\n  endpoint: a\nlist: [b]')
    const findings = new Findings(new HiddenPlaces())
    const others = [new ConfigError('two', ['list', 0]), new ConfigError('three', ['inner', 'not_there', 1])]
    findMistakes(new ConfigError('one', ['inner', 'endpoint'], { others }), node, ['x'], findings)
    expect(findings.list([]).map(({ line, column, message, path }) => [line, column, message, path])).toEqual(
      [
        [1, 1, 'three', ['x', 'inner', 'not_there', 1]],
        [2, 13, 'one', ['x', 'inner', 'endpoint']],
        [3, 8, 'two', ['x', 'list', 0]],
      ],
    )
  })
})

describe('secrets', () => {
  const secret = SecretText({ description: 'A secret.' })
  const schema = Options({
    user: Type.Optional(Type.Integer()),
    password: Type.Optional(secret),
    headers: Type.Optional(Type.Record(Type.String(), secret)),
    rows: Type.Optional(Type.Array(Options({ word: secret }))),
    either: Type.Optional(Type.Union([Options({ word: secret }), Type.Array(secret)])),
  })

  test.each([
    '{ user: a, password: hunter2 }',
    '{ password: hunter2, user: a }',
    '{ user: a, headers: { x: hunter2, y: hunter2 } }',
    '{ user: a, rows: [{ word: hunter2 }] }',
    '{ user: a, either: [hunter2] }',
    '{ user: a, passwrod: hunter2 }',
    '{ user: a, headrs: { x: hunter2 } }',
    '{ user: a, bearer_token: hunter2 }',
    '{ user: a, password: "${env:X:-hunter2}" }',
    'password: [hunter2]',
    'headers: hunter2',
    'headers: [hunter2]',
    'rows: hunter2',
    'rows: [{ wrod: hunter2 }]',
    'either: { wodr: hunter2 }',
    'password: |\n  hunter2\nuser: a',
    'password: { hunter2: 1 }',
  ])('are not shown by %j', (yaml) => {
    const findings = read(schema, yaml).findings.list([])
    expect(findings.length).toBeGreaterThan(0)
    expect(findings.map(({ text, message }) => text + message).join()).not.toContain('hunter2')
  })

  test('a reference to one may be seen', () => {
    const yaml = '{ user: a, password: "${env:PASSWORD}" }'
    expect(read(schema, yaml).findings.list([])[0]?.text).toContain(yaml)
  })
})
