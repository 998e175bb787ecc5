import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedText } from '#src/host/host-error.ts'
import { hugePageSize } from './process-statistics.ts'
import {
  parseBlkio,
  parseCpuMax,
  parseIoStat,
  parseKeyed,
  parseLimit,
  parseNumber,
  parseNumbers,
  parsePressure,
} from './stat-text.ts'

const key = fc.stringMatching(/^[a-z][a-z_.]{0,20}$/)
const count = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const device = fc.tuple(fc.nat(4095), fc.nat(1_048_575)).map(([major, minor]) => `${major}:${minor}`)

/** The same number, whether it is exact as a number or not. */
function big(values: ReadonlyMap<string, number | bigint>): [string, bigint][] {
  return Array.from(values, ([name, value]) => [name, BigInt(value)])
}

test('whatever counters the kernel writes, all are read exactly', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(key, count), { selector: ([name]) => name }), (entries) => {
      const text = entries.map(([name, value]) => `${name} ${value}\n`).join('')
      expect(big(parseKeyed(text))).toEqual(entries)
    }),
  )
})

test('whatever devices io.stat has, all are read, and those without counters are left out', () => {
  const line = fc.tuple(device, fc.uniqueArray(fc.tuple(key, count), { selector: ([name]) => name }))
  fc.assert(
    fc.property(fc.uniqueArray(line, { selector: ([name]) => name }), (lines) => {
      const text = lines
        .map(([name, fields]) => [name, ...fields.map(([word, value]) => `${word}=${value}`)].join(' '))
        .map((each) => `${each}\n`)
        .join('')
      const expected = lines.filter(([, fields]) => fields.length > 0)
      expect(Array.from(parseIoStat(text), ([name, values]) => [name, big(values)])).toEqual(expected)
    }),
  )
})

test('whatever operations a file of blkio has, all but the total of all devices are read', () => {
  const operation = fc.constantFrom('Read', 'Write', 'Sync', 'Async', 'Discard', 'Total')
  fc.assert(
    fc.property(fc.array(fc.tuple(device, operation, count)), count, (lines, total) => {
      const text = `${lines.map((fields) => `${fields.join(' ')}\n`).join('')}Total ${total}\n`
      const read = parseBlkio(text).map((each) => [each.device, each.operation, BigInt(each.value)])
      expect(read).toEqual(lines)
    }),
  )
})

const parsers = {
  parseKeyed,
  parseNumber,
  parseNumbers,
  parseLimit,
  parseCpuMax,
  parseIoStat,
  parseBlkio,
  parsePressure,
}

/** What a parser throws, if it throws. */
function thrownBy(parser: (text: string) => unknown, text: string): unknown {
  try {
    parser(text)
  } catch (error) {
    return error
  }
  return undefined
}

test.each(Object.entries(parsers))('%s: any text is read or refused in words', (_, parser) => {
  const pieces = fc.constantFrom(
    'some',
    'full',
    'max',
    '-1',
    'total=',
    '8:0',
    'Read',
    '17',
    ' ',
    '\n',
    '=',
    'x',
  )
  const pieced = fc.array(pieces).map((each) => each.join(''))
  fc.assert(
    fc.property(fc.oneof(fc.string(), pieced), (text) => {
      const error = thrownBy(parser, text)
      expect(error === undefined || error instanceof MalformedText).toBe(true)
    }),
  )
})

test('a limit that is none is undefined, in the words of both versions', () => {
  expect(['max\n', '-1\n', '9223372036854771712\n', '9223372036854775807\n'].map(parseLimit)).toEqual(
    Array(4).fill(undefined),
  )
  expect(parseLimit('268435456\n')).toBe(268_435_456)
  expect(parseLimit('0\n')).toBe(0)
})

test('a quota is read with its period', () => {
  expect(parseCpuMax('max 100000\n')).toEqual({ quota: undefined, period: 100_000 })
  expect(parseCpuMax('50000 100000\n')).toEqual({ quota: 50_000, period: 100_000 })
})

test('pressure of a kernel that has no full for CPUs is some alone', () => {
  expect(parsePressure('some avg10=1.50 avg60=0.00 avg300=0.00 total=77\n')).toEqual({
    some: 77,
    full: undefined,
  })
})

test('sizes of huge pages are written as cgroups write them', () => {
  const folders = ['hugepages-64kB', 'hugepages-2048kB', 'hugepages-1048576kB', 'other']
  expect(folders.map(hugePageSize)).toEqual(['64KB', '2MB', '1GB', undefined])
})
