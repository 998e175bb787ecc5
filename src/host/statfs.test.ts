import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spaceOf, statfsNow } from './statfs.ts'

const fields = { bsize: 4096n, blocks: 1000n, bfree: 600n, bavail: 500n, files: 70n, ffree: 60n }

test('room counts in fragments where the file system has them', () => {
  const space = { size: 4_096_000n, free: 2_457_600n, available: 2_048_000n, files: 70n, filesFree: 60n }
  expect(spaceOf({ ...fields, bsize: 1_048_576n, frsize: 4096n })).toEqual(space)
  expect(spaceOf({ ...fields, frsize: 0n })).toEqual(space)
  // Node before 26 does not tell them.
  expect(spaceOf(fields)).toEqual(space)
})

/** As Node hands on what the kernel counts. */
const signed = (value: bigint): bigint => BigInt.asIntN(64, value)

test('any 64-bit counts are exact', () => {
  const count = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
  fc.assert(
    fc.property(count, count, fc.constantFrom(1n, 512n, 4096n, 1_048_576n), (blocks, files, frsize) => {
      const space = spaceOf({ ...fields, frsize, blocks: signed(blocks), ffree: signed(files) })
      expect(space).toMatchObject({ size: blocks * frsize, filesFree: files })
    }),
  )
})

test('this host is measured as df measures it', () => {
  const columns = 'size,itotal'
  const table = execFileSync('df', ['-B1', `--output=${columns}`, '/'], { encoding: 'utf8' })
  const [size = '', files = ''] = table.split('\n')[1]?.trim().split(/ +/) ?? []
  expect(statfsNow('/')).toMatchObject({ size: BigInt(size), files: BigInt(files) })
})

test('a path that leads nowhere is an error that names it', () => {
  expect(() => statfsNow('/no/such/folder')).toThrow(
    expect.objectContaining({ name: 'HostError', reason: 'not_found', file: '/no/such/folder' }),
  )
})
