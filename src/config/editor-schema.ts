import { aliases, registry } from '#src/component/registry.ts'
import type { ComponentKind } from '#src/component/define.ts'
import { sections } from './known-components.ts'
import { schemaNotes } from './schema.ts'
import { alternativesOf, schemasOfItem, takes, viewOf, type SchemaView } from './schema-view.ts'
import { ServiceOptions } from './service-options.ts'
import { textFormOf } from './text-form.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** Any value may be a reference instead: it is known only when Weir reads the file. */
const reference = { type: 'string', pattern: String.raw`\$\{` }

/**
 * The JSON Schema (draft 2020-12) of a whole file, for editors: every component that Weir brings along, by type and
 * type/name. It accepts what the reader accepts: references, components without a body, old names (deprecated).
 */
export async function editorSchema(): Promise<object> {
  const definitions: Record<string, JsonSchema> = {}
  const properties: Record<string, JsonSchema> = {}
  for (const { section, kind } of sections) {
    const patternProperties: Record<string, JsonSchema> = {}
    for (const [type, load] of Object.entries(registry[kind])) {
      const { default: definition } = await load()
      const name = `${kind}.${type}`
      definitions[name] = { ...ofOptions(viewOf(definition.config)), description: definition.description }
      patternProperties[idPattern(type)] = { $ref: `#/$defs/${name}` }
    }
    for (const [old, type] of Object.entries(aliases[kind as ComponentKind])) {
      patternProperties[idPattern(old)] = { $ref: `#/$defs/${kind}.${type}`, deprecated: true }
    }
    properties[section] = { type: ['object', 'null'], patternProperties, additionalProperties: false }
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Weir configuration',
    type: 'object',
    properties: {
      ...properties,
      service: ofOptions(viewOf(ServiceOptions)),
      plugins: {
        type: 'array',
        items: { type: 'string' },
        description: 'Modules that bring more components.',
      },
    },
    additionalProperties: false,
    $defs: definitions,
  }
}

function idPattern(type: string): string {
  return `^${type}(\\s*/.+)?$`
}

function ofOptions(schema: SchemaView): JsonSchema {
  const own = withoutNotes(schema)
  const words = { ...own, ...innerWords(schema) }
  if (schema.withoutEffect !== undefined) return { ...words, deprecated: true }
  const forms = formsOf(schema, words)
  return forms === undefined ? words : { ...annotationsOf(own), anyOf: forms }
}

/** The forms that a value may have in a file beside the one in the schema. Undefined where it takes anything anyway. */
function formsOf(schema: SchemaView, words: JsonSchema): JsonSchema[] | undefined {
  const alternatives = alternativesOf([schema])
  const form = textFormOf(schema.weir)
  if (form !== undefined) return [{ type: 'string', pattern: form.pattern }, { const: 0 }, reference]
  if (schema.anyCase === true) return [words, inOtherCases(alternatives), reference]
  if (schema.anyOf !== undefined || schema.oneOf !== undefined) return [words, reference]
  if (takes(alternatives, 'string')) {
    const isOpen = schema.enum === undefined && schema.const === undefined
    return [words, reference, ...(isOpen ? [{ type: ['number', 'boolean'] }] : [])]
  }
  if (takes(alternatives, 'object')) return [words, { type: 'null' }, reference]
  if (takes(alternatives, 'array')) {
    const isTextList = takes(alternativesOf(schemasOfItem(alternatives, 0)), 'string')
    return [words, { type: 'null' }, isTextList ? { type: 'string' } : reference]
  }
  const isPlain = ['integer', 'number', 'boolean'].some((type) => takes(alternatives, type))
  return isPlain ? [words, reference] : undefined
}

/** The constants in capitals, and with one. */
function inOtherCases(alternatives: readonly SchemaView[]): JsonSchema {
  const constants = alternatives.flatMap(({ const: one, enum: several = [] }) => [one, ...several])
  const texts = constants.filter((each) => typeof each === 'string')
  return { enum: texts.flatMap((each) => [each.toUpperCase(), each.charAt(0).toUpperCase() + each.slice(1)]) }
}

/** What is shown where the cursor is, whatever form the value has. */
function annotationsOf({ description, default: standard, deprecated }: JsonSchema): JsonSchema {
  return {
    ...(description === undefined ? {} : { description }),
    ...(standard === undefined ? {} : { default: standard }),
    ...(deprecated === undefined ? {} : { deprecated }),
  }
}

function withoutNotes(schema: SchemaView): JsonSchema {
  const notes: ReadonlySet<string> = new Set(schemaNotes)
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !notes.has(key)))
}

/** The words of a schema that hold schemas themselves. */
function innerWords(schema: SchemaView): JsonSchema {
  const { properties, required, items, additionalProperties, patternProperties, aliases: old = {} } = schema
  const words: Record<string, unknown> = {}
  if (properties !== undefined) {
    const renamed = Object.entries(old).map(([name, today]): [string, JsonSchema] => [
      name,
      { ...ofOptions(properties[today] ?? {}), deprecated: true },
    ])
    words['properties'] = { ...mapped(properties), ...Object.fromEntries(renamed) }
    words['required'] = (required ?? []).filter((key) => properties[key]?.default === undefined)
  }
  if (patternProperties !== undefined) words['patternProperties'] = mapped(patternProperties)
  if (typeof additionalProperties === 'object')
    words['additionalProperties'] = ofOptions(additionalProperties)
  if (items !== undefined && !Array.isArray(items)) words['items'] = ofOptions(items as SchemaView)
  for (const word of ['anyOf', 'oneOf', 'allOf'] as const) {
    const alternatives = schema[word]
    if (alternatives !== undefined) words[word] = alternatives.map((each) => ofOptions(each))
  }
  return words
}

function mapped(schemas: Readonly<Record<string, SchemaView>>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, ofOptions(schema)]))
}
