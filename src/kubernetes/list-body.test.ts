import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ListBody } from './list-body.ts'
import type { KubernetesObject } from './object.ts'

/** Feeds a text in pieces of the sizes given, again and again. */
function read(text: string, sizes: readonly number[] = [Infinity]) {
  const found: KubernetesObject[] = []
  const body = new ListBody((object) => found.push(object))
  const bytes = Buffer.from(text)
  body.begin()
  for (let from = 0, turn = 0; from < bytes.length; turn++) {
    const to = Math.min(bytes.length, from + (sizes[turn % sizes.length] ?? 1))
    // A copy that is overwritten afterwards, as the buffer of a socket is.
    const piece = Buffer.concat([Buffer.from('xx'), bytes.subarray(from, to)])
    body.chunk(piece, 2, piece.length)
    piece.fill(0)
    from = to
  }
  body.end()
  return { found, meta: body.meta }
}

const item = fc.record({
  metadata: fc.record({ name: fc.string({ unit: 'binary' }), uid: fc.uuid(), resourceVersion: fc.string() }),
  spec: fc.jsonValue(),
})

test('items are what JSON.parse finds in the whole, however the bytes are cut', () => {
  const order = fc.constantFrom(['metadata', 'items'], ['items', 'metadata'])
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(item), order, sizes, fc.constantFrom(undefined, 2), (items, keys, sizes, space) => {
      const list: Record<string, unknown> = {
        items,
        metadata: { resourceVersion: '7', labels: [{ items: [] }] },
      }
      const text = JSON.stringify(Object.fromEntries(keys.map((key) => [key, list[key]])), null, space)
      const { found, meta } = read(text, sizes)
      expect(found).toEqual((JSON.parse(text) as { items: unknown }).items)
      expect(meta).toEqual({ resourceVersion: '7', continue: undefined })
    }),
  )
})

test('a list without items has none, whether it says so by null or not at all', () => {
  expect(read('{"metadata":{"resourceVersion":"1"},"items":null}').found).toEqual([])
  expect(read('{"metadata":{"resourceVersion":"1","continue":"abc"}}').meta.continue).toBe('abc')
})

test('the rows of a table are items: what is told of each object, and its cells by the names of their columns', () => {
  const row = fc.record({ cells: fc.array(fc.jsonValue(), { minLength: 2, maxLength: 2 }), object: item })
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(row), sizes, fc.constantFrom(undefined, 2), (rows, cut, space) => {
      const columnDefinitions = [
        { name: 'Name', type: 'string' },
        { name: 'Type', description: '"rows": [' },
      ]
      const metadata = { resourceVersion: '7', continue: 'next' }
      const text = JSON.stringify({ kind: 'Table', metadata, columnDefinitions, rows }, null, space)
      const { found, meta } = read(text, cut)
      const whole = JSON.parse(text) as { rows: { cells: unknown[]; object: object }[] }
      expect(found).toEqual(
        whole.rows.map(({ cells: [name, type], object }) => ({
          ...object,
          columns: { Name: name, Type: type },
        })),
      )
      expect(meta).toEqual(metadata)
    }),
  )
})

test('what is no list is an error', () => {
  const item = '{"metadata":{"name":"a","uid":"u","resourceVersion":"1"}}'
  for (const text of [
    '',
    '[]',
    '{"items":[]}',
    '{"metadata":{"resourceVersion":"1"},"items":[1]}',
    '{"metadata":{"resourceVersion":"1"},"items":[{}]}',
    `{"metadata":{"resourceVersion":"1"},"items":[${item}`,
    `{"metadata":{"resourceVersion":"1"},"items":[${item},{"a":`,
    '{"metadata":{"resourceVersion":"1"},"items":[{"a":x}]}',
    '{"metadata":{"resourceVersion":"1"},"rows":[{"cells":["a"]}]}',
  ])
    expect(() => read(text)).toThrowError(/API server|list/)
})

test('an error says nothing of what is in the objects', () => {
  const text = '{"metadata":{"resourceVersion":"1"},"items":[{"password":hunter2}]}'
  const error = new Error('an item from the API server is no JSON')
  expect(() => read(text)).toThrowError(expect.toSatisfy((thrown: Error) => thrown.cause === undefined))
  expect(() => read(text)).toThrowError(error)
})

test('what is said around the items is bounded', () => {
  const text = `{"metadata":{"resourceVersion":"1","x":"${'a'.repeat(2_000_000)}"},"items":[]}`
  expect(() => read(text)).toThrowError('says too much around its items')
})
