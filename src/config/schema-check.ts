import type { Path } from './config-error.ts'
import { copyOf } from './data-copy.ts'
import type { Converted } from './schema.ts'
import { assertions, type ErrorParams } from './schema-assertions.ts'
import { checkSchema } from './schema-validity.ts'
import {
  alternativesOf,
  jsonType,
  schemasOfItem,
  schemasOfKey,
  typesOf,
  type SchemaView,
} from './schema-view.ts'
import { textFormOf } from './text-form.ts'

/** A value that does not hold to its schema. */
export interface SchemaError {
  /** The word of JSON Schema that does not hold, or `union`: none of several alternatives does. */
  readonly keyword: string
  readonly params: ErrorParams
  /** Where, from the options. */
  readonly path: Path
  /** The schema that has the word. */
  readonly schema: SchemaView
}

/** A text that the component gets as something else. */
export interface Conversion {
  readonly path: Path
  readonly to: Converted
}

/** What came of a check. */
export interface CheckOutcome {
  /** The data with defaults filled in; only without errors does it hold to the schema. */
  readonly data: unknown
  readonly errors: readonly SchemaError[]
  readonly conversions: readonly Conversion[]
}

type Mapping = Record<string, unknown>

/**
 * Checks data against a schema: all errors, defaults filled in. The data is changed.
 *
 * A union is decided by its first alternative that holds. Where none does, the errors are those of the alternative that
 * was most likely meant.
 *
 * The schema is walked, not compiled: a configuration is read once, and compiling the schemas of ten components (ajv)
 * took a third of the start and 15 MB that stayed.
 *
 * @throws Error where the schema itself is wrong
 */
export function checkData(schema: SchemaView, data: unknown): CheckOutcome {
  checkSchema(schema)
  return outcomeOf(schema, data, [])
}

function outcomeOf(schema: SchemaView, data: unknown, path: Path): CheckOutcome {
  const check = new Check()
  const checked = check.value(schema, data, path)
  return { data: checked, errors: check.errors, conversions: check.conversions }
}

class Check {
  readonly errors: SchemaError[] = []
  readonly conversions: Conversion[] = []

  /** Checks a value and all that is in it; returns what is to stand in its place. */
  value(schema: SchemaView, data: unknown, path: Path): unknown {
    if (Array.isArray(data)) this.#items(schema, data, path)
    else if (typeof data === 'object' && data !== null) this.#mapping(schema, data as Mapping, path)
    for (const [keyword, wanted] of Object.entries(schema)) {
      const params = assertions[keyword]?.(wanted, data)
      if (params !== undefined) this.errors.push({ keyword, params, path, schema })
    }
    if (typeof data === 'string' && schema.weir !== undefined) this.#text(schema, schema.weir, data, path)
    let checked = data
    for (const part of schema.allOf ?? []) checked = this.value(part, checked, path)
    for (const alternatives of [schema.anyOf, schema.oneOf])
      if (alternatives !== undefined) checked = this.#union(schema, alternatives, checked, path)
    return checked
  }

  #items(schema: SchemaView, items: unknown[], path: Path): void {
    for (const [index, item] of items.entries()) {
      for (const each of schemasOfItem([schema], index))
        items[index] = this.value(each, item, [...path, index])
    }
  }

  #mapping(schema: SchemaView, data: Mapping, path: Path): void {
    const { properties = {}, required = [], additionalProperties } = schema
    for (const [key, { default: standard }] of Object.entries(properties))
      if (data[key] === undefined && standard !== undefined) data[key] = copyOf(standard)
    for (const missingProperty of required)
      if (data[missingProperty] === undefined)
        this.errors.push({ keyword: 'required', params: { missingProperty }, path, schema })
    for (const key of Object.keys(data)) {
      const schemas = schemasOfKey([schema], key)
      for (const each of schemas) data[key] = this.value(each, data[key], [...path, key])
      if (schemas.length === 0 && additionalProperties === false) {
        const params = { additionalProperty: key }
        this.errors.push({ keyword: 'additionalProperties', params, path, schema })
      }
    }
  }

  #text(schema: SchemaView, to: Converted, data: string, path: Path): void {
    const form = textFormOf(to)
    if (form !== undefined) {
      const parsed = form.parse(data)
      const least = form.parse(schema.minimumDuration ?? '0')
      if (parsed === undefined || (least !== undefined && parsed < least))
        this.errors.push({ keyword: to, params: { parsed }, path, schema })
    }
    this.conversions.push({ path, to })
  }

  #union(parent: SchemaView, alternatives: readonly SchemaView[], data: unknown, path: Path): unknown {
    const meant = alternatives.filter((alternative) => mayBe(alternative, data))
    const outcomes: CheckOutcome[] = []
    for (const alternative of meant) {
      const outcome = outcomeOf(alternative, copyOf(data), path)
      if (outcome.errors.length === 0) {
        this.conversions.push(...outcome.conversions)
        return outcome.data
      }
      outcomes.push(outcome)
    }
    const [nearest] = outcomes.toSorted((a, b) => penalty(a) - penalty(b))
    const isPlain = typeof data !== 'object' || data === null
    const clear = nearest?.errors.every(({ keyword }) => keyword !== 'const' && keyword !== 'enum') ?? false
    if (nearest === undefined || (isPlain && !(clear && meant.length === 1))) {
      this.errors.push({ keyword: 'union', params: {}, path, schema: parent })
    } else this.errors.push(...nearest.errors)
    return data
  }
}

/** How far an alternative is from what was written; another constant means that another one was meant. */
function penalty({ errors }: CheckOutcome): number {
  const weights: Readonly<Record<string, number>> = {
    const: 100,
    enum: 10,
    additionalProperties: 2,
    required: 2,
  }
  return errors.reduce((sum, { keyword }) => sum + (weights[keyword] ?? 1), 0)
}

/** Whether an alternative takes values of this type at all. */
function mayBe(alternative: SchemaView, data: unknown): boolean {
  const types = alternativesOf([alternative]).flatMap(typesOf)
  const type = jsonType(data)
  return types.length === 0 || types.includes(type) || (type === 'number' && types.includes('integer'))
}
