import { createHash, timingSafeEqual } from 'node:crypto'
import { ConfigError } from '#src/config/config-error.ts'
import type { AuthenticationConfig } from './server-config.ts'

/** Tells whether an `Authorization` header is one of those that are let in. */
export type Authentication = (authorization: string | undefined) => boolean

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Compiles who may ask. Undefined where nobody is asked. The header is compared as a whole by its hash, in a time
 * that depends neither on the secret nor on the user.
 *
 * @throws {ConfigError} for a user without a password, or the reverse, or a name that HTTP cannot carry
 */
export function compileAuthentication({
  basic_auth: basic,
  bearer_token: token,
}: AuthenticationConfig): Authentication | undefined {
  const accepted: Buffer[] = []
  if (basic !== undefined) {
    const { username, password, users } = basic
    if ((username === undefined) !== (password === undefined)) {
      throw new ConfigError('username and password go together', ['basic_auth'])
    }
    const all = [...(users ?? [])]
    if (username !== undefined && password !== undefined) all.unshift({ username, password })
    if (all.length === 0) throw new ConfigError('names no user', ['basic_auth'])
    for (const user of all) {
      if (user.username.includes(':')) {
        throw new ConfigError(`the user name "${user.username}" has a colon`, ['basic_auth'])
      }
      if (user.password.reveal() === '') {
        throw new ConfigError(`the password of "${user.username}" is empty`, ['basic_auth'])
      }
      const pair = Buffer.from(`${user.username}:${user.password.reveal()}`).toString('base64')
      accepted.push(digest(`basic ${pair}`))
    }
  }
  if (token !== undefined) {
    if (token.reveal() === '') throw new ConfigError('is empty', ['bearer_token'])
    accepted.push(digest(`bearer ${token.reveal()}`))
  }
  if (accepted.length === 0) return undefined

  return function isLetIn(authorization) {
    const given = digest(canonical(authorization ?? ''))
    let found = false
    for (const known of accepted) found = timingSafeEqual(known, given) || found
    return found
  }
}

/** The scheme of credentials is case-insensitive (RFC 9110, 11.1), what follows is not. */
function canonical(authorization: string): string {
  const space = authorization.indexOf(' ')
  return authorization.slice(0, space).toLowerCase() + ' ' + authorization.slice(space + 1).trim()
}

const burst = 10
const refillMs = 6_000
const addressLimit = 1024

/**
 * Slows down guessing: an address may fail ten times at once and then once in six seconds. While it may not, all
 * that it asks is refused, so that a right guess does not show either.
 */
export class FailureLimit {
  /** By address: when its next failure would be free again, in monotonic milliseconds. */
  readonly #spent = new Map<string, number>()

  /** Milliseconds until the address may try again; 0 if it may now. */
  waitMs(address: string, now: number): number {
    const spent = this.#spent.get(address) ?? 0
    return Math.max(0, spent - now - (burst - 1) * refillMs)
  }

  failed(address: string, now: number): void {
    const spent = Math.max(this.#spent.get(address) ?? 0, now) + refillMs
    this.#spent.delete(address)
    this.#spent.set(address, spent)
    if (this.#spent.size <= addressLimit) return
    const [oldest] = this.#spent.keys()
    if (oldest !== undefined) this.#spent.delete(oldest)
  }
}
