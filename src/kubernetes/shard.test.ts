import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { fnv64a, isInShard, jumpHash } from './shard.ts'

function uids(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const hex = createHash('sha1').update(String(index)).digest('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  })
}

function naiveHash(text: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash
}

test('the hash is FNV-1a of 64 bits', () => {
  // From the authors' own test vectors (isthe.com/chongo/src/fnv/test_fnv.c).
  expect(fnv64a('')).toBe(0xcbf29ce484222325n)
  expect(fnv64a('a')).toBe(0xaf63dc4c8601ec8cn)
  expect(fnv64a('foobar')).toBe(0x85944171f73967e8n)
  for (const uid of uids(1000)) expect(fnv64a(uid)).toBe(naiveHash(uid))
})

test('the buckets are those of the paper', () => {
  // Of the test of github.com/dgryski/go-jump, which kube-state-metrics uses.
  expect([1, 42, 0xdead10cc, 0xcafebabe].map((key) => jumpHash(BigInt(key), 1))).toEqual([0, 0, 0, 0])
  expect(jumpHash(42n, 57)).toBe(43)
  expect(jumpHash(0xdead10ccn, 1)).toBe(0)
  expect(jumpHash(0xdead10ccn, 666)).toBe(361)
  expect(jumpHash(256n, 1024)).toBe(520)
})

test('all shards together have every object once, and about as many each', () => {
  const shards = [0, 1, 2].map((ordinal) => uids(3000).filter((uid) => isInShard(uid, { ordinal, total: 3 })))
  expect(shards.flat().toSorted()).toEqual(uids(3000).toSorted())
  for (const shard of shards) expect(shard.length).toBeGreaterThan(900)
})

test('one more shard takes its part from the others, and nothing moves between those', () => {
  const moved = uids(3000).filter((uid) => jumpHash(fnv64a(uid), 3) !== jumpHash(fnv64a(uid), 4))
  expect(moved.every((uid) => jumpHash(fnv64a(uid), 4) === 3)).toBe(true)
  expect(moved.length).toBeGreaterThan(600)
})

test('a shard alone has all', () => {
  expect(isInShard('anything', { ordinal: 0, total: 1 })).toBe(true)
})
