import { isUtf8 } from 'node:buffer'
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

/** The most labels that one line may have. Prometheus knows no such bound; real series stay below 64. */
export const labelsPerLine = 1024

/** A series as a line has it. */
export interface SeriesText {
  readonly name: string
  /** Name, value, name, value, in the order of the line. */
  readonly labels: readonly string[]
}

const newline = 0x0a
const blank = 0x20
const tab = 0x09
const quote = 0x22
const comma = 0x2c
const equals = 0x3d
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

/** Whether bytes are a label name that needs no quotes. */
export function isLabelName(bytes: Buffer, from: number, to: number): boolean {
  return to > from && nameEnd(bytes, from, to, labelStart, labelRest) === to
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

/**
 * Reads what identifies a series, strictly: `name{label="value",...}`, or with quoted names `{"name","label"="value"}`.
 *
 * @param valueAt the position of the value, which has to follow
 * @throws LineMistake with the position of what does not belong
 */
export function parseSeries(bytes: Buffer, from: number, valueAt: number, dialect: Dialect): SeriesText {
  const nameEnd = metricNameEnd(bytes, from)
  const given = nameEnd > from ? bytes.toString('latin1', from, nameEnd) : undefined
  const open = dialect.loose ? skipBlanks(bytes, nameEnd) : nameEnd
  if (bytes[open] !== braceOpen) {
    if (given === undefined) throw new LineMistake('expected a metric name', from)
    checkSeparator(bytes, nameEnd, valueAt, dialect)
    return { name: given, labels: [] }
  }
  const set = new LabelReader(bytes, dialect)
  const end = set.read(open + 1)
  if (set.metric !== undefined && given !== undefined)
    throw new LineMistake('the metric name is given twice', open)
  const name = given ?? set.metric
  if (name === undefined) {
    throw new LineMistake('expected a metric name, before the braces or quoted inside', open)
  }
  checkSeparator(bytes, end, valueAt, dialect)
  return { name, labels: set.labels }
}

/** Between a series and its value: one space, or any blanks, and none needed behind a brace. */
function checkSeparator(bytes: Buffer, end: number, valueAt: number, { loose }: Dialect): void {
  const fits = loose
    ? skipBlanks(bytes, end) === valueAt && (valueAt > end || bytes[end - 1] === braceClose)
    : bytes[end] === blank && valueAt === end + 1
  if (!fits)
    throw new LineMistake(loose ? 'expected a blank and a value' : 'expected one space and a value', end)
}

/**
 * Reads the labels of an exemplar.
 *
 * @throws LineMistake
 */
export function parseLabels(
  bytes: Buffer,
  from: number,
  dialect: Dialect,
): { readonly labels: readonly string[]; readonly end: number } {
  if (bytes[from] !== braceOpen) throw new LineMistake('expected {', from)
  const set = new LabelReader(bytes, dialect)
  const end = set.read(from + 1)
  if (set.metric !== undefined) throw new LineMistake('expected no metric name in an exemplar', from)
  return { labels: set.labels, end }
}

/** Reads what stands between braces. */
class LabelReader {
  readonly labels: string[] = []
  metric: string | undefined
  readonly #bytes: Buffer
  readonly #loose: boolean
  readonly #names = new Set<string>(['__name__'])

  constructor(bytes: Buffer, dialect: Dialect) {
    this.#bytes = bytes
    this.#loose = dialect.loose
  }

  /** Reads up to the closing brace, and returns the position behind it. */
  read(from: number): number {
    let at = this.#skip(from)
    while (this.#bytes[at] !== braceClose) {
      at = this.#skip(this.#pair(at))
      if (this.#bytes[at] === comma) at = this.#skip(at + 1)
      else if (this.#bytes[at] !== braceClose && !(this.#loose && this.#startsName(at))) {
        throw new LineMistake('expected a comma or }', at)
      }
    }
    return at + 1
  }

  /** Reads a label, or a quoted metric name. */
  #pair(from: number): number {
    const quoted = this.#bytes[from] === quote
    let at = quoted
      ? quotedEnd(this.#bytes, from)
      : nameEnd(this.#bytes, from, this.#bytes.length, labelStart, labelRest)
    if (at === from) throw new LineMistake('expected a label name', from)
    const name = quoted ? unquote(this.#bytes, from, at) : this.#bytes.toString('latin1', from, at)
    at = this.#skip(at)
    if (this.#bytes[at] !== equals) {
      if (!quoted) throw new LineMistake('expected =', at)
      if (this.metric !== undefined) throw new LineMistake('the metric name is given twice', from)
      if (name === '') throw new LineMistake('expected a metric name that is not empty', from)
      this.metric = name
      return at
    }
    if (name === '') throw new LineMistake('expected a label name that is not empty', from)
    if (this.#names.has(name)) throw new LineMistake('this label is given twice', from)
    at = this.#skip(at + 1)
    if (this.#bytes[at] !== quote) throw new LineMistake('expected a quoted label value', at)
    const end = quotedEnd(this.#bytes, at)
    this.#names.add(name)
    this.labels.push(name, unquote(this.#bytes, at, end))
    if (this.#names.size > labelsPerLine) {
      throw new LineMistake(`expected at most ${labelsPerLine} labels`, from, 'limit')
    }
    return end
  }

  #startsName(at: number): boolean {
    const byte = this.#bytes[at] ?? 0
    return byte === quote || ((nameBytes[byte] ?? 0) & labelStart) !== 0
  }

  #skip(at: number): number {
    return this.#loose ? skipBlanks(this.#bytes, at) : at
  }
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
  const range = bytes.subarray(from, to)
  if (!isUtf8(range)) throw new LineMistake('expected UTF-8', from + invalidUtf8(range))
  const text = bytes.toString('utf8', from, to)
  if (escapes === 'nothing' || !text.includes('\\')) return text
  return text.replaceAll(/\\([\\n"])/g, (pair, escaped: string) => {
    if (escaped === 'n') return '\n'
    return escaped === '"' && escapes === 'help' ? pair : escaped
  })
}

/** Where bytes stop to be UTF-8: where they differ from what they are once repaired. */
function invalidUtf8(range: Buffer): number {
  const repaired = Buffer.from(range.toString('utf8'))
  let at = 0
  while (at < range.length && range[at] === repaired[at]) at++
  return at
}
