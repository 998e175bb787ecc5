import { expect, test } from 'vitest'
import { HeaderLines } from './request-head.ts'

test('header lines follow what is sent: other values, and headers that go', () => {
  const lines = new HeaderLines()
  const agent = { 'User-Agent': 'weir' }
  const first = { Authorization: 'Bearer a' }
  expect(lines.of([agent, first])).toBe('User-Agent: weir\r\nAuthorization: Bearer a\r\n')
  expect(lines.of([agent, first])).toBe('User-Agent: weir\r\nAuthorization: Bearer a\r\n')
  expect(lines.of([agent, { Authorization: 'Bearer b' }])).toBe(
    'User-Agent: weir\r\nAuthorization: Bearer b\r\n',
  )
  expect(lines.of([agent])).toBe('User-Agent: weir\r\n')
})

test('header lines that were refused are not taken for those of the next request', () => {
  const lines = new HeaderLines()
  const wrong = { 'X-Text': 'a\nb' }
  for (const _ of [1, 2]) expect(() => lines.of([wrong])).toThrow('X-Text')
})
