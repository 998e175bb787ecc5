import { isUtf8 } from 'node:buffer'
import { ProtobufMessage } from '#src/text/protobuf-message.ts'
import { viewOf } from '#src/text/part-table.ts'
import { writeVarint } from '../varint.ts'

/** Fields of the message Label. */
const labelFields = { name: 1, value: 2 } as const

/** The tag of a label in a series of version 1.0: field 1, a message. */
export const labelTag = 0x0a
const nameTag = 0x0a
const valueTag = 0x12

/** Why some labels make no series, for who sent them. */
export class LabelError extends Error {
  override readonly name = 'LabelError'
}

/**
 * Labels as the fields of a series of version 1.0, which are also what series of version 2.0 are known by: they are written
 * out of their symbols, so that the bytes mean the same in every request.
 */
export class LabelBytes {
  buffer = Buffer.allocUnsafeSlow(4096)
  view: DataView = viewOf(this.buffer)
  length = 0

  clear(): void {
    this.length = 0
  }

  /** Adds a label whose name and value are ranges of some bytes. */
  add(bytes: Buffer, nameFrom: number, nameTo: number, valueFrom: number, valueTo: number): void {
    // Tags, and lengths of at most five bytes.
    this.#reserve(nameTo - nameFrom + valueTo - valueFrom + 18)
    const name = nameTo - nameFrom
    const value = valueTo - valueFrom
    const { buffer } = this
    buffer[this.length++] = labelTag
    const inner = name + value + 2 + lengthOf(name) + lengthOf(value)
    this.length = writeVarint(buffer, inner, this.length)
    buffer[this.length++] = nameTag
    this.length = writeVarint(buffer, name, this.length)
    this.#copy(bytes, nameFrom, nameTo)
    buffer[this.length++] = valueTag
    this.length = writeVarint(buffer, value, this.length)
    this.#copy(bytes, valueFrom, valueTo)
  }

  /** Adds bytes as they are. */
  addBytes(bytes: Buffer, from: number, to: number): void {
    this.#reserve(to - from)
    this.#copy(bytes, from, to)
  }

  #copy(bytes: Buffer, from: number, to: number): void {
    const { buffer } = this
    let at = this.length
    if (to - from <= 32) for (let index = from; index < to; index++) buffer[at++] = bytes[index] ?? 0
    else at += bytes.copy(buffer, at, from, to)
    this.length = at
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return
    const larger = Buffer.allocUnsafeSlow((this.length + bytes) * 2)
    this.buffer.copy(larger, 0, 0, this.length)
    this.buffer = larger
    this.view = viewOf(larger)
  }
}

function lengthOf(number: number): number {
  let length = 1
  for (let rest = number; rest >= 128; rest /= 128) length++
  return length
}

const message = new ProtobufMessage()

/**
 * Decodes labels: name, value, name, value, in their order. Those without a value are left out, as none and an empty one are
 * the same.
 *
 * @throws {LabelError} where a text is no UTF-8, a name is empty, or two labels have the same
 * @throws {LineMistake} where a label is no message
 */
export function decodeLabels(bytes: Buffer, view: DataView, from: number, to: number): string[] {
  // Texts lie behind and before bytes of ASCII, tags and the ends of lengths, so what is UTF-8 as a whole is in each.
  const isWhole = isUtf8(bytes.subarray(from, to))
  const pairs: string[] = []
  const names: string[] = []
  message.begin(bytes, view, from, to)
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field !== 1) {
      message.skip()
      continue
    }
    let name = ''
    let value = ''
    const label = message.enter()
    for (let inner = message.next(); inner !== 0; inner = message.next()) {
      if (inner !== labelFields.name && inner !== labelFields.value) {
        message.skip()
        continue
      }
      message.range()
      const isName = inner === labelFields.name
      const text = isWhole
        ? bytes.toString('utf8', message.from, message.to)
        : textOf(
            bytes,
            message,
            isName ? 'the name of a label' : `the value of the label ${JSON.stringify(name)}`,
          )
      if (isName) name = text
      else value = text
    }
    message.leave(label)
    if (name === '') throw new LabelError('a label has no name')
    names.push(name)
    if (value !== '') pairs.push(name, value)
  }
  checkDistinct(names)
  return pairs
}

function checkDistinct(names: readonly string[]): void {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) throw new LabelError(`two labels have the name ${JSON.stringify(name)}`)
    seen.add(name)
  }
}

/** @throws {LabelError} where it is no UTF-8 */
export function textOf(
  bytes: Buffer,
  range: { readonly from: number; readonly to: number },
  what: string,
): string {
  const part = bytes.subarray(range.from, range.to)
  if (!isUtf8(part)) throw new LabelError(`${what} is no UTF-8`)
  return part.toString('utf8')
}
