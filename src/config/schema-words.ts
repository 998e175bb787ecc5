import type { ConfigNode, ScalarNode } from './config-node.ts'
import { knownNames, nearestName } from './nearest-name.ts'
import type { SchemaError } from './schema-check.ts'
import { alternativesOf, holdsSecrets, typesOf, type SchemaView } from './schema-view.ts'
import { textFormOf } from './text-form.ts'
import { hiddenText } from './secret.ts'

type Word = (error: SchemaError, node: ConfigNode | undefined) => string

/** The key of a mapping that an error is about, where it is about one that is there and should not be. */
export function unknownKeyOf({ keyword, params }: SchemaError): string | undefined {
  return keyword === 'additionalProperties' ? String(params['additionalProperty']) : undefined
}

/** The key of a mapping that an error misses. */
export function missingKeyOf({ keyword, params }: SchemaError): string | undefined {
  return keyword === 'required' ? String(params['missingProperty']) : undefined
}

/**
 * Says an error as an operator would want to hear it: what is expected, what was found, what to do.
 *
 * @param node the value that the error is about
 */
export function wordsFor(error: SchemaError, node: ConfigNode | undefined): string {
  const { keyword, schema } = error
  const hidden = node?.kind === 'scalar' && holdsSecrets(schema)
  return (
    words[keyword]?.(error, hidden ? withoutText(node) : node) ?? `does not hold to its schema (${keyword})`
  )
}

function withoutText(node: ScalarNode): ScalarNode {
  return { ...node, text: hiddenText, ...(typeof node.value === 'string' ? { value: hiddenText } : {}) }
}

const words: Readonly<Record<string, Word>> = {
  additionalProperties: (error) =>
    `unknown key${knownNames(unknownKeyOf(error) ?? '', keysOf(error.schema), 'known here')}`,
  required: (error) => {
    const key = missingKeyOf(error) ?? ''
    return `${key} is missing${described(error.schema.properties?.[key])}`
  },
  type: ({ schema }, node) => expected(schema, node),
  union: ({ schema }, node) => expected(schema, node),
  enum: ({ schema }, node) => expected(schema, node),
  const: ({ schema }, node) => expected(schema, node),
  duration: ({ params, schema }, node) => durationText(params['parsed'], schema, node),
  prometheus_duration: ({ params, schema }, node) => numberText(params['parsed'], schema, node),
  byte_size: ({ params, schema }, node) => numberText(params['parsed'], schema, node),
  minimum: ({ params }, node) => `must be at least ${String(params['limit'])}, found ${foundText(node)}`,
  maximum: ({ params }, node) => `must be at most ${String(params['limit'])}, found ${foundText(node)}`,
  exclusiveMinimum: ({ params }, node) =>
    `must be more than ${String(params['limit'])}, found ${foundText(node)}`,
  exclusiveMaximum: ({ params }, node) =>
    `must be less than ${String(params['limit'])}, found ${foundText(node)}`,
  multipleOf: ({ params }, node) =>
    `must be a multiple of ${String(params['multipleOf'])}, found ${foundText(node)}`,
  minLength: ({ params }) =>
    params['limit'] === 1 ? 'must not be empty' : `must have at least ${String(params['limit'])} characters`,
  maxLength: ({ params }) => `must have at most ${String(params['limit'])} characters`,
  pattern: ({ params, schema }, node) =>
    `found ${foundText(node)}, which does not match ${String(params['pattern'])}${described(schema)}`,
  minItems: ({ params }) =>
    params['limit'] === 1
      ? 'the list must not be empty'
      : `the list needs at least ${String(params['limit'])} items`,
  maxItems: ({ params }) => `the list must have at most ${String(params['limit'])} items`,
  uniqueItems: ({ params }) =>
    `items ${String(params['i'])} and ${String(params['j'])} of the list are the same`,
  minProperties: ({ params, schema }) => {
    const known = keysOf(schema)
    const these = known.length === 0 ? '' : ` of these: ${known.join(', ')}`
    return `needs at least ${keyCount(params['limit'])}${these}`
  },
  maxProperties: ({ params }) => `takes at most ${keyCount(params['limit'])}`,
  propertyNames: ({ params }) => `the key ${JSON.stringify(params['propertyName'])} is not allowed`,
}

function keyCount(count: unknown): string {
  return count === 1 ? '1 key' : `${String(count)} keys`
}

function keysOf({ properties = {}, aliases = {} }: SchemaView): string[] {
  return Object.keys(properties).filter((key) => !Object.hasOwn(aliases, key))
}

function expected(schema: SchemaView, node: ConfigNode | undefined): string {
  return `expected ${expectedText(schema)}, found ${foundText(node)}${adviceFor(schema, node)}`
}

/** What a schema takes, in words. */
export function expectedText(schema: SchemaView): string {
  const alternatives = alternativesOf([schema])
  const texts = alternatives.flatMap((each) => {
    const form = textFormOf(each.weir)
    if (form !== undefined) return [form.expected]
    if (each.const !== undefined) return [JSON.stringify(each.const)]
    if (each.enum !== undefined) return each.enum.map((value) => JSON.stringify(value))
    return typesOf(each).map((type) => typeTexts[type] ?? type)
  })
  const unique = [...new Set(texts)]
  const last = unique.pop() ?? 'something else'
  return unique.length === 0 ? last : `${unique.join(', ')} or ${last}`
}

const typeTexts: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  null: 'nothing',
}

/** What was written, in words; values that were substituted are not repeated. */
export function foundText(node: ConfigNode | undefined): string {
  if (node === undefined) return 'nothing'
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a mapping' : 'a list'
  const { value, text, quoted, place } = node
  if (value === null) return 'nothing'
  if (value === '') return 'an empty text'
  if (place.origin !== undefined) return `a ${typeof value === 'string' ? 'text' : typeof value}`
  const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text
  if (typeof value !== 'string') return shown
  return quoted ? `the quoted text ${JSON.stringify(shown)}` : JSON.stringify(shown)
}

function adviceFor(schema: SchemaView, node: ConfigNode | undefined): string {
  if (node === undefined) return ''
  const alternatives = alternativesOf([schema])
  const types = alternatives.flatMap(typesOf)
  if (node.kind !== 'scalar')
    return types.includes('array') && node.kind === 'map' ? ': begin each item with "- "' : ''
  if (typeof node.value !== 'string') return ''
  const isNumber = node.text.trim() !== '' && Number.isFinite(Number(node.text))
  if (node.quoted && isNumber && (types.includes('integer') || types.includes('number')))
    return ': remove the quotes'
  if (node.quoted && /^(?:true|false)$/.test(node.text) && types.includes('boolean'))
    return ': remove the quotes'
  const constants = alternatives.flatMap(({ const: constant, enum: values = [] }) => [constant, ...values])
  const nearest = nearestName(
    node.text,
    constants.filter((each) => typeof each === 'string'),
  )
  return nearest === undefined ? '' : `: did you mean ${JSON.stringify(nearest)}?`
}

function numberText(parsed: unknown, schema: SchemaView, node: ConfigNode | undefined): string {
  if (typeof parsed === 'number') return tooLittle(schema, node)
  return `expected ${expectedText(schema)}, found ${foundText(node)}`
}

function tooLittle(schema: SchemaView, node: ConfigNode | undefined): string {
  return `must be at least ${schema.minimumDuration ?? '0s'}, found ${foundText(node)}`
}

function durationText(parsed: unknown, schema: SchemaView, node: ConfigNode | undefined): string {
  if (typeof parsed === 'number') return tooLittle(schema, node)
  const text = node?.kind === 'scalar' ? node.text : ''
  const advice = /^\d+(?:\.\d+)?$/.test(text)
    ? `: it needs a unit, as in ${text}s or ${text}ms`
    : /\d+\s*(?:d|days?|w)/.test(text)
      ? ': the units are ms, s, m and h; a day is 24h'
      : ''
  return `expected a duration such as 15s, 1m30s or 500ms, found ${foundText(node)}${advice}`
}

/** What an option is for, behind a message. */
export function described(schema: SchemaView | undefined): string {
  const { description } = schema ?? {}
  return description === undefined ? '' : `: ${description.replace(/\.$/, '')}`
}

/** The schema that a misspelt key most likely stands for. */
export function schemaMeant(schema: SchemaView, key: string): SchemaView | undefined {
  const nearest = nearestName(key, keysOf(schema))
  return nearest === undefined ? undefined : schema.properties?.[nearest]
}
