import { assertions, schemaTypes } from './schema-assertions.ts'
import { schemaNotes } from './schema.ts'
import type { SchemaView } from './schema-view.ts'

/** Words that hold schemas: one, a list of them, or one by name. */
const one = ['items', 'additionalProperties']
const lists = ['items', 'anyOf', 'oneOf', 'allOf']
const named = ['properties', 'patternProperties']

const known = new Set([
  ...one,
  ...lists,
  ...named,
  ...Object.keys(assertions),
  ...schemaNotes,
  'required',
  'default',
  // For people.
  'title',
  'description',
  'examples',
  'deprecated',
  '$comment',
])

const checked = new WeakSet<object>()

/**
 * Checks that a schema says nothing that would not be held to: the subset of JSON Schema that options need.
 *
 * @throws Error naming the word
 */
export function checkSchema(schema: SchemaView): void {
  if (checked.has(schema)) return
  for (const [word, value] of Object.entries(schema)) {
    if (!known.has(word)) throw new Error(`its schema has the word ${word}, which options do not have`)
    if (word === 'type') checkTypes(value)
    for (const inner of schemasIn(word, value)) checkSchema(inner)
  }
  checked.add(schema)
}

function checkTypes(types: unknown): void {
  for (const type of [types].flat()) {
    if (!schemaTypes.includes(String(type)))
      throw new Error(`its schema has the type ${JSON.stringify(type)}; there is ${schemaTypes.join(', ')}`)
  }
}

function schemasIn(word: string, value: unknown): SchemaView[] {
  if (Array.isArray(value)) return lists.includes(word) ? (value as SchemaView[]) : []
  if (typeof value !== 'object' || value === null) return []
  if (named.includes(word)) return Object.values(value as Record<string, SchemaView>)
  return one.includes(word) ? [value] : []
}
