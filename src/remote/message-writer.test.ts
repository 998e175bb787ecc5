import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MessageError, MessageReader } from './message-reader.ts'
import { MessageWriter } from './message-writer.ts'
import { varintLength, writeInt64, writeVarint } from './varint.ts'

/** A varint by its definition. */
function varint(value: bigint): string {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  bytes.push(Number(rest))
  return Buffer.from(bytes).toString('hex')
}

const safe = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.constantFrom(127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 35),
)

test('varints are those of protobuf, and so are their lengths', () => {
  fc.assert(
    fc.property(safe, (value) => {
      const bytes = Buffer.alloc(10)
      const end = writeVarint(bytes, value, 0)
      expect(bytes.toString('hex', 0, end)).toBe(varint(BigInt(value)))
      expect(varintLength(value)).toBe(end)
      expect(bytes.toString('hex', 0, writeInt64(bytes, value, 0))).toBe(varint(BigInt(value)))
      expect(bytes.toString('hex', 0, writeInt64(bytes, -value, 0))).toBe(varint(BigInt(-value)))
    }),
  )
})

test('zigzags of either sign, and counts beyond 2^53, are exact', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (signed, count) => {
        const writer = new MessageWriter()
        writer.zigzag(1, signed)
        writer.varint(2, count)
        const zigzag = signed >= 0n ? signed * 2n : -signed * 2n - 1n
        expect(writer.take().toString('hex')).toBe(`08${varint(zigzag)}10${varint(count)}`)
      },
    ),
  )
})

test('what was written is read field by field', () => {
  const inner = new MessageWriter()
  inner.varint(1, 5)
  const writer = new MessageWriter()
  writer.varint(1, 300)
  writer.double(2, 1.5)
  writer.bytes(3, 'text'.repeat(100))
  writer.bytes(4, inner.take())
  writer.packedVarints(16, [1, 200, 2 ** 40])
  writer.packedDoubles(17, [0.5])
  writer.staleMarker(18)
  const reader = new MessageReader(writer.take())
  const read: unknown[] = []
  while (reader.next()) {
    if (reader.field === 1) read.push(reader.value)
    else if (reader.field === 2) read.push(reader.content().readDoubleLE())
    else if (reader.field === 3) read.push(reader.content().toString().length)
    else if (reader.field === 4) {
      const message = reader.message()
      read.push(message.next(), message.value, message.next())
    } else if (reader.field === 16) read.push(reader.packed())
    else read.push(reader.content().toString('hex'), reader.whole().length)
  }
  expect(read).toEqual([
    300,
    1.5,
    400,
    true,
    5,
    false,
    [1, 200, 2 ** 40],
    '000000000000e03f',
    11,
    '020000000000f07f',
    10,
  ])
})

test.each([
  ['ends within a varint', '0880'],
  ['has a varint of more than ten bytes', `08${'ff'.repeat(11)}`],
  ['has a field that ends behind it', '0a05ab'],
  ['has a double that is cut off', '0900'],
  ['has a wire type that nobody uses', '0b'],
])('a message that %s is refused', (_, hex) => {
  const reader = new MessageReader(Buffer.from(hex, 'hex'))
  expect(() => {
    while (reader.next());
  }).toThrow(MessageError)
})
