import { MessageError, MessageReader, wireTypes } from './message-reader.ts'
import { MessageWriter } from './message-writer.ts'

/** Fields of the request messages: series of 1.0, symbols and series of 2.0. */
const fields = { series1: 1, symbols: 4, series2: 5 } as const

/**
 * Turns a message of remote write 2.0 into one of 1.0, for a receiver that turns out not to know 2.0. Start times and the
 * metadata of series are left out: 1.0 has no place for them among samples.
 *
 * @throws {MessageError} where the message is broken
 */
export function toVersion1(message: Buffer): Buffer {
  const symbols: Buffer[] = []
  const reader = new MessageReader(message)
  while (reader.next()) if (reader.field === fields.symbols) symbols.push(reader.content())
  const request = new MessageWriter()
  const again = new MessageReader(message)
  while (again.next()) {
    if (again.field === fields.series2) request.bytes(fields.series1, series1(again.message(), symbols))
  }
  return request.take()
}

function series1(series: MessageReader, symbols: readonly Buffer[]): Buffer {
  const out = new MessageWriter()
  while (series.next()) {
    if (series.field === 1) writeLabels(out, series.packed(), symbols)
    else if (series.field === 2) out.bytes(2, without(series.message(), 3))
    else if (series.field === 3) out.bytes(4, without(series.message(), 17))
    else if (series.field === 4) out.bytes(3, exemplar1(series.message(), symbols))
  }
  return out.take()
}

function exemplar1(exemplar: MessageReader, symbols: readonly Buffer[]): Buffer {
  const out = new MessageWriter()
  while (exemplar.next()) {
    if (exemplar.field === 1) writeLabels(out, exemplar.packed(), symbols)
    else out.raw(exemplar.whole())
  }
  return out.take()
}

function writeLabels(out: MessageWriter, references: readonly number[], symbols: readonly Buffer[]): void {
  for (let index = 0; index < references.length; index += 2) {
    const name = symbols[references[index] ?? -1]
    const value = symbols[references[index + 1] ?? -1]
    if (name === undefined || value === undefined) throw new MessageError('a label has no symbol')
    const label = new MessageWriter()
    label.bytes(1, name)
    label.bytes(2, value)
    out.bytes(1, label.take())
  }
}

/** The fields of a message but one. */
function without(message: MessageReader, field: number): Buffer {
  const out = new MessageWriter()
  while (message.next()) if (message.field !== field) out.raw(message.whole())
  return out.take()
}

/** A message cut in two, and how many of how many series are in the first. */
export interface Halves {
  readonly first: Buffer
  readonly second: Buffer
  readonly inFirst: number
  readonly series: number
}

/**
 * Cuts a request message of either version in two; each half has the symbols that its series refer to. Undefined where it
 * has one series, or one entry of metadata.
 *
 * @throws {MessageError} where the message is broken
 */
export function halves(message: Buffer): Halves | undefined {
  const parts: MessageReader[] = []
  const whole: Buffer[] = []
  const symbols: Buffer[] = []
  const reader = new MessageReader(message)
  while (reader.next()) {
    if (reader.field === fields.symbols) symbols.push(reader.content())
    else {
      parts.push(reader.message())
      whole.push(reader.whole())
    }
  }
  if (parts.length < 2) return undefined
  const inFirst = parts.length >> 1
  const half = (from: number, to: number): Buffer =>
    symbols.length === 0
      ? Buffer.concat(whole.slice(from, to))
      : withOwnSymbols(parts.slice(from, to), symbols)
  return {
    first: half(0, inFirst),
    second: half(inFirst, parts.length),
    inFirst,
    series: parts.length,
  }
}

/** Series of 2.0 with a table of the symbols that they refer to, and no others. */
function withOwnSymbols(all: readonly MessageReader[], symbols: readonly Buffer[]): Buffer {
  const own = new Map<number, number>([[0, 0]])
  const indexOf = (reference: number): number => {
    const index = own.get(reference) ?? own.size
    own.set(reference, index)
    return index
  }
  const series = new MessageWriter()
  for (const each of all) series.bytes(fields.series2, renumbered(each, indexOf))
  const out = new MessageWriter()
  for (const reference of own.keys()) {
    const symbol = symbols[reference]
    if (symbol === undefined) throw new MessageError('a label has no symbol')
    out.bytes(fields.symbols, symbol)
  }
  out.raw(series.take())
  return out.take()
}

/** A series of 2.0 with other references: those of its labels, of its exemplars' labels, and of its metadata. */
function renumbered(series: MessageReader, indexOf: (reference: number) => number): Buffer {
  const out = new MessageWriter()
  while (series.next()) {
    if (series.field === 1) out.packedVarints(1, series.packed().map(indexOf))
    else if (series.field === 4) out.bytes(4, renumberedFields(series.message(), new Set([1]), indexOf))
    else if (series.field === 5) out.bytes(5, renumberedFields(series.message(), new Set([3, 4]), indexOf))
    else out.raw(series.whole())
  }
  return out.take()
}

/** A message in which some fields are references. */
function renumberedFields(
  message: MessageReader,
  references: ReadonlySet<number>,
  indexOf: (reference: number) => number,
): Buffer {
  const out = new MessageWriter()
  while (message.next()) {
    if (!references.has(message.field)) out.raw(message.whole())
    else if (message.wireType === wireTypes.bytes)
      out.packedVarints(message.field, message.packed().map(indexOf))
    else out.varint(message.field, indexOf(message.value))
  }
  return out.take()
}
