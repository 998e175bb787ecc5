import type { AttributeList, AttributeValue } from '#src/model/attribute-set.ts'
import { anyValueFields, keyValueFields, listFields } from './fields.ts'
import type { ReverseWriter } from './reverse-writer.ts'

/** Writes attributes as `KeyValue`s in a field. */
export function writeAttributes(writer: ReverseWriter, field: number, attributes: AttributeList): void {
  for (let index = attributes.length - 2; index >= 0; index -= 2)
    writeKeyValue(writer, field, attributes[index] as string, attributes[index + 1] as AttributeValue)
}

function writeKeyValue(writer: ReverseWriter, field: number, key: string, value: AttributeValue): void {
  const end = writer.position
  writeAnyValue(writer, value)
  writer.close(keyValueFields.value, end)
  writer.text(keyValueFields.key, key)
  writer.close(field, end)
}

/** Writes what is in an `AnyValue`. */
function writeAnyValue(writer: ReverseWriter, value: AttributeValue): void {
  if (typeof value === 'string') writer.text(anyValueFields.string, value)
  else if (typeof value === 'boolean') writer.bool(anyValueFields.bool, value)
  else if (typeof value === 'bigint') writer.int64(anyValueFields.int, value)
  else if (typeof value === 'number') writer.double(anyValueFields.double, value)
  else if (value instanceof Uint8Array) writer.data(anyValueFields.bytes, value)
  else {
    const end = writer.position
    if (value instanceof Map) {
      const pairs = [...(value as ReadonlyMap<string, AttributeValue>)]
      for (const [key, each] of pairs.toReversed()) writeKeyValue(writer, listFields.values, key, each)
      writer.close(anyValueFields.kvlist, end)
    } else {
      for (const each of (value as readonly AttributeValue[]).toReversed()) {
        const inner = writer.position
        writeAnyValue(writer, each)
        writer.close(listFields.values, inner)
      }
      writer.close(anyValueFields.array, end)
    }
  }
}
