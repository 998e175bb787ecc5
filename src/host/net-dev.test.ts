import { expect, test } from 'vitest'
import { parseNetDev } from './net-dev.ts'

const headings = 'Inter-|   Receive\n face |bytes\n'
const numbers = Array.from({ length: 16 }, (_, column) => column + 1).join(' ')

test('a value belongs to its column, whether or not a blank follows the colon', () => {
  const interfaces = parseNetDev(`${headings}    lo: ${numbers}\n  eth0:${numbers}\n`)
  expect(interfaces.map(({ name }) => name)).toEqual(['lo', 'eth0'])
  for (const { statistics } of interfaces) {
    expect(statistics[0]).toEqual({ direction: 'receive', statistic: 'bytes', value: 1 })
    expect(statistics[8]).toEqual({ direction: 'transmit', statistic: 'bytes', value: 9 })
    expect(statistics[15]).toEqual({ direction: 'transmit', statistic: 'compressed', value: 16 })
  }
})

test('the name of an alias holds a colon', () => {
  expect(parseNetDev(`${headings}  eth0:1: ${numbers}\n`)[0]?.name).toBe('eth0:1')
})

test.each([
  ['no headings', 'x\n', 1],
  ['no name', `${headings}${numbers}\n`, 3],
  ['a column too few', `${headings}eth0: 1 2 3\n`, 3],
  ['a word', `${headings}eth0: x ${numbers}\n`, 3],
])('%s is an error at its line', (_, text, line) => {
  expect(() => parseNetDev(text)).toThrowError(expect.objectContaining({ line }))
})
