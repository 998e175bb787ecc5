import type { AttributeList, AttributeValue } from '#src/model/attribute-set.ts'
import { LineMistake } from '#src/text/exposition-error.ts'
import type { ProtobufMessage } from '#src/text/protobuf-message.ts'
import { anyValueFields, keyValueFields, listFields } from '../encode/fields.ts'

/** How deep lists and maps may nest in the value of an attribute. */
export const nestingLimit = 32

/** Reads the KeyValue that the field at hand holds, and appends its key and its value. */
export function readKeyValue(message: ProtobufMessage, to: AttributeValue[], depth = 0): void {
  const outer = message.enter()
  let key = ''
  let value: AttributeValue = ''
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === keyValueFields.key) key = readText(message)
    else if (field === keyValueFields.value) value = readAnyValue(message, depth)
    else message.skip()
  }
  message.leave(outer)
  to.push(key, value)
}

/** The text in the field at hand; bytes that are no UTF-8 become U+FFFD. */
export function readText(message: ProtobufMessage): string {
  const { from, to } = message.bytes()
  return message.buffer.toString('utf8', from, to)
}

/** The attributes of a message between two positions: those of its fields that have this number. */
export function readAttributes(
  message: ProtobufMessage,
  number: number,
  from: number,
  to: number,
): AttributeList {
  const list: AttributeValue[] = []
  message.visit(from, to)
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === number) readKeyValue(message, list)
    else message.skip()
  }
  return list
}

/** The value that the field at hand holds. One that is not set, as null in JSON, is an empty text. */
function readAnyValue(message: ProtobufMessage, depth: number): AttributeValue {
  if (depth > nestingLimit) {
    throw new LineMistake(`expected no more than ${nestingLimit} lists in lists`, message.position)
  }
  const outer = message.enter()
  let value: AttributeValue = ''
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === anyValueFields.string) value = readText(message)
    else if (field === anyValueFields.bool) value = message.boolean()
    else if (field === anyValueFields.int) value = BigInt(message.integer())
    else if (field === anyValueFields.double) value = message.double()
    else if (field === anyValueFields.bytes) {
      const { from, to } = message.bytes()
      value = Uint8Array.from(message.buffer.subarray(from, to))
    } else if (field === anyValueFields.array) value = readList(message, depth)
    else if (field === anyValueFields.kvlist) value = readMap(message, depth)
    else message.skip()
  }
  message.leave(outer)
  return value
}

function readList(message: ProtobufMessage, depth: number): readonly AttributeValue[] {
  const outer = message.enter()
  const list: AttributeValue[] = []
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === listFields.values) list.push(readAnyValue(message, depth + 1))
    else message.skip()
  }
  message.leave(outer)
  return list
}

function readMap(message: ProtobufMessage, depth: number): ReadonlyMap<string, AttributeValue> {
  const outer = message.enter()
  const flat: AttributeValue[] = []
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === listFields.values) readKeyValue(message, flat, depth + 1)
    else message.skip()
  }
  message.leave(outer)
  const map = new Map<string, AttributeValue>()
  for (let index = 0; index < flat.length; index += 2) {
    const value = flat[index + 1]
    if (value !== undefined) map.set(flat[index] as string, value)
  }
  return map
}
