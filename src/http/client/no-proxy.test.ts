import { expect, test } from 'vitest'
import { compileNoProxy } from './no-proxy.ts'

test.each([
  ['', 'one.example', 80, false],
  ['', 'localhost', 80, true],
  ['', '127.8.9.10', 80, true],
  ['', '::1', 80, true],
  ['*', 'one.example', 80, true],
  ['one.example', 'one.example', 80, true],
  ['one.example', 'ONE.Example.', 80, true],
  ['one.example', 'a.one.example', 80, true],
  ['one.example', 'none.example', 80, false],
  ['.one.example', 'one.example', 80, false],
  ['.one.example', 'a.one.example', 80, true],
  ['*.one.example', 'a.one.example', 80, true],
  ['*.one.example', 'one.example', 80, false],
  [' a.example , one.example:8080 ', 'one.example', 8080, true],
  ['one.example:8080', 'one.example', 80, false],
  ['10.0.0.0/8', '10.1.2.3', 80, true],
  ['10.0.0.0/8', '11.1.2.3', 80, false],
  ['10.0.0.0/8', 'ten.example', 80, false],
  ['10.0.0.7', '10.0.0.7', 80, true],
  ['10.0.0.7', '10.0.0.70', 80, false],
  ['10.0.0.7:9100', '10.0.0.7', 9100, true],
  ['10.0.0.7:9100', '10.0.0.7', 80, false],
  ['fd00::/8', 'fd12::1', 80, true],
  ['[fd00::1]:9100', 'fd00::1', 9100, true],
  ['10.0.0.0/99', '10.0.0.1', 80, false],
])('NO_PROXY=%s exempts %s:%i: %s', (list, host, port, exempt) => {
  expect(compileNoProxy(list)(host, port)).toBe(exempt)
})
