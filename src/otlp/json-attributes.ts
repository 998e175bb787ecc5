import type { AttributeList, AttributeValue } from '#src/model/attribute-set.ts'

/** Attributes as a list of OTLP `KeyValue`s in JSON. */
export function attributesJson(attributes: AttributeList): string {
  const pairs: string[] = []
  for (let index = 0; index < attributes.length; index += 2) {
    pairs.push(keyValueJson(attributes[index] as string, attributes[index + 1] as AttributeValue))
  }
  return `[${pairs.join(',')}]`
}

function keyValueJson(key: string, value: AttributeValue): string {
  return `{"key":${JSON.stringify(key)},"value":${anyValueJson(value)}}`
}

/** An OTLP `AnyValue` in JSON: 64-bit integers as strings, bytes in base64. */
function anyValueJson(value: AttributeValue): string {
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`
  if (typeof value === 'boolean') return `{"boolValue":${value}}`
  if (typeof value === 'bigint') return `{"intValue":"${value}"}`
  if (typeof value === 'number') return `{"doubleValue":${doubleJson(value)}}`
  if (value instanceof Uint8Array) return `{"bytesValue":"${Buffer.from(value).toString('base64')}"}`
  if (value instanceof Map) {
    const pairs = [...(value as ReadonlyMap<string, AttributeValue>)]
    return `{"kvlistValue":{"values":[${pairs.map(([key, each]) => keyValueJson(key, each)).join(',')}]}}`
  }
  const values = (value as readonly AttributeValue[]).map(anyValueJson)
  return `{"arrayValue":{"values":[${values.join(',')}]}}`
}

/** A double in JSON; NaN and the infinities as strings. */
export function doubleJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  return Object.is(value, -0) ? '-0' : String(value)
}
