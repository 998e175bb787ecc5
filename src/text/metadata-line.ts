import { asciiText } from './ascii-text.ts'
import type { FamilyType, MetadataKind, MetadataLine } from './exposed-families.ts'
import { LineMistake } from './exposition-error.ts'
import {
  decodeText,
  isBlank,
  metricNameEnd,
  quotedEnd,
  skipBlanks,
  tokenEnd,
  unquote,
  type Dialect,
} from './text-tokens.ts'

const quote = 0x22
const space = 0x20

const types: ReadonlyMap<string, FamilyType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['gaugehistogram', 'gaugehistogram'],
  ['summary', 'summary'],
  ['info', 'info'],
  ['stateset', 'stateset'],
  ['unknown', 'unknown'],
])

/**
 * Reads a line that starts with `#`.
 *
 * @param end the position of its newline
 * @returns undefined for a comment without meaning, `EOF` for the end of OpenMetrics
 * @throws LineMistake
 */
export function parseMetadata(
  bytes: Buffer,
  from: number,
  end: number,
  dialect: Dialect,
): MetadataLine | 'EOF' | undefined {
  const wordAt = skipSeparator(bytes, from + 1, dialect)
  const wordEnd = tokenEnd(bytes, wordAt)
  const word = wordEnd - wordAt > 4 ? '' : bytes.toString('latin1', wordAt, wordEnd)
  if (!dialect.loose && word === 'EOF' && wordAt === from + 2 && wordEnd === end) return 'EOF'
  const kind = word === 'HELP' || word === 'TYPE' || (word === 'UNIT' && !dialect.loose) ? word : undefined
  if (kind === undefined || (dialect.loose && wordAt === from + 1)) {
    if (dialect.loose) return undefined
    throw new LineMistake('expected "# HELP", "# TYPE", "# UNIT" or "# EOF"', from)
  }
  const nameAt = skipSeparator(bytes, wordEnd, dialect)
  const nameEnd = bytes[nameAt] === quote ? quotedEnd(bytes, nameAt) : metricNameEnd(bytes, nameAt)
  if (nameEnd === nameAt) throw new LineMistake(`expected a metric name after ${kind}`, nameAt)
  const family = bytes[nameAt] === quote ? unquote(bytes, nameAt, nameEnd) : asciiText(bytes, nameAt, nameEnd)
  if (family === '') throw new LineMistake('expected a metric name that is not empty', nameAt)
  if (nameEnd < end && !isBlank(bytes[nameEnd]))
    throw new LineMistake('expected a blank after the name', nameEnd)
  if (!dialect.loose && nameEnd === end)
    throw new LineMistake('expected a blank and a text after the name', nameEnd)
  const textAt = nameEnd === end ? end : skipSeparator(bytes, nameEnd, dialect)
  return { kind, family, ...textOf(kind, family, bytes, textAt, end, dialect) }
}

function textOf(
  kind: MetadataKind,
  family: string,
  bytes: Buffer,
  from: number,
  end: number,
  dialect: Dialect,
): { text: string; type: FamilyType } {
  if (kind === 'TYPE') return { text: '', type: typeOf(bytes, from, end, dialect) }
  const text = decodeText(bytes, from, end, dialect.loose ? 'help' : 'quoted')
  if (kind === 'UNIT' && text !== '' && !family.endsWith(`_${text}`)) {
    throw new LineMistake(`expected a unit that the name ends with`, from)
  }
  return { text, type: 'unknown' }
}

function typeOf(bytes: Buffer, from: number, end: number, { loose }: Dialect): FamilyType {
  const wordEnd = loose ? tokenEnd(bytes, from) : end
  // No type is as long as that.
  const word = bytes.toString('latin1', from, Math.min(wordEnd, from + 32))
  const type = loose && word === 'untyped' ? 'unknown' : types.get(word)
  if (type === undefined || (loose && skipBlanks(bytes, wordEnd) !== end)) {
    throw new LineMistake(`expected a type: ${loose ? 'untyped, ' : ''}${[...types.keys()].join(', ')}`, from)
  }
  return type
}

/** The position behind what separates two tokens: any run of blanks, or exactly one space. */
function skipSeparator(bytes: Buffer, from: number, { loose }: Dialect): number {
  if (loose) return skipBlanks(bytes, from)
  if (bytes[from] !== space) throw new LineMistake('expected one space', from)
  return from + 1
}
