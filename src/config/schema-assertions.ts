import { canonicalText } from './canonical-text.ts'
import { jsonType } from './schema-view.ts'

/** What an error tells beside the word that does not hold. */
export type ErrorParams = Readonly<Record<string, unknown>>

/** Whether a value holds to what a word wants of it: undefined where it does, or where the word is about other types. */
type Assertion = (wanted: unknown, value: unknown) => ErrorParams | undefined

/** The words of JSON Schema that look at one value as a whole. */
export const assertions: Readonly<Record<string, Assertion>> = {
  type: (types, value) => unless([types].flat().some((type) => isOfType(value, type))),
  const: (constant, value) => unless(isSame(value, constant)),
  enum: (values, value) => unless([values].flat().some((each) => isSame(value, each))),
  minimum: bound(numberOf, (value, limit) => value >= limit),
  maximum: bound(numberOf, (value, limit) => value <= limit),
  exclusiveMinimum: bound(numberOf, (value, limit) => value > limit),
  exclusiveMaximum: bound(numberOf, (value, limit) => value < limit),
  minLength: bound(lengthOf, (length, limit) => length >= limit),
  maxLength: bound(lengthOf, (length, limit) => length <= limit),
  minItems: bound(itemCountOf, (count, limit) => count >= limit),
  maxItems: bound(itemCountOf, (count, limit) => count <= limit),
  minProperties: bound(keyCountOf, (count, limit) => count >= limit),
  maxProperties: bound(keyCountOf, (count, limit) => count <= limit),
  multipleOf: (multipleOf, value) =>
    unless(typeof value !== 'number' || Number.isInteger(value / Number(multipleOf)), { multipleOf }),
  // Patterns are written by components, not by users.
  pattern: (pattern, value) =>
    unless(typeof value !== 'string' || new RegExp(String(pattern), 'u').test(value), { pattern }),
  uniqueItems: (wanted, value) => (wanted === true && Array.isArray(value) ? sameItems(value) : undefined),
}

/** The types that JSON Schema has. */
export const schemaTypes = ['string', 'integer', 'number', 'boolean', 'array', 'object', 'null']

function unless(holds: boolean, params: ErrorParams = {}): ErrorParams | undefined {
  return holds ? undefined : params
}

function bound(
  measure: (value: unknown) => number | undefined,
  isWithin: (measured: number, limit: number) => boolean,
): Assertion {
  return (limit, value) => {
    const measured = measure(value)
    return unless(measured === undefined || isWithin(measured, Number(limit)), { limit })
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** In characters, of which those beyond the basic plane are one as well. */
function lengthOf(value: unknown): number | undefined {
  return typeof value === 'string' ? Array.from(value).length : undefined
}

function itemCountOf(value: unknown): number | undefined {
  return Array.isArray(value) ? value.length : undefined
}

function keyCountOf(value: unknown): number | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.keys(value).length
    : undefined
}

function isOfType(value: unknown, type: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value)
  return jsonType(value) === type && (type !== 'number' || Number.isFinite(value))
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || canonicalText(one) === canonicalText(other)
}

/** The first two items that are the same. */
function sameItems(items: readonly unknown[]): ErrorParams | undefined {
  const seen = new Map<string, number>()
  for (const [j, item] of items.entries()) {
    const text = canonicalText(item)
    const i = seen.get(text)
    if (i !== undefined) return { i, j }
    seen.set(text, j)
  }
  return undefined
}
