import { isMapping } from './value-path.ts'

/** Values within values are followed so far. */
const deepest = 50

/** A value of JSON as a label: a text as it is, all else as Go's `%v` writes it. */
export function textOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'boolean') return String(value)
  if (depth > deepest) return '...'
  if (Array.isArray(value)) return `[${value.map((each) => textOf(each, depth + 1)).join(' ')}]`
  if (!isMapping(value)) return '<nil>'
  const keys = Object.keys(value).toSorted()
  return `map[${keys.map((key) => `${key}:${textOf(value[key], depth + 1)}`).join(' ')}]`
}

/** The shortest that reads back as the same number, with an exponent below 1e-4 and from 1e21 on. */
function numberText(value: number): string {
  if (value === 0 || Math.abs(value) >= 1e-4) return String(value)
  const [digits = '', power = ''] = value.toExponential().split('e-')
  return `${digits}e-${power.padStart(2, '0')}`
}
