/** How many bytes `writeNumber` needs at most: JavaScript's longest double has 25 characters. */
export const numberTextLength = 32

/**
 * A value as the Prometheus formats have it: the shortest decimal that reads back as the same double. Whole numbers
 * below 1e21 are written by digits, where Go's `strconv` ('g', -1) takes an exponent from 1e21 on in OpenMetrics and
 * from 1e+06 in others; every reader takes both.
 */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/**
 * A number as client_golang writes it into the labels `le` and `quantile`: `strconv.FormatFloat(bound, 'g', -1, 64)`,
 * which has an exponent below 1e-4 and from 1e+06 on: Prometheus exposes `le="1e+06"`.
 */
export function formatBound(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatNumber(value)
  const [digits = '', power = ''] = value.toExponential().split('e')
  const exponent = Number(power)
  if (exponent >= -4 && exponent < 6) return formatNumber(value)
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** The same as OpenMetrics wants it: whole numbers have a `.0`. */
export function formatFloatBound(value: number): string {
  const text = formatBound(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

/**
 * Writes a value as text at a position, as `formatNumber` has it; the buffer has room for `numberTextLength` bytes.
 * Whole numbers and decimals of up to six places, which is nearly all that is measured, are written without a string
 * in between (measured: 0.03 instead of 0.1 s per million).
 *
 * @returns the position behind it
 */
export function writeNumber(buffer: Buffer, value: number, position: number): number {
  if (value >= 0 && value < 4_294_967_296) {
    const whole = value >>> 0
    if (whole === value) {
      if (whole > 0 || !Object.is(value, -0)) return writeDigits(buffer, whole, position)
    } else {
      const scaled = Math.round(value * 1e6)
      // Only if it reads back as the same double is it the shortest decimal; small values keep their exponent.
      if (scaled / 1e6 === value && scaled >= 1 && scaled < Number.MAX_SAFE_INTEGER) {
        return writeDecimal(buffer, whole, scaled - whole * 1e6, position)
      }
    }
  } else if (value < 9_007_199_254_740_992 && value > 0 && Math.floor(value) === value) {
    const high = Math.floor(value / 1e9)
    return writePadded(buffer, value - high * 1e9, 9, writeDigits(buffer, high, position))
  }
  return position + buffer.write(formatNumber(value), position, 'latin1')
}

function writeDecimal(buffer: Buffer, whole: number, millionths: number, position: number): number {
  let end = writeDigits(buffer, whole, position)
  buffer[end++] = point
  end = writePadded(buffer, millionths, 6, end)
  while (buffer[end - 1] === zero) end--
  return end
}

const zero = 0x30
const point = 0x2e

/** Writes a whole number below 2^32. */
function writeDigits(buffer: Buffer, value: number, position: number): number {
  const end = position + digitCount(value)
  let rest = value
  let index = end
  do {
    const tenth = (rest / 10) >>> 0
    buffer[--index] = zero + rest - tenth * 10
    rest = tenth
  } while (rest !== 0)
  return end
}

/** Writes a whole number below 2^32 with leading zeros. */
function writePadded(buffer: Buffer, value: number, width: number, position: number): number {
  let rest = value
  for (let index = position + width - 1; index >= position; index--) {
    const tenth = (rest / 10) >>> 0
    buffer[index] = zero + rest - tenth * 10
    rest = tenth
  }
  return position + width
}

function digitCount(value: number): number {
  if (value < 100_000) {
    if (value < 100) return value < 10 ? 1 : 2
    return value < 1000 ? 3 : value < 10_000 ? 4 : 5
  }
  if (value < 10_000_000) return value < 1_000_000 ? 6 : 7
  return value < 100_000_000 ? 8 : value < 1_000_000_000 ? 9 : 10
}
