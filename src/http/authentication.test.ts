import { describe, expect, test } from 'vitest'
import { Secret } from '#src/config/secret.ts'
import { compileAuthentication, FailureLimit } from './authentication.ts'

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

test('nobody is asked where no credentials are configured', () => {
  expect(compileAuthentication({})).toBeUndefined()
})

test('every listed user and the token are let in, and nothing else', () => {
  const isLetIn = compileAuthentication({
    basic_auth: {
      username: 'ann',
      password: new Secret('a:1'),
      users: [{ username: 'bob', password: new Secret('b') }],
    },
    bearer_token: new Secret('t0ken'),
  })
  const good = [basic('ann', 'a:1'), basic('bob', 'b'), 'Bearer t0ken', 'bearer   t0ken']
  const bad = [undefined, '', 'Basic', basic('ann', 'b'), basic('', ''), 'Bearer', 'Bearer t0kenx', 't0ken']
  expect(good.map((header) => isLetIn?.(header))).toEqual(good.map(() => true))
  expect(bad.map((header) => isLetIn?.(header))).toEqual(bad.map(() => false))
})

test.each([
  [{ basic_auth: { username: 'ann', users: [] } }, ['basic_auth'], 'username and password go together'],
  [{ basic_auth: { users: [] } }, ['basic_auth'], 'names no user'],
  [{ basic_auth: { username: 'a:b', password: new Secret('x'), users: [] } }, ['basic_auth'], 'has a colon'],
  [{ basic_auth: { username: 'a', password: new Secret(''), users: [] } }, ['basic_auth'], 'is empty'],
  [{ bearer_token: new Secret('') }, ['bearer_token'], 'is empty'],
])('credentials that could never be used are a mistake: %j', (config, path, message) => {
  expect(() => compileAuthentication(config)).toThrow(
    expect.objectContaining({ path, message: expect.stringContaining(message) as string }),
  )
})

describe('the limit of failures', () => {
  test('an address may fail ten times at once, then once in six seconds; others are not affected', () => {
    const limit = new FailureLimit()
    for (let attempt = 0; attempt < 10; attempt++) {
      expect(limit.waitMs('10.0.0.1', 0)).toBe(0)
      limit.failed('10.0.0.1', 0)
    }
    expect(limit.waitMs('10.0.0.1', 0)).toBe(6000)
    expect(limit.waitMs('10.0.0.1', 6000)).toBe(0)
    expect(limit.waitMs('10.0.0.2', 0)).toBe(0)
  })

  test('it remembers a bounded number of addresses', () => {
    const limit = new FailureLimit()
    for (let attempt = 0; attempt < 20; attempt++) limit.failed('first', 0)
    for (let address = 0; address < 2000; address++) limit.failed(`other ${address}`, 0)
    expect(limit.waitMs('first', 0)).toBe(0)
  })
})
