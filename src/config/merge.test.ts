import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dataOf, type ConfigNode, type Entry, type MapNode } from './config-node.ts'
import { Findings } from './finding.ts'
import { HiddenPlaces } from './frame.ts'
import { mergeMaps } from './merge.ts'
import { SourceText, type Place } from './source-text.ts'

type Json = null | number | string | Json[] | { readonly [key: string]: Json }

const source = new SourceText('a.yaml', 'processors:\n', '/')
const place: Place = { source, start: 0, end: 10 }

function nodeOf(value: Json): ConfigNode {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(nodeOf), place }
  if (typeof value === 'object' && value !== null) return mapOf(value)
  return { kind: 'scalar', value, text: String(value), quoted: false, place }
}

function mapOf(value: { readonly [key: string]: Json }): MapNode {
  const entries = Object.entries(value).map(([key, each]): [string, Entry] => [
    key,
    { key: place, value: nodeOf(each) },
  ])
  return { kind: 'map', entries: new Map(entries), place }
}

/** Trees that have the same kind of value at the same key: a list between two maps would part them. */
const map = fc.letrec<{ map: { readonly [key: string]: Json } }>((tie) => ({
  map: fc.record(
    {
      a: fc.integer({ min: 0, max: 3 }),
      b: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
      c: fc.oneof({ depthSize: 'small' }, fc.constant({}), tie('map')),
      ['__proto__']: fc.oneof({ depthSize: 'small' }, fc.constant({}), tie('map')),
    },
    { requiredKeys: [] },
  ),
})).map

function merged(...maps: { readonly [key: string]: Json }[]): string {
  const [first = {}, ...others] = maps
  return JSON.stringify(dataOf(others.reduce((all, each) => mergeMaps(all, mapOf(each)), mapOf(first))))
}

describe('merging', () => {
  test('joins maps, and replaces lists and values', () => {
    expect(merged({ a: { x: 1, y: [1, 2] }, b: { z: 1 } }, { a: { y: [3], n: { m: 1 } }, b: 7 })).toBe(
      '{"a":{"x":1,"y":[3],"n":{"m":1}},"b":7}',
    )
  })

  test('is associative, and nothing changes nothing', () => {
    fc.assert(
      fc.property(map, map, map, (a, b, c) => {
        const left = mergeMaps(mergeMaps(mapOf(a), mapOf(b)), mapOf(c))
        const right = mergeMaps(mapOf(a), mergeMaps(mapOf(b), mapOf(c)))
        expect(JSON.stringify(dataOf(left))).toBe(JSON.stringify(dataOf(right)))
        expect(merged(a, {})).toBe(merged(a))
        expect(merged({}, a)).toBe(merged(a))
        expect(merged(a, a)).toBe(merged(a))
      }),
    )
  })

  test('nothing erases a mapping, as in the Collector, and that is warned about', () => {
    const findings = new Findings(new HiddenPlaces())
    const result = mergeMaps(
      mapOf({ processors: { batch: { timeout: '5s' } } }),
      mapOf({ processors: null }),
      findings,
    )
    expect(dataOf(result)).toMatchObject({ processors: null })
    expect(findings.list([]).map(({ text }) => text)).toEqual([
      'a.yaml:1:1 warning: processors: without a value, this erases what a.yaml:1 has here: remove it, or write {}\n' +
        '    1 | processors:\n      | ^^^^^^^^^^',
    ])
    mergeMaps(mapOf({ a: 1, b: {}, c: { d: 1 } }), mapOf({ a: null, b: null, c: 5 }), findings)
    expect(findings.list([])).toHaveLength(1)
  })
})
