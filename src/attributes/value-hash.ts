import { createHash } from 'node:crypto'
import type { AttributeValue } from '#src/model/attribute-set.ts'

/**
 * What the Collector's `hash` action writes in place of a value (since v0.80): SHA-256 in hex of a text's UTF-8, of the
 * byte 1 or 0 of a boolean, of the eight bytes of a number, little-endian. Anything else, the empty text too, becomes
 * the empty text.
 */
export function valueHash(value: AttributeValue): string {
  const bytes = bytesOf(value)
  return bytes.length === 0 ? '' : createHash('sha256').update(bytes).digest('hex')
}

function bytesOf(value: AttributeValue): Buffer {
  if (typeof value === 'string') return Buffer.from(value)
  if (typeof value === 'boolean') return Buffer.of(value ? 1 : 0)
  const bytes = Buffer.alloc(typeof value === 'object' ? 0 : 8)
  if (typeof value === 'bigint') bytes.writeBigInt64LE(value)
  if (typeof value === 'number') bytes.writeDoubleLE(value)
  return bytes
}
