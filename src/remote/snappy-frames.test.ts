import { expect, test } from 'vitest'
import { compress } from './snappy.ts'
import { decompressFrames, isFramed } from './snappy-frames.ts'

const hello = Buffer.from('hello hello hello hello hello\n')
const start = 'ff060000734e61507059'

/** A chunk with its head. */
function chunkOf(type: number, content: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head[0] = type
  head.writeUIntLE(content.length, 1, 3)
  return Buffer.concat([head, content])
}

/** The checksum of "123456789" is the check value of CRC-32C, e3069283, masked. */
const digits = Buffer.from('123456789')
const digitsSum = Buffer.alloc(4)
digitsSum.writeUInt32LE((((0xe306_9283 >>> 15) | (0xe306_9283 << 17)) + 0xa282_ead8) >>> 0)

const stream = (...chunks: Buffer[]): Buffer => Buffer.concat([Buffer.from(start, 'hex'), ...chunks])
const plain = chunkOf(1, Buffer.concat([digitsSum, digits]))
const compressed = chunkOf(0, Buffer.concat([digitsSum, compress(digits)]))

test('chunks of data are joined, whether they are compressed or not, and others are skipped', () => {
  const bytes = stream(plain, chunkOf(0xfe, Buffer.alloc(7)), compressed, chunkOf(0x80, hello))
  expect(isFramed(bytes)).toBe(true)
  expect(decompressFrames(bytes, 18).toString()).toBe('123456789123456789')
})

test('a block is no stream of frames', () => {
  expect(isFramed(compress(hello))).toBe(false)
})

test.each([
  ['a chunk that is cut off', stream(plain.subarray(0, -1)), 'within a chunk'],
  ['a head that is cut off', stream(plain.subarray(0, 3)), 'the head of a chunk'],
  ['a type that must not be skipped', stream(chunkOf(2, hello)), 'a chunk has the type 2'],
  ['a wrong checksum', stream(chunkOf(1, Buffer.concat([digitsSum, hello]))), 'another checksum'],
  ['no checksum', stream(chunkOf(1, Buffer.alloc(3))), 'no checksum'],
  ['more than is allowed', stream(plain, plain, plain), 'over the limit of 18 bytes'],
  ['too large a chunk', stream(chunkOf(1, Buffer.alloc(65_541))), 'too large'],
])('%s is refused', (_, bytes, message) => {
  expect(() => decompressFrames(bytes, 18)).toThrow(message)
})
