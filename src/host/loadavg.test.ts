import { expect, test } from 'vitest'
import { parseLoadavg } from './loadavg.ts'

test('the three averages are read', () => {
  expect(parseLoadavg('0.50 1.25 20.00 2/345 6789\n')).toEqual({ '1m': 0.5, '5m': 1.25, '15m': 20 })
})

test.each(['', '0.50 1.25\n', '0.50 x 1.25\n', '0.50 1.25 2.'])('%j is an error', (text) => {
  expect(() => parseLoadavg(text)).toThrowError(expect.objectContaining({ line: 1 }))
})
