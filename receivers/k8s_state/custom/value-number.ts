/** Words for true and false, and that of a condition of which nothing is known. */
const words = new Map([
  ['true', 1],
  ['yes', 1],
  ['false', 0],
  ['no', 0],
  ['unknown', 0],
])

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
const quantity = /^([+-]?)(\d{0,40})(?:\.(\d{0,40}))?(?:([numkMGTPE])|([KMGTPE])i|[eE]([+-]?\d{1,3}))?$/
const decimalPowers = 'num kMGTPE'
const binaryPowers = ' KMGTPE'
/** Decimal places of a quantity at most; what is finer is rounded up. */
const places = 9

/**
 * The number that a field of a custom resource is, as kube-state-metrics has it: a number; 1 or 0 for a boolean and for its
 * words; the Unix seconds of a time; a quantity (`250m`, `5Gi`); a hundredth for each percent; else what Go reads as a number.
 *
 * @returns undefined for what is none of these
 */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return Number(value)
  return typeof value === 'string' ? numberIn(value) : undefined
}

function numberIn(text: string): number | undefined {
  const word = words.get(text.toLowerCase())
  if (word !== undefined) return word
  if (time.test(text)) {
    const milliseconds = Date.parse(text)
    if (!Number.isNaN(milliseconds)) return Math.floor(milliseconds / 1000)
  }
  return quantityIn(text) ?? percentageIn(text) ?? specialIn(text)
}

/** As a product of whole digits and a power of ten, which is how it is rounded there too. */
function quantityIn(text: string): number | undefined {
  const [, sign = '', whole = '', fraction = '', decimal, binary, exponent = '0'] = quantity.exec(text) ?? []
  if (whole === '' && fraction === '') return undefined
  const factor = binary === undefined ? 1n : 1024n ** BigInt(binaryPowers.indexOf(binary))
  const thousands = decimal === undefined ? 0 : decimalPowers.indexOf(decimal) - decimalPowers.indexOf(' ')
  let digits = BigInt(whole + fraction) * factor
  let power = 3 * thousands + Number(exponent) - fraction.length
  if (power < -places) {
    const excess = 10n ** BigInt(-places - power)
    digits = (digits + excess - 1n) / excess
    power = -places
  }
  const base = Number(digits)
  const amount = power === 0 ? base : base * Number(`1e${power}`)
  return sign === '-' ? -amount : amount
}

function percentageIn(text: string): number | undefined {
  return /^\d{1,300}%$/.test(text) ? Number(text.slice(0, -1)) / 100 : undefined
}

function specialIn(text: string): number | undefined {
  if (/^nan$/i.test(text)) return Number.NaN
  const [, sign] = /^([+-]?)inf(?:inity)?$/i.exec(text) ?? []
  if (sign === undefined) return undefined
  return sign === '-' ? -Infinity : Infinity
}
