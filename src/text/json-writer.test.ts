import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonWriter } from './json-writer.ts'

const piece = fc.oneof(
  fc.record({ raw: fc.string({ unit: 'grapheme', maxLength: 40 }) }),
  fc.record({ number: fc.double() }),
  fc.record({ integer: fc.oneof(fc.integer(), fc.bigInt()) }),
)

test('pieces of any length and alphabet stand one behind the other, from a buffer of any size', () => {
  fc.assert(
    fc.property(fc.array(piece), fc.integer({ min: 1, max: 100 }), (pieces, size) => {
      const writer = new JsonWriter(size)
      let expected = ''
      for (const each of pieces) {
        if ('raw' in each) {
          writer.raw(each.raw)
          expected += each.raw
        } else if ('integer' in each) {
          writer.integer(each.integer)
          expected += String(each.integer)
        } else {
          const { number } = each
          writer.number(number)
          const text = Object.is(number, -0) ? '-0' : String(number)
          expected += Number.isFinite(number) ? text : `"${text}"`
        }
      }
      expect(writer.length).toBe(Buffer.byteLength(expected))
      expect(writer.take().toString()).toBe(expected)
      expect(writer.take().length).toBe(0)
    }),
  )
})

test('what was taken is not changed by what is written later', () => {
  const writer = new JsonWriter(4)
  writer.raw('abcdef')
  const taken = writer.take()
  writer.raw('123456')
  expect(taken.toString()).toBe('abcdef')
})
