import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unsnap } from '#src/testing/remote-write.ts'
import { compress, decompress, SnappyError } from './snappy.ts'

const compressible = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 80 }), fc.integer({ min: 1, max: 300 })), {
    maxLength: 40,
  })
  .map((runs) => Buffer.concat(runs.flatMap(([piece, times]) => Array.from({ length: times }, () => piece))))

test('what is compressed is what another decoder reads, and our own', () => {
  fc.assert(
    fc.property(fc.oneof(compressible, fc.uint8Array({ maxLength: 5000 })), (bytes) => {
      const block = compress(bytes)
      expect(unsnap(block).equals(bytes)).toBe(true)
      expect(decompress(block, bytes.length).equals(bytes)).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('what repeats becomes small, across windows of 64 KiB too', () => {
  const bytes = Buffer.from('a label of a series, and another one; '.repeat(10_000))
  const block = compress(bytes)
  expect(block.length).toBeLessThan(bytes.length / 15)
  expect(decompress(block, bytes.length).equals(bytes)).toBe(true)
})

test.each([
  ['nothing', ''],
  ['a length that does not end', 'ffffffffffff01'],
  ['less than it says', '0500'],
  ['more than it says', '010841424344'],
  ['a literal that ends behind it', '04f004414243'],
  ['a copy from before the beginning', '0500410105'],
  ['a copy of distance 0', '0500410100'],
  ['a copy that is cut off', '05004102'],
  ['a length of a literal that is cut off', '05f4ff'],
])('a block with %s is refused', (_, hex) => {
  expect(() => decompress(Buffer.from(hex, 'hex'), 1000)).toThrow(SnappyError)
})

test('a block that says that it is too large is refused before memory is taken', () => {
  expect(() => decompress(Buffer.from('ffffffff0f', 'hex'), 1 << 20)).toThrow(
    /4294967295 bytes, over the limit of 1048576/,
  )
})

/** What a decoder makes of a block: its bytes, or that it is none. */
function outcomeOf(read: () => Buffer): string {
  try {
    return read().toString('hex')
  } catch (error) {
    if (error instanceof TypeError) throw error
    return 'refused'
  }
}

test('whatever comes is read as another decoder reads it, or refused by both', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      // The length that it says is small, so that no test takes gigabytes.
      const block = bytes.map((byte, index) => (index === 0 ? byte & 127 : byte))
      expect(outcomeOf(() => decompress(block, 1 << 16))).toEqual(outcomeOf(() => unsnap(block)))
    }),
    { numRuns: 2000 },
  )
})
