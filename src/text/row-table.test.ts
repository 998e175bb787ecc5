import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PartTable, viewOf } from './part-table.ts'
import { rowTarget, RowTable, sharedTarget, slotOfTarget } from './row-table.ts'
import { hashBytes, equalBytes } from './byte-strings.ts'

/** Looks a line up as its bytes. */
function find(table: RowTable, head: string, tail: string): number {
  const bytes = Buffer.from(head + tail)
  return table.find(viewOf(bytes), 0, Buffer.byteLength(head), bytes.length)
}

function add(table: RowTable, head: string, tail: string): number {
  const bytes = Buffer.from(head + tail)
  expect(find(table, head, tail)).toBe(-1)
  return table.addFound(bytes, viewOf(bytes), 0, Buffer.byteLength(head), bytes.length, rowTarget.dropped, -1)
}

const head = fc.constantFrom('a', 'b', 'node_cpu_seconds_total', 'x'.repeat(40), '')
const tail = fc.oneof(fc.constantFrom('{} ', '{x="1"} '), fc.string({ maxLength: 40 }))

test('a table of rows holds what a map would, whatever is added and removed', () => {
  const step = fc.tuple(fc.boolean(), head, tail)
  const property = fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
    const table = new RowTable(new PartTable())
    const rows = new Map<string, number>()
    for (const [adds, name, labels] of steps) {
      const key = `${name}|${labels}`
      const row = rows.get(key)
      if (adds && row === undefined) rows.set(key, add(table, name, labels))
      else if (!adds && row !== undefined) {
        table.remove(row)
        rows.delete(key)
        table.trim()
      }
    }
    expect(table.size).toBe(rows.size)
    expect(new Set(table.rows())).toEqual(new Set(rows.values()))
    for (const [key, row] of rows) {
      const [name = '', labels = ''] = key.split(/\|(.*)/s)
      expect(find(table, name, labels)).toBe(row)
      expect(table.textOf(row).toString()).toBe(`${name}${labels}\n`)
    }
    const parts = new Set([...rows.keys()].flatMap((key) => key.split(/\|(.*)/s).slice(0, 2)))
    expect(table.parts.size).toBe(parts.size)
  })
  fc.assert(property, { numRuns: 100 })
})

test('bytes of rows that went are given back: what is held follows what lives', () => {
  const table = new RowTable(new PartTable())
  const rows: number[] = []
  for (let index = 0; index < 5000; index++)
    rows.push(add(table, 'metric', `{label="${'x'.repeat(100)}${index}"} `))
  const full = table.memory + table.parts.memory
  expect(full / 5000).toBeLessThan(220)
  for (let cycle = 0; cycle < 200; cycle++) {
    for (const row of rows.splice(0, 250)) table.remove(row)
    for (let index = 0; index < 250; index++) {
      rows.push(add(table, 'metric', `{label="${'y'.repeat(100)}${cycle}-${index}"} `))
    }
    table.trim()
  }
  expect(table.memory + table.parts.memory).toBeLessThan(full * 1.3)
  for (const row of rows) table.remove(row)
  table.trim()
  expect(table.parts.size).toBe(0)
  expect(table.parts.bytes.length).toBeLessThan(10_000)
})

test('tables of several targets share the bytes of their lines, each until it has them no more', () => {
  const parts = new PartTable()
  const [first, second] = [new RowTable(parts), new RowTable(parts)]
  for (let index = 0; index < 100; index++) {
    add(first, 'metric', `{label="${index}"} `)
    add(second, 'metric', `{label="${index}"} `)
  }
  expect(parts.size).toBe(101)
  first.clear()
  expect([first.size, second.size, parts.size]).toEqual([0, 100, 101])
  expect(find(first, 'metric', '{label="7"} ')).toBe(-1)
  expect(second.textOf(find(second, 'metric', '{label="7"} ')).toString()).toBe('metric{label="7"} \n')
  second.clear()
  expect(parts.size).toBe(0)
})

test('a part is as long as its last row', () => {
  const parts = new PartTable()
  const bytes = Buffer.from('abc')
  const hash = hashBytes(viewOf(bytes), 0, 3)
  const part = parts.retain(hash, bytes, viewOf(bytes), 0, 3)
  expect(parts.retain(hash, bytes, viewOf(bytes), 0, 3)).toBe(part)
  parts.release(part)
  expect(parts.find(hash, viewOf(bytes), 0, 3)).toBe(part)
  parts.release(part)
  expect(parts.find(hash, viewOf(bytes), 0, 3)).toBe(-1)
})

test('a target tells its slot, shared or not', () => {
  expect([0, 5, sharedTarget(0), sharedTarget(7), ...Object.values(rowTarget)].map(slotOfTarget)).toEqual([
    0, 5, 0, 7, -1, -1, -1, -1,
  ])
  expect(sharedTarget(0)).toBeLessThan(Math.min(...Object.values(rowTarget)))
})

test('bytes are compared and hashed by all that they are', () => {
  const property = fc.property(
    fc.uint8Array({ maxLength: 70 }),
    fc.nat(),
    fc.nat({ max: 20 }),
    (given, at, shift) => {
      const bytes = Buffer.from(given)
      const moved = Buffer.concat([Buffer.alloc(shift, 7), bytes, Buffer.alloc(3, 9)])
      const { length } = bytes
      expect(equalBytes(viewOf(bytes), 0, viewOf(moved), shift, length)).toBe(true)
      expect(hashBytes(viewOf(moved), shift, length)).toBe(hashBytes(viewOf(bytes), 0, length))
      if (length === 0) return
      const place = shift + (at % length)
      moved[place] = ((moved[place] ?? 0) + 1) & 0xff
      expect(equalBytes(viewOf(bytes), 0, viewOf(moved), shift, length)).toBe(false)
      expect(hashBytes(viewOf(moved), shift, length)).not.toBe(hashBytes(viewOf(bytes), 0, length))
    },
  )
  fc.assert(property, { numRuns: 1000 })
})
