import { protobufField } from './metric-family.ts'

/** A field of a protobuf message by its number: a text, a nested message, or an integer. */
export type WrittenField = readonly [number: number, value: string | Buffer | number | bigint]

/** Writes a protobuf message, field by field in the order given. */
export function protobuf(...fields: readonly WrittenField[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) =>
      typeof value === 'number' || typeof value === 'bigint'
        ? protobufField.number(number, value)
        : protobufField.bytes(number, value),
    ),
  )
}

/** A `map<string, string>` as fields of a message. */
export function mapFields(number: number, entries: Readonly<Record<string, string>>): WrittenField[] {
  return Object.entries(entries).map(([name, value]) => [number, protobuf([1, name], [2, value])])
}
