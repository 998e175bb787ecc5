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

const kinds: ReadonlyMap<string, MetadataKind> = new Map([
  ['HELP', 'HELP'],
  ['TYPE', 'TYPE'],
  ['UNIT', 'UNIT'],
])

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
  const kind = kinds.get(word)
  if (dialect.loose) {
    const meant = kind !== undefined && kind !== 'UNIT' && wordAt > from + 1 && wordEnd < end
    return meant ? parseSaid(kind, bytes, wordEnd, end, dialect) : undefined
  }
  if (word === 'EOF' && wordEnd === end) return 'EOF'
  if (kind === undefined) throw new LineMistake('expected "# HELP", "# TYPE", "# UNIT" or "# EOF"', from)
  return parseSaid(kind, bytes, wordEnd, end, dialect)
}

/** Reads what stands behind the word that says which metadata it is: a name and a text. */
function parseSaid(
  kind: MetadataKind,
  bytes: Buffer,
  from: number,
  end: number,
  dialect: Dialect,
): MetadataLine {
  const nameAt = skipSeparator(bytes, from, dialect)
  const quoted = bytes[nameAt] === quote
  const nameEnd = quoted ? quotedEnd(bytes, nameAt) : metricNameEnd(bytes, nameAt)
  if (nameEnd === nameAt) throw new LineMistake(`expected a metric name after ${kind}`, nameAt)
  const family = quoted ? unquote(bytes, nameAt, nameEnd) : asciiText(bytes, nameAt, nameEnd)
  if (family === '') throw new LineMistake('expected a metric name that is not empty', nameAt)
  // Prometheus takes a HELP that goes on oddly behind its name: no scrape is worth less for it.
  const separated = nameEnd === end ? dialect.loose : isBlank(bytes[nameEnd])
  if (!separated && !(dialect.loose && kind === 'HELP')) {
    throw new LineMistake('expected a blank after the name', nameEnd)
  }
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
    throw new LineMistake('expected a unit that the name ends with', from)
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
