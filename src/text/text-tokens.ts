import { isUtf8 } from 'node:buffer'
import { asciiText } from './ascii-text.ts'
import { LineMistake } from './exposition-error.ts'

/** How lines are written. Those of protobuf are made from its messages, as the text format has them. */
export interface Dialect {
  readonly name: 'text' | 'openmetrics' | 'protobuf'
  /** Any run of blanks and tabs between tokens, and none where none is needed; else exactly one space where one has to be. */
  readonly loose: boolean
}

/** The text formats of Prometheus. */
export const textDialect: Dialect = { name: 'text', loose: true }

/** OpenMetrics. */
export const openMetricsDialect: Dialect = { name: 'openmetrics', loose: false }

/** What protobuf says, as lines. */
export const protobufDialect: Dialect = { name: 'protobuf', loose: true }

const newline = 0x0a
const blank = 0x20
const tab = 0x09
const quote = 0x22
const backslash = 0x5c
const braceOpen = 0x7b
const braceClose = 0x7d

/** By byte: 1 where a label's name may begin with it, 2 where it may go on with it, 4 and 8 the same of a metric's. */
const nameBytes = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  if (/[a-zA-Z_]/.test(character)) return 15
  if (character === ':') return 12
  return /[0-9]/.test(character) ? 10 : 0
})
const labelStart = 1
const labelRest = 2
const metricStart = 4
const metricRest = 8

/** Whether a byte is a blank or a tab. */
export function isBlank(byte: number | undefined): boolean {
  return byte === blank || byte === tab
}

/** The position of the first byte from a position on that is no blank. */
export function skipBlanks(bytes: Buffer, from: number): number {
  let at = from
  while (isBlank(bytes[at])) at++
  return at
}

/** The position behind a token: of the next blank, tab or newline. */
export function tokenEnd(bytes: Buffer, from: number): number {
  let at = from
  while (!isBlank(bytes[at]) && bytes[at] !== newline) at++
  return at
}

/** The position behind an unquoted metric name, not beyond `to`; `from` where there is none. */
export function metricNameEnd(bytes: Buffer, from: number, to = bytes.length): number {
  return nameEnd(bytes, from, to, metricStart, metricRest)
}

/** The position behind an unquoted label name; `from` where there is none. */
export function labelNameEnd(bytes: Buffer, from: number, to = bytes.length): number {
  return nameEnd(bytes, from, to, labelStart, labelRest)
}

/** Whether bytes are a label name that needs no quotes. */
export function isLabelName(bytes: Buffer, from: number, to: number): boolean {
  return to > from && labelNameEnd(bytes, from, to) === to
}

/**
 * Finds the end of what identifies a series, without checking it: the position of the value, behind the blank before
 * it. The line ends with a newline. -1 where braces or quotes are left open.
 */
export function valuePosition(bytes: Buffer, from: number): number {
  let at = from
  for (;;) {
    const byte = bytes[at]
    if (byte === braceOpen || byte === blank || byte === newline || byte === tab) break
    at++
  }
  let open = skipBlanks(bytes, at)
  if (bytes[open] !== braceOpen) return open
  for (open++; bytes[open] !== braceClose; open++) {
    if (bytes[open] === newline) return -1
    if (bytes[open] !== quote) continue
    for (open++; bytes[open] !== quote; open++) {
      if (bytes[open] === backslash) open++
      if (bytes[open] === newline) return -1
    }
  }
  return skipBlanks(bytes, open + 1)
}

function nameEnd(bytes: Buffer, from: number, to: number, start: number, rest: number): number {
  if (from >= to || ((nameBytes[bytes[from] ?? 0] ?? 0) & start) === 0) return from
  let at = from + 1
  while (at < to && ((nameBytes[bytes[at] ?? 0] ?? 0) & rest) !== 0) at++
  return at
}

/** The position behind the quote that closes the one at a position. */
export function quotedEnd(bytes: Buffer, from: number): number {
  for (let at = from + 1; ; at++) {
    const byte = bytes[at]
    if (byte === quote) return at + 1
    if (byte === newline || byte === undefined) throw new LineMistake('expected a closing quote', at)
    if (byte === backslash && bytes[at + 1] !== newline) at++
  }
}

/** The text between two quotes. */
export function unquote(bytes: Buffer, from: number, end: number): string {
  return decodeText(bytes, from + 1, end - 1, 'quoted')
}

/** Which pairs of a backslash and another character stand for one: in quotes, in HELP of the text format, nowhere. */
export type Escapes = 'quoted' | 'help' | 'nothing'

/**
 * The text of bytes, with `\\`, `\n` and, where wanted, `\"` resolved; another backslash stands for itself.
 *
 * @throws LineMistake where the bytes are no UTF-8
 */
export function decodeText(bytes: Buffer, from: number, to: number, escapes: Escapes): string {
  let bits = 0
  let escaped = false
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    bits |= byte
    if (byte === backslash) escaped = true
  }
  if (bits < 0x80 && !escaped) return asciiText(bytes, from, to)
  const range = bytes.subarray(from, to)
  if (!isUtf8(range)) throw new LineMistake('expected UTF-8', from + invalidUtf8(range))
  const text = range.toString('utf8')
  if (escapes === 'nothing' || !escaped) return text
  return text.replaceAll(/\\([\\n"])/g, (pair, character: string) => {
    if (character === 'n') return '\n'
    return character === '"' && escapes === 'help' ? pair : character
  })
}

/** Where bytes stop to be UTF-8: where they differ from what they are once repaired. */
function invalidUtf8(range: Buffer): number {
  const repaired = Buffer.from(range.toString('utf8'))
  let at = 0
  while (at < range.length && range[at] === repaired[at]) at++
  return at
}
