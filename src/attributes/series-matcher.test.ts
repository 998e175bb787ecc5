import { describe, expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import type { MatchType } from '#src/config/matcher.ts'
import type { AttributeValue } from '#src/model/attribute-set.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { series } from '#src/testing/series.ts'
import type { WantedAttributeConfig } from './attribute-matcher.ts'
import { compileResourceMatcher, compileSeriesMatcher } from './series-matcher.ts'

interface Lists {
  readonly metric_names?: readonly string[]
  readonly attributes?: readonly WantedAttributeConfig[]
}

function matches(
  matchType: MatchType,
  lists: Lists,
  name: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
): boolean {
  return compileSeriesMatcher(
    matchType,
    { metric_names: [], attributes: [], ...lists },
    [],
  )(series(name, attributes))
}

function mistakes(matchType: MatchType, lists: Lists): string[] {
  try {
    compileSeriesMatcher(matchType, { metric_names: [], attributes: [], ...lists }, ['include'])
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
}

test('one of the names must match, and all of the attributes', () => {
  const lists = { metric_names: ['up', 'load'], attributes: [{ key: 'a', value: '1' }, { key: 'b' }] }
  expect(matches('strict', lists, 'up', { a: '1', b: 'any' })).toBe(true)
  expect(matches('strict', lists, 'load', { a: '1', b: '' })).toBe(true)
  expect(matches('strict', lists, 'down', { a: '1', b: 'any' })).toBe(false)
  expect(matches('strict', lists, 'up', { a: '2', b: 'any' })).toBe(false)
  expect(matches('strict', lists, 'up', { a: '1' })).toBe(false)
})

test('lists that are empty match everything', () => {
  expect(matches('strict', {}, 'up')).toBe(true)
  expect(matches('regexp', { attributes: [{ key: 'a' }] }, 'up', { a: 1n })).toBe(true)
  expect(matches('regexp', { metric_names: ['u'] }, 'up')).toBe(true)
})

test.each<[configured: unknown, actual: AttributeValue, same: boolean]>([
  ['404', '404', true],
  [404, 404n, true],
  [404, '404', false],
  [404, 404, false],
  ['404', 404n, false],
  [0.5, 0.5, true],
  [true, true, true],
  [true, 'true', false],
  [['a', 1], ['a', 1n], true],
  [['a', 1], ['a'], false],
  [{ k: 'v' }, new Map([['k', 'v']]), true],
  [null, 'anything', true],
])('strict compares with the type: %o with %o', (value, actual, same) => {
  expect(matches('strict', { attributes: [{ key: 'k', value }] }, 'up', { k: actual })).toBe(same)
})

test.each<[pattern: string, actual: AttributeValue, matched: boolean]>([
  ['^4..$', '404', true],
  ['^4..$', 404n, true],
  ['^4..$', '5404', false],
  ['0', 404n, true],
  ['^t', true, true],
  [String.raw`^0\.5$`, 0.5, true],
  ['.*', ['a'], false],
  ['.*', new Map(), false],
  ['.*', Uint8Array.of(1), false],
])('an expression sees the text of a value: %s on %o', (pattern, actual, matched) => {
  expect(matches('regexp', { attributes: [{ key: 'k', value: pattern }] }, 'up', { k: actual })).toBe(matched)
})

test('the attributes of the resource are asked in the same way', () => {
  const scope = makeScope(makeResource(['host.name', 'node-1']))
  const isNode = compileResourceMatcher('regexp', [{ key: 'host.name', value: '^node' }], [])
  expect(isNode(series('up', {}, { scope }))).toBe(true)
  expect(isNode(series('up', { 'host.name': 'node-1' }))).toBe(false)
})

test('the resource of scraped series is asked by the names of OpenTelemetry', () => {
  const scope = makeScope(makeResource(['instance', 'a:1', 'job', 'node'], { derived: true }))
  const isNode = compileResourceMatcher('strict', [{ key: 'service.name', value: 'node' }], [])
  const hasJob = compileResourceMatcher('strict', [{ key: 'job' }], [])
  expect([isNode, hasJob].map((matches) => matches(series('up', {}, { scope })))).toEqual([true, false])
})

describe('the name of a part', () => {
  test.each(['bucket', 'sum', 'count', 'created'] as const)(
    'of a histogram (%s) is that of the histogram',
    (role) => {
      const part = series('latency', {}, { kind: 'histogram', role })
      expect(part.selectionName).toBe('latency')
    },
  )

  test('of a summary is that of the summary', () => {
    expect(series('latency', {}, { kind: 'summary', role: 'quantile' }).selectionName).toBe('latency')
  })

  test.each(['total', 'created'] as const)('of a counter (%s) is that of its total', (role) => {
    expect(series('requests', {}, { kind: 'sum', role }).selectionName).toBe('requests_total')
  })

  test('that is no part is its own', () => {
    expect(series('requests', {}, { kind: 'sum' }).selectionName).toBe('requests')
  })
})

test('mistakes in names and values are reported together, with their places', () => {
  expect(
    mistakes('regexp', {
      metric_names: ['ok', '['],
      attributes: [
        { key: 'a', value: '(' },
        { key: 'b', value: 404 },
        { key: 'c', value: 'fine' },
      ],
    }),
  ).toEqual([
    expect.stringMatching(/^include\.metric_names\.1: the regular expression is not valid/),
    expect.stringMatching(/^include\.attributes\.0\.value: the regular expression is not valid/),
    'include.attributes.1.value: with match_type regexp a value is an expression: quote it',
  ])
})
