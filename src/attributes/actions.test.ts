import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import {
  internAttributes,
  internedSets,
  releaseAttributes,
  type AttributeValue,
} from '#src/model/attribute-set.ts'
import { compileActions } from './actions.ts'
import type { ActionConfig } from './action-options.ts'

type Plain = Readonly<Record<string, AttributeValue>>

/** What actions make of attributes; 'unchanged' where they say so. */
function applied(actions: readonly ActionConfig[], attributes: Plain, hidden?: string): Plain | 'unchanged' {
  const set = internAttributes(Object.entries(attributes).flat())
  const list = compileActions(actions, ['actions'])(set, hidden)
  releaseAttributes(set)
  if (list === undefined) return 'unchanged'
  const made = internAttributes(list)
  releaseAttributes(made)
  return Object.fromEntries(made)
}

/** Every mistake in a list of actions: its place and its text. */
function mistakes(actions: readonly ActionConfig[]): string[] {
  try {
    compileActions(actions, ['actions'])
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The eight bytes that are written. */
function bytesOf(write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(8)
  write(new DataView(bytes.buffer))
  return bytes
}

describe('insert, update and upsert', () => {
  const absent = { other: 'x' }
  const present = { other: 'x', region: 'old' }
  test.each([
    ['insert', absent, { other: 'x', region: 'eu' }],
    ['insert', present, 'unchanged'],
    ['update', absent, 'unchanged'],
    ['update', present, { other: 'x', region: 'eu' }],
    ['upsert', absent, { other: 'x', region: 'eu' }],
    ['upsert', present, { other: 'x', region: 'eu' }],
  ] as const)('%s of %o gives %o', (action, before, after) => {
    expect(applied([{ action, key: 'region', value: 'eu' }], before)).toEqual(after)
  })

  test.each([
    ['insert', { source: 7n }, { source: 7n, copy: 7n }],
    ['insert', { source: 7n, copy: 'kept' }, 'unchanged'],
    ['insert', {}, 'unchanged'],
    ['update', { source: 7n }, 'unchanged'],
    ['update', { source: 7n, copy: 'old' }, { source: 7n, copy: 7n }],
    ['update', { copy: 'old' }, 'unchanged'],
    ['upsert', { source: 7n, copy: 'old' }, { source: 7n, copy: 7n }],
    ['upsert', {}, 'unchanged'],
  ] as const)('%s from another attribute makes %o to %o', (action, before, after) => {
    expect(applied([{ action, key: 'copy', from_attribute: 'source' }], before)).toEqual(after)
  })

  test.each([
    ['text', 'text'],
    ['', ''],
    [true, true],
    [42, 42n],
    [-0, 0n],
    [0.5, 0.5],
    [9_007_199_254_740_993n, 9_007_199_254_740_993n],
    [1e300, 1e300],
    [
      ['a', 1],
      ['a', 1n],
    ],
    [{ a: { b: 1.5 } }, new Map([['a', new Map([['b', 1.5]])]])],
  ])('the value %o is written as %o', (value, written) => {
    expect(applied([{ action: 'upsert', key: 'k', value }], {})).toEqual({ k: written })
  })

  test('a default is written where the attribute to copy is missing, or a value is empty', () => {
    const copy: ActionConfig = { action: 'upsert', key: 'k', from_attribute: 'source', default_value: 'none' }
    expect(applied([copy], {})).toEqual({ k: 'none' })
    expect(applied([copy], { source: 'some' })).toEqual({ source: 'some', k: 'some' })
    expect(applied([{ action: 'insert', key: 'k', value: null, default_value: 3 }], {})).toEqual({ k: 3n })
    expect(applied([{ action: 'insert', key: 'k', value: 'v', default_value: 3 }], {})).toEqual({ k: 'v' })
    expect(applied([{ action: 'insert', key: 'k', default_value: 3 }], {})).toEqual({ k: 3n })
  })
})

describe('delete', () => {
  const attributes = { duplicate_key: 1n, duplicate_key_a: 'a', not_duplicate_key: 'n' }

  test('removes the key and what matches the pattern', () => {
    expect(applied([{ action: 'delete', key: 'duplicate_key' }], attributes)).toEqual({
      duplicate_key_a: 'a',
      not_duplicate_key: 'n',
    })
    expect(applied([{ action: 'delete', pattern: '^duplicate_key_.' }], attributes)).toEqual({
      duplicate_key: 1n,
      not_duplicate_key: 'n',
    })
    expect(applied([{ action: 'delete', key: 'not_duplicate_key', pattern: '_a$' }], attributes)).toEqual({
      duplicate_key: 1n,
    })
  })

  test('matches anywhere in a name unless anchored', () => {
    expect(applied([{ action: 'delete', pattern: 'duplicate' }], attributes)).toEqual({})
  })

  test('of nothing changes nothing', () => {
    expect(applied([{ action: 'delete', key: 'x', pattern: '^y' }], attributes)).toBe('unchanged')
  })
})

describe('hash', () => {
  test.each<[AttributeValue, string]>([
    ['foo', '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'],
    ['zürich', sha256(new TextEncoder().encode('zürich'))],
    [24n, sha256(bytesOf((view) => view.setBigInt64(0, 24n, true)))],
    [-1n, sha256(new Uint8Array(8).fill(255))],
    [2.4, sha256(bytesOf((view) => view.setFloat64(0, 2.4, true)))],
    [true, sha256(Uint8Array.of(1))],
    [false, sha256(Uint8Array.of(0))],
    ['', ''],
    [['a'], ''],
  ])('writes the SHA-256 of %o in hex, as the Collector does', (value, hash) => {
    const changed = applied([{ action: 'hash', key: 'k' }], { k: value })
    expect(changed === 'unchanged' ? value : changed['k']).toBe(hash)
  })

  test('reaches every attribute whose name matches the pattern', () => {
    expect(
      applied([{ action: 'hash', pattern: '^user' }], { user: 'foo', 'user.id': 'foo', x: 'foo' }),
    ).toEqual({
      user: sha256('foo'),
      'user.id': sha256('foo'),
      x: 'foo',
    })
  })
})

test('a key that matches the pattern too is hashed twice, as the Collector does', () => {
  const hash: ActionConfig = { action: 'hash', key: 'user', pattern: '^user$' }
  expect(applied([hash], { user: 'foo' })).toEqual({ user: sha256(sha256('foo')) })
})

describe('extract', () => {
  const path: ActionConfig = {
    action: 'extract',
    key: 'path',
    pattern: String.raw`^\/api\/(?P<version>v\d+)\/(?P<kind>[^/]+)(?:\/(?P<id>\d+))?$`,
  }

  test('writes each named group, over what was there; a group that took no part is empty', () => {
    expect(applied([path], { path: '/api/v1/pods/12', kind: 'old' })).toEqual({
      path: '/api/v1/pods/12',
      version: 'v1',
      kind: 'pods',
      id: '12',
    })
    expect(applied([path], { path: '/api/v1/pods' })).toEqual({
      path: '/api/v1/pods',
      version: 'v1',
      kind: 'pods',
      id: '',
    })
  })

  test.each([{ path: '/other' }, { path: 12n }, { kind: 'x' }])('leaves %o alone', (attributes) => {
    expect(applied([path], attributes)).toBe('unchanged')
  })
})

describe('convert', () => {
  test.each<[from: AttributeValue, to: ActionConfig['converted_type'], result: AttributeValue]>([
    ['200', 'int', 200n],
    ['+7', 'int', 7n],
    ['-9223372036854775808', 'int', -9_223_372_036_854_775_808n],
    ['9223372036854775808', 'int', '9223372036854775808'],
    ['1.5', 'int', '1.5'],
    ['many', 'int', 'many'],
    ['', 'int', ''],
    [1.9, 'int', 1n],
    [-1.9, 'int', -1n],
    [1e30, 'int', 1e30],
    [Number.NaN, 'int', Number.NaN],
    [true, 'int', 1n],
    [false, 'int', 0n],
    [5n, 'int', 5n],
    [['1'], 'int', ['1']],
    ['1.5', 'double', 1.5],
    ['1e3', 'double', 1000],
    ['.5', 'double', 0.5],
    ['-Inf', 'double', -Infinity],
    ['+infinity', 'double', Infinity],
    ['nan', 'double', Number.NaN],
    ['1e999', 'double', '1e999'],
    ['0x10', 'double', '0x10'],
    ['', 'double', ''],
    [3n, 'double', 3],
    [true, 'double', 1],
    [false, 'double', 0],
    [2.5, 'double', 2.5],
    [['1'], 'double', ['1']],
    [200n, 'string', '200'],
    [0.1, 'string', '0.1'],
    [1e21, 'string', '1e+21'],
    [true, 'string', 'true'],
    ['x', 'string', 'x'],
    [['a', 1n, [false]], 'string', '["a",1,[false]]'],
    [new Map<string, AttributeValue>([['k', 9_007_199_254_740_993n]]), 'string', '{"k":9007199254740993}'],
    [Uint8Array.of(1, 2, 3), 'string', 'AQID'],
    [[Uint8Array.of(255)], 'string', '["/w=="]'],
    ['true', 'bool', true],
    ['F', 'bool', false],
    ['yes', 'bool', 'yes'],
    [0n, 'bool', false],
    [2n, 'bool', true],
    [0, 'bool', false],
    [0.5, 'bool', true],
    [true, 'bool', true],
    [['true'], 'bool', ['true']],
  ])('%o to %s is %o', (value, type, result) => {
    const action: ActionConfig = { action: 'convert', key: 'k', ...(type && { converted_type: type }) }
    const changed = applied([action], { k: value })
    expect(changed === 'unchanged' ? value : changed['k']).toEqual(result)
  })

  test('of an attribute that is not there does nothing', () => {
    expect(applied([{ action: 'convert', key: 'k', converted_type: 'int' }], { x: '1' })).toBe('unchanged')
  })
})

test('actions are applied in order, each to what the last one left', () => {
  const rename: ActionConfig[] = [
    { action: 'insert', key: 'operation', value: 'default' },
    { action: 'upsert', key: 'svc.operation', from_attribute: 'operation' },
    { action: 'delete', key: 'operation' },
  ]
  expect(applied(rename, { operation: 'arithmetic', 'svc.operation': 'add' })).toEqual({
    'svc.operation': 'arithmetic',
  })
  expect(applied(rename, {})).toEqual({ 'svc.operation': 'default' })
})

test('a hidden attribute is not seen, and stays', () => {
  const actions: ActionConfig[] = [
    { action: 'upsert', key: 'copy', from_attribute: 'le' },
    { action: 'upsert', key: 'le', value: 'x' },
    { action: 'delete', pattern: 'l' },
  ]
  expect(applied(actions, { le: '0.5', label: 'gone' }, 'le')).toEqual({ le: '0.5' })
})

test('a key that JavaScript gives a meaning is an attribute like any other', () => {
  expect(applied([{ action: 'upsert', key: '__proto__', value: 'x' }], { constructor: 'y' })).toEqual(
    Object.fromEntries([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]),
  )
})

describe('mistakes', () => {
  test.each<[ActionConfig, string]>([
    [{ action: 'upsert', value: 1 }, 'actions.0: upsert needs key'],
    [{ action: 'upsert', key: '', value: 1 }, 'actions.0: upsert needs key'],
    [{ action: 'upsert', key: 'k' }, 'actions.0: upsert needs value or from_attribute or default_value'],
    [{ action: 'upsert', key: 'k', value: null }, 'actions.0: upsert needs value or from_attribute'],
    [
      { action: 'upsert', key: 'k', value: 1, from_attribute: 'a' },
      'actions.0.from_attribute: from_attribute contradicts value: give one of them',
    ],
    [
      { action: 'insert', key: 'k', from_context: 'metadata.tenant' },
      'actions.0.from_context: from_context is not supported, because Weir keeps no metadata of clients: use',
    ],
    [
      { action: 'update', key: 'k', value: 1, pattern: 'x' },
      'actions.0.pattern: update does not use pattern, only key, value, from_attribute, default_value',
    ],
    [{ action: 'delete' }, 'actions.0: delete needs key or pattern'],
    [{ action: 'hash', key: 'k', value: 1 }, 'actions.0.value: hash does not use value, only key, pattern'],
    [{ action: 'delete', pattern: '(' }, 'actions.0.pattern: the regular expression is not valid'],
    [{ action: 'extract', key: 'k' }, 'actions.0: extract needs pattern'],
    [{ action: 'extract', key: 'k', pattern: '.*' }, 'actions.0.pattern: every group of the pattern needs'],
    [
      { action: 'extract', key: 'k', pattern: '(?P<a>.)(.)' },
      'actions.0.pattern: every group of the pattern',
    ],
    [{ action: 'convert', key: 'k' }, 'actions.0: convert needs converted_type'],
    [{ action: 'convert', converted_type: 'int' }, 'actions.0: convert needs key'],
    [{ action: 'upsert', key: 'k', value: [1, null] }, 'actions.0.value.1: there is no value'],
    [{ action: 'upsert', key: 'k', value: 2n ** 63n }, 'actions.0.value: 9223372036854775808 does not fit'],
    [
      { action: 'upsert', key: 'k', from_attribute: 'a', default_value: { b: null } },
      'actions.0.default_value.b: there is no value',
    ],
  ])('%o is refused: %s', (action, message) => {
    expect(mistakes([action])).toEqual([expect.stringContaining(message)])
  })

  test('of all actions are reported at once', () => {
    expect(mistakes([{ action: 'delete' }, { action: 'delete', key: 'k' }, { action: 'hash' }])).toEqual([
      'actions.0: delete needs key or pattern',
      'actions.2: hash needs key or pattern',
    ])
  })
})

describe('for any attributes', () => {
  const value = fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.double(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  )
  const attributes = fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), value, { maxKeys: 6 })
  const key = fc.string({ minLength: 1, maxLength: 4 })

  test('delete undoes insert, and gives back every reference', () => {
    const before = internedSets()
    fc.assert(
      fc.property(attributes, key, (given, name) => {
        const actions: ActionConfig[] = [
          { action: 'insert', key: name, value: 'x' },
          { action: 'delete', key: name },
        ]
        const { [name]: _, ...rest } = given
        const changed = applied(actions, given)
        expect(changed === 'unchanged' ? given : changed).toEqual(rest)
      }),
    )
    expect(internedSets()).toEqual(before)
  })

  test('upsert is insert and then update', () => {
    fc.assert(
      fc.property(attributes, key, value, (given, name, written) => {
        const both = applied(
          [
            { action: 'insert', key: name, value: written },
            { action: 'update', key: name, value: written },
          ],
          given,
        )
        expect(applied([{ action: 'upsert', key: name, value: written }], given)).toEqual(both)
      }),
    )
  })

  test('conversion to a text and back gives integers back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (number) => {
        const there: ActionConfig = { action: 'convert', key: 'k', converted_type: 'string' }
        const back: ActionConfig = { action: 'convert', key: 'k', converted_type: 'int' }
        expect(applied([there, back], { k: number })).toBe('unchanged')
      }),
    )
  })
})
