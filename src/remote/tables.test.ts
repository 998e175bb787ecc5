import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BufferPool } from '#src/queue/buffer-pool.ts'
import { ByteTable } from './byte-table.ts'
import { LabelSets } from './label-sets.ts'
import { SlotIndex } from './slot-index.ts'
import { TemplateMemory, type Block } from './template-memory.ts'
import { LabelTable } from './v1/label-table.ts'
import { RequestSymbols } from './v2/request-symbols.ts'
import type { SymbolPlan } from './v2/symbol-plan.ts'
import { SymbolTable } from './v2/symbol-table.ts'
import { readRequest, unsnap } from '#src/testing/remote-write.ts'
import { writeVarint } from './varint.ts'

test('a byte table keeps its pieces through growth and compaction', () => {
  const table = new ByteTable()
  const held = new Map<number, Buffer>()
  for (let round = 0; round < 4000; round++) {
    const piece = Buffer.alloc(1 + ((round * 7919) % 200), round)
    held.set(
      table.add(piece.length, (bytes, position) => void piece.copy(bytes, position)),
      piece,
    )
    // Most go again, the oldest first, so that the arena is compacted many times.
    for (const number of held.keys()) {
      if (held.size <= 50 + (round % 100)) break
      table.remove(number)
      held.delete(number)
    }
  }
  expect(table.size).toBe(held.size)
  expect(table.bytes.length).toBeLessThan(150_000)
  for (const [number, piece] of held) {
    const from = table.offsets[number] ?? 0
    expect(table.bytes.subarray(from, from + (table.lengths[number] ?? 0)).equals(piece)).toBe(true)
  }
})

test('buffers are handed out again by size, and no more are kept than allowed', () => {
  const pool = new BufferPool(20_000)
  const [small, large] = [pool.take(1), pool.take(5000)]
  expect([small.length, large.length]).toEqual([4096, 6144])
  pool.give(small)
  pool.give(large)
  expect(pool.idleBytes).toBe(10_240)
  expect(pool.take(6144)).toBe(large)
  expect(pool.take(4096)).toBe(small)
  expect(pool.take(4096)).not.toBe(small)
  pool.give(Buffer.alloc(32_768))
  expect(pool.idleBytes).toBe(0)
  for (const bytes of [4097, 8192, 8193, 1_000_000]) expect(pool.take(bytes).length).toBeLessThan(bytes * 1.5)
})

test('blocks of templates do not overlap, are of the size asked for, and are used again', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.boolean()), { maxLength: 100 }),
      (steps) => {
        const memory = new TemplateMemory()
        const held: { block: Block; bytes: number }[] = []
        for (const [index, [bytes, gives]] of steps.entries()) {
          const block = memory.take(bytes)
          expect(block.slab.size).toBeGreaterThanOrEqual(bytes)
          expect(block.slab.size).toBeLessThan(Math.max(257, bytes * 1.26))
          block.slab.bytes.fill(index, block.offset, block.offset + bytes)
          held.push({ block, bytes })
          if (gives) memory.give(held.splice(held.length >> 1, 1)[0]?.block ?? block)
          for (const { block: other, bytes: length } of held) {
            const own = other.slab.bytes.subarray(other.offset, other.offset + length)
            expect(own.every((byte) => byte === own[0])).toBe(true)
          }
        }
      },
    ),
    { numRuns: 20 },
  )
  const memory = new TemplateMemory()
  const first = memory.take(5000)
  memory.give(first)
  expect(memory.take(5000)).toEqual(first)
})

test('a slot index finds what a map finds, through additions and removals', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(12), fc.nat(6), fc.boolean()), { maxLength: 400 }), (steps) => {
      const names: number[] = []
      const sets: number[] = []
      const model = new Map<string, number>()
      const index = new SlotIndex({
        get slotLimit() {
          return names.length
        },
        isIndexed: (slot) => model.get(`${names[slot]} ${sets[slot]}`) === slot,
        nameOf: (slot) => names[slot] ?? -1,
        setOf: (slot) => sets[slot] ?? -1,
      })
      for (const [name, set, adds] of steps) {
        const key = `${name} ${set}`
        const known = model.get(key)
        expect(index.find(name, set)).toBe(known ?? -1)
        if (adds && known === undefined) {
          const slot = names.length
          names.push(name)
          sets.push(set)
          index.add(slot)
          model.set(key, slot)
        } else if (!adds && known !== undefined) {
          index.remove(known)
          model.delete(key)
        }
      }
      index.remove(names.length)
      for (const [key, slot] of model) {
        const [name = 0, set = 0] = key.split(' ').map(Number)
        expect(index.find(name, set)).toBe(slot)
      }
    }),
  )
})

test.each([
  ['1.0', () => new LabelTable()],
  ['2.0', () => new SymbolTable()],
])('label sets are shared, and give all labels back, of %s', (_, make) => {
  const set = fc.dictionary(fc.constantFrom('A', 'a', 'b', 'z'), fc.constantFrom('1', '2', '3'))
  fc.assert(
    fc.property(fc.array(fc.tuple(set, fc.boolean()), { maxLength: 60 }), (steps) => {
      const dictionary = make()
      const sets = new LabelSets(dictionary)
      const name = dictionary.retain('__name__', 'm')
      const held: [string[], number][] = []
      for (const [labels, releases] of steps) {
        const pairs = Object.entries(labels)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .flat()
        const number = sets.retain(pairs)
        for (const [other, otherNumber] of held)
          expect(otherNumber === number).toBe(JSON.stringify(other) === JSON.stringify(pairs))
        held.push([pairs, number])
        if (releases) sets.release(held.splice(held.length >> 1, 1)[0]?.[1] ?? 0)
      }
      expect(sets.size).toBe(new Set(held.map(([pairs]) => JSON.stringify(pairs))).size)
      for (const [pairs, number] of held) {
        const count = sets.series(number, name)
        const expected: number[] = []
        for (let index = 0; index < pairs.length; index += 2) {
          const label = dictionary.retain(pairs[index] ?? '', pairs[index + 1] ?? '')
          dictionary.release(label)
          expected.push(label)
        }
        // Upper case sorts before the underscores of __name__, lower case behind.
        expected.splice(pairs[0] === 'A' ? 1 : 0, 0, name)
        expect([...dictionary.scratch.subarray(0, count)]).toEqual(expected)
      }
      for (const [, number] of held) sets.release(number)
      dictionary.release(name)
      expect(dictionary.size).toBe(0)
      expect(sets.size).toBe(0)
    }),
  )
})

test('label sets move together when most of them have gone', () => {
  const dictionary = new LabelTable()
  const sets = new LabelSets(dictionary)
  const numbers = Array.from({ length: 20_000 }, (_, index) => sets.retain(['a', `${index}`, 'b', 'x']))
  for (const [index, number] of numbers.entries()) if (index % 10 !== 0) sets.release(number)
  expect(sets.room).toBeLessThan(40_000)
  const last = numbers[19_990] ?? 0
  expect(sets.series(last, 7)).toBe(3)
  const a = dictionary.retain('a', '19990')
  expect([...dictionary.scratch.subarray(0, 2)]).toEqual([7, a])
  dictionary.release(a)
  for (const [index, number] of numbers.entries()) if (index % 10 === 0) sets.release(number)
  expect([sets.size, dictionary.size]).toEqual([0, 0])
})

/** The symbols of a request, read back. */
function symbolsOf({ plan }: RequestSymbols): readonly string[] {
  const head = Buffer.alloc(5)
  const length = writeVarint(head, plan.raw, 0)
  return readRequest(unsnap(Buffer.concat([head.subarray(0, length), plan.bytes.subarray(0, plan.end)])))
    .symbols
}

test('symbols of a request are numbered as they come, begin with the empty one, and begin anew with the next request', () => {
  const table = new SymbolTable()
  const symbols = new RequestSymbols(table)
  const [a, b] = ['a', 'long '.repeat(100)].map((text) => table.retainText(text))
  expect([
    symbols.indexOf(b ?? 0),
    symbols.indexOf(a ?? 0),
    symbols.indexOf(b ?? 0),
    symbols.indexOf(0),
  ]).toEqual([1, 2, 1, 0])
  expect(symbolsOf(symbols)).toEqual(['', 'long '.repeat(100), 'a'])
  symbols.reset(1)
  expect(symbols.indexOf(a ?? 0)).toBe(1)
  expect(symbolsOf(symbols)).toEqual(['', 'a'])
})

test('a plan that templates refer to keeps the numbers of its symbols from request to request, whatever comes and goes', () => {
  const table = new SymbolTable()
  const symbols = new RequestSymbols(table)
  const [a = 0, b = 0, c = 0] = ['a', 'b', 'c'].map((text) => table.retainText(text))
  for (const symbol of [a, b]) symbols.indexOf(symbol)
  const { plan } = symbols
  plan.join()
  symbols.reset(1)
  // Another request has another table.
  expect(symbols.indexOf(b)).toBe(1)
  symbols.reset(1)
  // Its text stays, though nothing else holds it.
  table.releaseText(a)
  symbols.adopt(plan)
  expect([c, b].map((symbol) => symbols.indexOf(symbol))).toEqual([3, 2])
  expect(symbolsOf(symbols)).toEqual(['', 'a', 'b', 'c'])
  symbols.reset(1)
  for (const symbol of [b, c]) table.releaseText(symbol)
  expect(table.textCount).toBe(4)
  plan.leave()
  expect(table.textCount).toBe(1)
})

test('a plan is given up when it has grown by half, or its request has lost half of its samples', () => {
  const table = new SymbolTable()
  const symbols = new RequestSymbols(table)
  const fill = (texts: number, samples: number): SymbolPlan => {
    for (let text = 0; text < texts; text++) symbols.indexOfText(`${text}`)
    const { plan } = symbols
    plan.join()
    symbols.reset(samples)
    return plan
  }
  const [grown, shrunk] = [fill(200, 1000), fill(200, 1000)]
  const outgrown = [
    [grown, 360, 1000],
    [shrunk, 200, 500],
    [shrunk, 200, 499],
    [grown, 370, 1000],
  ] as const
  expect(
    outgrown.map(([plan, texts, samples]) => {
      symbols.adopt(plan)
      return fill(texts, samples).isOutgrown
    }),
  ).toEqual([false, false, true, true])
})

test('a symbol that is freed and given to another text is another symbol to the next request', () => {
  const table = new SymbolTable()
  const symbols = new RequestSymbols(table)
  const old = table.retainText('old')
  expect(symbols.indexOf(old)).toBe(1)
  table.releaseText(old)
  const middle = table.retainText('middle')
  expect(symbols.indexOf(middle)).toBe(2)
  expect(symbolsOf(symbols)).toEqual(['', 'old', 'middle'])
  symbols.reset(1)
  const young = table.retainText('young')
  expect(young).toBe(old)
  expect(symbols.indexOf(middle)).toBe(1)
  expect(symbols.indexOf(young)).toBe(2)
  expect(symbolsOf(symbols)).toEqual(['', 'middle', 'young'])
})

test('texts of exemplars are held as long as their request', () => {
  const table = new SymbolTable()
  const symbols = new RequestSymbols(table)
  expect(symbols.indexOfText('trace')).toBe(1)
  expect(symbols.indexOfText('trace')).toBe(1)
  expect(table.textCount).toBe(2)
  symbols.reset(1)
  expect(table.textCount).toBe(1)
})
