import { createHmac, randomBytes } from 'node:crypto'
import { Secret } from './secret.ts'

/** Options hold secrets: without the key, a fingerprint is no way to guess them. */
const key = randomBytes(32)

/** A text that is equal for equal data, secrets included, in this process; the order of keys does not matter. */
export function fingerprintOf(data: unknown): string {
  return createHmac('sha256', key).update(canonicalText(data)).digest('base64')
}

function canonicalText(data: unknown): string {
  if (typeof data !== 'object' || data === null) return JSON.stringify(data) ?? 'undefined'
  if (data instanceof Secret) return `secret:${JSON.stringify(data.reveal())}`
  if (Array.isArray(data)) return `[${data.map(canonicalText).join()}]`
  const entries = Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${canonicalText(value)}`).join()}}`
}
