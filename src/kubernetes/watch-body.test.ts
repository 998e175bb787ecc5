import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ApiError } from './api-error.ts'
import { ObjectSplitter } from './object-splitter.ts'
import { WatchBody } from './watch-body.ts'

function reader() {
  const told: unknown[] = []
  const body = new WatchBody({
    set: (object) => told.push(['set', object]),
    delete: (object) => told.push(['delete', object]),
    bookmark: (version, ends) => told.push(['bookmark', version, ends]),
  })
  const feed = (text: string): void => {
    const bytes = Buffer.from(text)
    body.chunk(bytes, 0, bytes.length)
  }
  return { told, body, feed }
}

const object = { metadata: { name: 'ä€😀"\\', uid: 'u', resourceVersion: '5' }, text: '}{[\\"' }

test('frames are told in order, in whatever pieces they come, one byte at a time too', () => {
  const frames = [
    { type: 'ADDED', object },
    { type: 'MODIFIED', object },
    { type: 'DELETED', object },
    { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } },
    {
      type: 'BOOKMARK',
      object: { metadata: { resourceVersion: '10', annotations: { 'k8s.io/initial-events-end': 'true' } } },
    },
  ]
  const bytes = Buffer.from(frames.map((frame) => JSON.stringify(frame)).join('\n'))
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (sizes) => {
      const { told, body } = reader()
      for (let from = 0, turn = 0; from < bytes.length; turn++) {
        const to = Math.min(bytes.length, from + (sizes[turn % sizes.length] ?? 1))
        body.chunk(bytes, from, to)
        from = to
      }
      expect(told).toEqual([
        ['set', object],
        ['set', object],
        ['delete', object],
        ['bookmark', '9', false],
        ['bookmark', '10', true],
      ])
    }),
  )
})

const table = (columns: readonly string[] | null, metadata: object): object => ({
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  metadata: { resourceVersion: '5' },
  columnDefinitions: columns?.map((name) => ({ name })) ?? null,
  rows: [{ cells: ['a', 'Opaque'], object: { kind: 'PartialObjectMetadata', metadata } }],
})

test('an object that comes as a table is told with its cells, whose columns only the first table names', () => {
  const { told, feed } = reader()
  feed(JSON.stringify({ type: 'ADDED', object: table(['Name', 'Type'], object.metadata) }))
  feed(JSON.stringify({ type: 'DELETED', object: table(null, object.metadata) }))
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  feed(JSON.stringify({ type: 'BOOKMARK', object: table(null, { resourceVersion: '9', annotations }) }))
  const columns = { Name: 'a', Type: 'Opaque' }
  const whole = { kind: 'PartialObjectMetadata', metadata: object.metadata, columns }
  expect(told).toEqual([
    ['set', whole],
    ['delete', whole],
    ['bookmark', '9', true],
  ])
  expect(() =>
    feed(JSON.stringify({ type: 'ADDED', object: { ...table([], {}), rows: null } })),
  ).toThrowError('lacks a name')
})

test('an object of a kind named Table that is no table is told as it is', () => {
  const { told, feed } = reader()
  const own = { kind: 'Table', apiVersion: 'example.com/v1', ...object, rows: [] }
  feed(JSON.stringify({ type: 'ADDED', object: own }))
  expect(told).toEqual([['set', own]])
})

test('an ERROR frame ends the watch with what the server said', () => {
  const { feed } = reader()
  const status = { code: 410, reason: 'Expired', message: 'too old resource version: 1 (5)' }
  let error: unknown
  try {
    feed(JSON.stringify({ type: 'ERROR', object: status }))
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ ...status, expired: true })
})

test('an object of 5 MB is read', () => {
  const { told, feed } = reader()
  const large = { ...object, data: 'x'.repeat(5_000_000) }
  feed(JSON.stringify({ type: 'ADDED', object: large }))
  expect(told).toEqual([['set', large]])
})

test('an object without end is given up', () => {
  const splitter = new ObjectSplitter(1_048_576)
  const piece = Buffer.from(`{"type":"${'x'.repeat(100_000)}`)
  expect(() => {
    for (let turn = 0; turn < 20; turn++) splitter.read(piece, 0, piece.length, () => undefined)
  }).toThrowError('more than 1 MiB')
})

test('what is no frame is an error, since nobody knows what was missed', () => {
  for (const text of ['<html>', '[]', '{"type":"OTHER"}', '{"type":"ADDED","object":{}}', '{"type":x}', '{}'])
    expect(() => reader().feed(text)).toThrowError(/API server/)
  expect(() => reader().feed('{"type":"BOOKMARK","object":{}}')).toThrowError('no version')
})
