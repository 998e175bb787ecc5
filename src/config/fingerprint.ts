import { createHmac, randomBytes } from 'node:crypto'
import { canonicalText } from './canonical-text.ts'

/** Options hold secrets: without the key, a fingerprint is no way to guess them. */
const key = randomBytes(32)

/** A text that is equal for equal data, secrets included, in this process; the order of keys does not matter. */
export function fingerprintOf(data: unknown): string {
  return createHmac('sha256', key).update(canonicalText(data)).digest('base64')
}
