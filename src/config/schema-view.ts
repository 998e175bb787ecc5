import type { SchemaNotes, TSchema } from './schema.ts'

/** The parts of a JSON Schema that the reader looks at itself. */
export interface SchemaView extends SchemaNotes {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly deprecated?: boolean
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, SchemaView>>
  readonly required?: readonly string[]
  readonly patternProperties?: Readonly<Record<string, SchemaView>>
  readonly additionalProperties?: boolean | SchemaView
  readonly items?: SchemaView | readonly SchemaView[]
  readonly anyOf?: readonly SchemaView[]
  readonly oneOf?: readonly SchemaView[]
  readonly allOf?: readonly SchemaView[]
  readonly minimum?: number
  readonly maximum?: number
}

/** A TypeBox schema is a JSON Schema. */
export function viewOf(schema: TSchema): SchemaView {
  return schema
}

/** Every schema that a value may be meant for: the alternatives of unions, to the bottom. */
export function alternativesOf(schemas: readonly SchemaView[]): SchemaView[] {
  return schemas.flatMap((schema) => {
    const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
    return inner.length === 0 ? [schema] : [schema, ...alternativesOf(inner)]
  })
}

/** Whether one of the schemas takes values of a JSON type. */
export function takes(schemas: readonly SchemaView[], type: string): boolean {
  return schemas.some((schema) => typesOf(schema).includes(type))
}

/** The JSON types that a schema names itself, also by its constants. */
export function typesOf({
  type,
  const: constant,
  enum: values,
  properties,
  items,
}: SchemaView): readonly string[] {
  if (type !== undefined) return typeof type === 'string' ? [type] : type
  if (constant !== undefined) return [jsonType(constant)]
  if (values !== undefined) return [...new Set(values.map(jsonType))]
  if (properties !== undefined) return ['object']
  return items === undefined ? [] : ['array']
}

/** The name that JSON Schema has for the type of a value. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'object' ? 'object' : typeof value
}

const holding = new WeakMap<SchemaView, boolean>()

/** Whether a value of this schema, or something in it, is a secret. */
export function holdsSecrets(schema: SchemaView): boolean {
  const known = holding.get(schema)
  if (known !== undefined) return known
  const { items = [], additionalProperties } = schema
  const inner = [
    ...Object.values(schema.properties ?? {}),
    ...Object.values(schema.patternProperties ?? {}),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ...(isTuple(items) ? items : [items]),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(schema.allOf ?? []),
  ]
  const found = schema.weir === 'secret' || inner.some(holdsSecrets)
  holding.set(schema, found)
  return found
}

/** The schemas that a key of a mapping may be meant for. */
export function schemasOfKey(schemas: readonly SchemaView[], key: string): SchemaView[] {
  return schemas.flatMap(({ properties = {}, patternProperties = {}, additionalProperties }) => {
    const own = Object.hasOwn(properties, key) ? properties[key] : undefined
    if (own !== undefined) return [own]
    // Patterns are written by components, not by users.
    const matching = Object.entries(patternProperties).filter(([pattern]) =>
      new RegExp(pattern, 'u').test(key),
    )
    if (matching.length > 0) return matching.map(([, schema]) => schema)
    return typeof additionalProperties === 'object' ? [additionalProperties] : []
  })
}

/** The schemas that an item of a list may be meant for. */
export function schemasOfItem(schemas: readonly SchemaView[], index: number): SchemaView[] {
  return schemas.flatMap(({ items }) => {
    if (items === undefined) return []
    if (!isTuple(items)) return [items]
    const item = items[index]
    return item === undefined ? [] : [item]
  })
}

function isTuple(items: SchemaView | readonly SchemaView[]): items is readonly SchemaView[] {
  return Array.isArray(items)
}
