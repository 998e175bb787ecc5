import type { AttributeValue } from '#src/model/attribute-set.ts'

/**
 * The text of an attribute value, as the Collector converts one to a string: numbers in the shortest form that reads
 * back the same, bytes in base64, lists and mappings as JSON.
 */
export function attributeText(value: AttributeValue): string {
  if (typeof value !== 'object') return String(value)
  return value instanceof Uint8Array ? base64(value) : json(value)
}

/** By hand, because JSON.stringify knows no integers beyond 2^53. */
function json(value: AttributeValue): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof Uint8Array) return JSON.stringify(base64(value))
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<string, AttributeValue>)]
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${json(inner)}`).join(',')}}`
  }
  return `[${(value as readonly AttributeValue[]).map(json).join(',')}]`
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
