import { expect, test } from 'vitest'
import { formatEndpoint, parseEndpoint } from './endpoint.ts'

test.each([
  ['localhost:9464', { host: 'localhost', port: 9464 }],
  ['0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
  [':9464', { host: '', port: 9464 }],
  ['[::1]:443', { host: '::1', port: 443 }],
])('%s is an endpoint, and prints as it was', (text, endpoint) => {
  expect(parseEndpoint(text)).toEqual(endpoint)
  expect(formatEndpoint(parseEndpoint(text))).toBe(text)
})

test.each(['localhost', '9464', 'localhost:', '::1:9464', 'localhost:65536', 'http://localhost:80', ''])(
  '"%s" is refused in words that show what is expected',
  (text) => {
    expect(() => parseEndpoint(text)).toThrow(`"${text}" is no endpoint: expected host:port`)
  },
)
