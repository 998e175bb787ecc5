import type { AttributeValue } from '#src/model/attribute-set.ts'
import { attributeText } from './attribute-text.ts'

/** What a value can be converted to. */
export type TargetType = 'int' | 'double' | 'string' | 'bool'

const integer = /^[+-]?\d+$/
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const infinity = /^[+-]?inf(inity)?$/i
const nan = /^nan$/i
/** The texts of Go's strconv.ParseBool. */
const truths = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])
const falsehoods = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False'])

const conversions: Readonly<Record<TargetType, (value: AttributeValue) => AttributeValue | undefined>> = {
  string: attributeText,
  int(value) {
    if (typeof value === 'boolean') return value ? 1n : 0n
    if (typeof value === 'number')
      return Number.isFinite(value) ? int64(BigInt(Math.trunc(value))) : undefined
    if (typeof value === 'string')
      return integer.test(value) ? int64(BigInt(value.replace(/^\+/, ''))) : undefined
    return typeof value === 'bigint' ? value : undefined
  },
  double(value) {
    if (typeof value === 'boolean') return value ? 1 : 0
    if (typeof value === 'string') return parseDouble(value)
    return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : undefined
  },
  bool(value) {
    if (typeof value === 'string') return truths.has(value) || (falsehoods.has(value) ? false : undefined)
    if (typeof value === 'bigint') return value !== 0n
    if (typeof value === 'number') return value !== 0
    return typeof value === 'boolean' ? value : undefined
  },
}

/** The value as another type; undefined where it has none, such as the text `many` as a number. */
export function convert(value: AttributeValue, target: TargetType): AttributeValue | undefined {
  return conversions[target](value)
}

/** An OTLP int has 64 bits. */
function int64(value: bigint): bigint | undefined {
  return BigInt.asIntN(64, value) === value ? value : undefined
}

/** As Go's strconv.ParseFloat, in decimal: a number too large is an error, not infinity. */
function parseDouble(text: string): number | undefined {
  if (nan.test(text)) return Number.NaN
  if (infinity.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (!decimal.test(text)) return undefined
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}
