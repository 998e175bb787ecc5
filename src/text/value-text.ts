import { latin1Text } from './ascii-text.ts'
import { LineMistake } from './exposition-error.ts'

const zero = 0x30
const nine = 0x39
const point = 0x2e
const plus = 0x2b
const minus = 0x2d
const letterE = 0x65
const lowerCase = 0x20

/** Powers of ten that doubles have exactly. */
export const exactPowersOfTen: Float64Array = Float64Array.from({ length: 23 }, (_, power) =>
  Number(`1e${power}`),
)

const words: ReadonlyMap<string, number> = new Map([
  ['inf', Infinity],
  ['+inf', Infinity],
  ['-inf', -Infinity],
  ['infinity', Infinity],
  ['+infinity', Infinity],
  ['-infinity', -Infinity],
  ['nan', Number.NaN],
])

/**
 * The same as `parseValue`.
 *
 * @throws LineMistake where it gives no value
 */
export function valueOf(bytes: Buffer, from: number, to: number): number {
  const value = parseValue(bytes, from, to)
  if (typeof value === 'number') return value
  const wanted = value === 'no_number' ? 'a number' : 'a number that a double can hold'
  throw new LineMistake(`expected ${wanted}`, from)
}

/** What `parseValue` gives for a text that is no number, and for one beyond the range of doubles. */
export type NoValue = 'no_number' | 'out_of_range'

/**
 * The double nearest to a number as Go's `strconv.ParseFloat` reads it, without hexadecimal and without underscores:
 * decimals with an exponent, infinities and NaN in any case. The text is bytes from a position to another.
 */
export function parseValue(bytes: Buffer, from: number, to: number): number | NoValue {
  if (isDecimal(bytes, from, to)) {
    const value = Number(latin1Text(bytes, from, to))
    return Number.isFinite(value) ? value : 'out_of_range'
  }
  if (to - from > 9) return 'no_number'
  return words.get(latin1Text(bytes, from, to).toLowerCase()) ?? 'no_number'
}

/** Whether bytes are a decimal, of which JavaScript and Go think alike: digits, a point among them, an exponent. */
function isDecimal(bytes: Buffer, from: number, to: number): boolean {
  let at = from
  if (bytes[at] === plus || bytes[at] === minus) at++
  const whole = digitsEnd(bytes, at, to)
  let digits = whole - at
  at = whole
  if (at < to && bytes[at] === point) {
    const end = digitsEnd(bytes, at + 1, to)
    digits += end - at - 1
    at = end
  }
  if (digits === 0) return false
  if (at < to && ((bytes[at] ?? 0) | lowerCase) === letterE) {
    at++
    if (at < to && (bytes[at] === plus || bytes[at] === minus)) at++
    const end = digitsEnd(bytes, at, to)
    if (end === at) return false
    at = end
  }
  return at === to
}

/** The position behind the digits that start at a position. */
function digitsEnd(bytes: Buffer, from: number, to: number): number {
  let at = from
  for (; at < to; at++) {
    const byte = bytes[at] ?? 0
    if (byte < zero || byte > nine) break
  }
  return at
}

/** A whole number of at most 18 digits, with or without a sign: a timestamp in milliseconds; undefined for another text. */
export function parseMilliseconds(bytes: Buffer, from: number, to: number): number | undefined {
  const negative = bytes[from] === minus
  const start = negative ? from + 1 : from
  if (start === to || to - start > 18 || digitsEnd(bytes, start, to) !== to) return undefined
  const value = Number(latin1Text(bytes, start, to))
  return negative ? -value : value
}
