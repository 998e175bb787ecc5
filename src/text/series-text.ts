import { asciiText } from './ascii-text.ts'
import { LineMistake } from './exposition-error.ts'
import {
  isLabelName,
  labelNameEnd,
  metricNameEnd,
  quotedEnd,
  skipBlanks,
  unquote,
  type Dialect,
} from './text-tokens.ts'

/** The most labels that one line may have. Prometheus knows no such bound; real series stay below 64. */
export const labelsPerLine = 1024

/** Up to here a name is looked for among those before it, one by one: cheaper than a set. */
const fewLabels = 24

/** A series as a line has it. */
export interface SeriesText {
  readonly name: string
  /** Name, value, name, value, in the order of the line. */
  readonly labels: readonly string[]
}

const blank = 0x20
const quote = 0x22
const comma = 0x2c
const equals = 0x3d
const braceOpen = 0x7b
const braceClose = 0x7d

/**
 * Reads what identifies a series, strictly: `name{label="value",...}`, or with quoted names `{"name","label"="value"}`.
 *
 * @param valueAt the position of the value, which has to follow
 * @throws LineMistake with the position of what does not belong
 */
export function parseSeries(bytes: Buffer, from: number, valueAt: number, dialect: Dialect): SeriesText {
  const nameEnd = metricNameEnd(bytes, from)
  const given = nameEnd > from ? asciiText(bytes, from, nameEnd) : undefined
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
  /** Names, once there are many. */
  #names: Set<string> | undefined

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
    let at = quoted ? quotedEnd(this.#bytes, from) : labelNameEnd(this.#bytes, from)
    if (at === from) throw new LineMistake('expected a label name', from)
    const name = quoted ? unquote(this.#bytes, from, at) : asciiText(this.#bytes, from, at)
    at = this.#skip(at)
    if (this.#bytes[at] !== equals) {
      if (!quoted) throw new LineMistake('expected =', at)
      if (this.metric !== undefined) throw new LineMistake('the metric name is given twice', from)
      if (name === '') throw new LineMistake('expected a metric name that is not empty', from)
      const closed = this.#bytes[at] === comma || this.#bytes[at] === braceClose
      if (!closed) throw new LineMistake('expected =, a comma or }', at)
      this.metric = name
      return at
    }
    if (name === '') throw new LineMistake('expected a label name that is not empty', from)
    if (this.#has(name)) throw new LineMistake('this label is given twice', from)
    at = this.#skip(at + 1)
    if (this.#bytes[at] !== quote) throw new LineMistake('expected a quoted label value', at)
    const end = quotedEnd(this.#bytes, at)
    this.labels.push(name, unquote(this.#bytes, at, end))
    if (this.labels.length > labelsPerLine * 2) {
      throw new LineMistake(`expected at most ${labelsPerLine} labels`, from, 'limit')
    }
    return end
  }

  /** Whether a label of this name was there. `__name__` always was: a line has its name elsewhere. */
  #has(name: string): boolean {
    if (name === '__name__') return true
    const { labels } = this
    if (labels.length < fewLabels * 2) {
      for (let index = 0; index < labels.length; index += 2) if (labels[index] === name) return true
      return false
    }
    this.#names ??= new Set(labels.filter((_, index) => index % 2 === 0))
    const known = this.#names.has(name)
    this.#names.add(name)
    return known
  }

  #startsName(at: number): boolean {
    return this.#bytes[at] === quote || isLabelName(this.#bytes, at, at + 1)
  }

  #skip(at: number): number {
    return this.#loose ? skipBlanks(this.#bytes, at) : at
  }
}
